"""The Fourier transform of one long lane, in two passes of short ones.

A lane of ``rows * columns`` elements is a matrix. Its columns are transformed, its
elements multiplied by roots of unity, its rows transformed; the result is the
transposed matrix. Both passes are over tiles, where one lane would be one task.

References
----------
D. H. Bailey, *FFTs in external or hierarchical memory*, The Journal of Supercomputing 4
(1990), 23-35: the four-step method.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt, pi
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.pencils import pencils, tiles
from lazydag.algorithms.pocketfft import function, seconds
from lazydag.algorithms.python import releases_gil
from lazydag.algorithms.scratch import empty
from lazydag.runtime.dynamic import Options, spawn
from lazydag.runtime.regions import In, Out

Array: TypeAlias = NDArray[Any]

SHORTEST: Final = 1 << 19
"""Elements of a lane that is worth two passes."""
OBLONG: Final = 16
"""Columns of the matrix for each row, at most."""


def factors(n: int) -> tuple[int, int] | None:
    """Return rows and columns of the matrix; None if the lane should stay one.

    Examples
    --------
    >>> factors(1 << 21), factors(1_000_003)
    ((1024, 2048), None)
    """
    if n < SHORTEST:
        return None
    root = isqrt(n)
    rows = next((i for i in range(root, root // isqrt(OBLONG), -1) if n % i == 0), None)
    return None if rows is None else (rows, n // rows)


def long_transform(x: Array, out: Array, name: str, norm: str) -> None:
    """Spawn the transform ``fft`` or ``ifft`` of a lane of a length with factors."""
    shape = factors(x.size)
    assert shape is not None
    matrix, result = x.reshape(shape), out.reshape(shape[::-1])
    turned = empty(shape, out.dtype)
    for part in pencils(shape, (0,), out.itemsize):
        to, first = turned[part], part[1].start or 0
        cost = Options(cost=2 * seconds(to.size, shape[0]))
        spawn(
            columns, In(matrix[part]), Out(to), name, norm, first, x.size, options=cost
        )
    for part in pencils(shape, (1,), out.itemsize):
        lanes, to = turned[part], result[part[::-1]]
        cost = Options(cost=seconds(to.size, shape[1]))
        spawn(rows, In(lanes), Out(to), name, norm, options=cost)


@releases_gil
def columns(x: Array, out: Array, name: str, norm: str, first: int, n: int) -> None:
    """Transform columns, and multiply them by roots of unity.

    Parameters
    ----------
    first
        Number of the first column in the matrix.
    n
        Elements of the matrix.
    """
    for tile in tiles(out.shape, (0,), out.itemsize):
        lanes = function(name)(x[tile], None, 0, norm)
        start = first + (tile[1].start or 0)
        lanes *= roots(*lanes.shape, n, name, out.dtype)
        lanes *= root_powers(len(lanes), start, n, name).astype(out.dtype)[:, None]
        out[tile] = lanes


@releases_gil
def rows(x: Array, out: Array, name: str, norm: str) -> None:
    """Transform rows into columns."""
    for tile in tiles(x.shape, (1,), x.itemsize):
        out[tile[::-1]] = function(name)(x[tile], None, 1, norm).T


@lru_cache(maxsize=16)
def roots(height: int, width: int, n: int, name: str, dtype: np.dtype[Any]) -> Array:
    """Return the roots of unity for the first columns."""
    powers = [root_powers(height, column, n, name) for column in range(width)]
    return np.stack(powers, axis=1).astype(dtype)


def root_powers(height: int, column: int, n: int, name: str) -> Array:
    """Return the roots of unity for one column: ``exp(-2 pi i row column / n)``."""
    angle = np.arange(height) * column % n * ((2 if name == "ifft" else -2) * pi / n)
    found = np.empty(height, np.complex128)
    np.cos(angle, out=found.real)
    np.sin(angle, out=found.imag)
    return found

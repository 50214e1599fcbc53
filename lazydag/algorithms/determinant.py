"""Determinants from LU factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.lu import factorise, panel_width
from lazydag.algorithms.program import Program
from lazydag.algorithms.scratch import empty
from lazydag.algorithms.triangular import fits
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out

Array: TypeAlias = NDArray[Any]


def det(inputs: Sequence[Array], outputs: Sequence[Array | None]) -> None:
    """Compute the determinant of a matrix (n, n).

    Parameters
    ----------
    inputs
        The matrix.
    outputs
        The determinant.
    """
    (a,), (found,) = inputs, outputs
    if found is not None:
        sign, logarithm = empty((), a.dtype), empty((), a.dtype)
        slogdet(inputs, (sign, logarithm))
        spawn(_det, In(sign), In(logarithm), Out(found))


def slogdet(inputs: Sequence[Array], outputs: Sequence[Array | None]) -> None:
    """Compute the sign of a determinant, and the logarithm of its absolute value.

    Parameters
    ----------
    inputs
        A matrix (n, n).
    outputs
        Sign and logarithm: 0 and minus infinity if the matrix is singular.
    """
    (a,) = inputs
    sign, logarithm = (
        empty((), a.dtype) if found is None else found for found in outputs
    )
    lu = empty(a.shape, a.dtype)
    pivots = factorise(a, lu, allow_singular=True, keep_lower=False)
    results = Out(sign), Out(logarithm)
    width = panel_width(a.shape)
    spawn(_slogdet, In(lu.diagonal()), In(pivots), *results, width)


def _slogdet(
    diagonal: Array, pivots: Array, sign: Array, logarithm: Array, width: int
) -> None:
    """Multiply the numbers on u's diagonal, and -1 for each exchange of two rows."""
    if not diagonal.all():
        sign[...], logarithm[...] = 0.0, -np.inf
        return
    exchanges = np.count_nonzero(pivots != np.arange(len(pivots)) % width + 1)
    sign[...] = (-1.0) ** (exchanges + np.count_nonzero(diagonal < 0))
    logarithm[...] = np.log(np.abs(diagonal)).sum()


def _det(sign: Array, logarithm: Array, found: Array) -> None:
    with np.errstate(over="ignore"):
        found[...] = sign * np.exp(logarithm)


PROGRAMS: Final = {"det": Program(det, fits), "slogdet": Program(slogdet, fits)}

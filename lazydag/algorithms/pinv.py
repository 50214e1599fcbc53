"""Pseudo-inverses of tall matrices, by the triangle of their QR factors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms import svd
from lazydag.algorithms.program import Program
from lazydag.algorithms.python import releases_gil
from lazydag.algorithms.reflectors import by_columns, factorise, form, write_upper
from lazydag.algorithms.scratch import empty
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out

Array: TypeAlias = NDArray[Any]


def fits(types: Sequence[ArrayType], **_options: object) -> bool:
    """Tell whether a matrix is so oblong that most of the work is in its QR factors."""
    return svd.fits(types) and all(each.ndim == 0 for each in types[1:])


def pinv(inputs: Sequence[Array], outputs: Sequence[Array | None]) -> None:
    """Find the pseudo-inverse (n, m) of an oblong matrix (m, n).

    Parameters
    ----------
    inputs
        The matrix, and which part of the greatest singular value counts as zero: by
        default the longer side times eps.
    outputs
        The pseudo-inverse.

    Raises
    ------
    LinAlgError
        If LAPACK's iteration does not converge.

    Notes
    -----
    That of ``q @ r`` is that of r, by one singular value decomposition of LAPACK, times
    ``q.T``: ``6 m n² + O(n³)`` operations for m >= n.
    """
    (a, *part), (found,) = inputs, outputs
    if found is None:
        return
    if len(a) < a.shape[1]:
        a, found = a.T, found.T
    m, n = a.shape
    work = by_columns(a)
    product = factorise(work)
    r, top = empty((n, n), a.dtype), empty((n, n), a.dtype)
    write_upper(work, r)
    least = m * float(np.finfo(a.dtype).eps)
    spawn(_inverted, In(r), Out(top), *map(In, part), least=least)
    form(product, found.T, top)


@releases_gil
def _inverted(r: Array, inverse: Array, *part: Array, least: float) -> None:
    rtol = part[0] if part else np.asarray(least)
    (found,) = FUNCTIONS["pinv"].results([r, rtol], {})
    inverse[...] = found.T


PROGRAMS: Final = {"pinv": Program(pinv, fits)}

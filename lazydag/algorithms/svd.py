"""Singular values and vectors of tall matrices, by the triangle of their QR factors.

References
----------
T. F. Chan, *An improved algorithm for computing the singular value decomposition*, ACM
Transactions on Mathematical Software 8 (1982), 72-83.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.algorithms.program import Program
from lazydag.algorithms.python import releases_gil
from lazydag.algorithms.reflectors import by_columns, factorise, form, write_upper
from lazydag.algorithms.scratch import empty
from lazydag.algorithms.tiling import is_large
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out

Array: TypeAlias = NDArray[Any]


def fits(types: Sequence[ArrayType], **_options: object) -> bool:
    """Tell whether a matrix is so oblong that most of the work is in its QR factors."""
    a = types[0]
    return is_large(a) and max(a.sizes) >= 4 * min(a.sizes)


def svd(
    inputs: Sequence[Array], outputs: Sequence[Array | None], *, full: bool
) -> None:
    """Decompose an oblong matrix: ``a = u @ diag(s) @ vh``.

    Parameters
    ----------
    inputs
        A matrix (m, n).
    outputs
        Left vectors in columns, values from the greatest, right vectors in rows.
    full
        Whether u and vh are square; then the columns or rows beyond the values complete
        them.

    Raises
    ------
    LinAlgError
        If LAPACK's iteration does not converge.

    Notes
    -----
    For m >= n: QR factors, the decomposition of r by one call of LAPACK (gesdd), and
    the reflectors applied to its left vectors: ``6 m n² + O(n³)`` operations.
    """
    del full  # the outputs' shapes tell
    (a,), (u, s, vh) = inputs, outputs
    if len(a) < a.shape[1]:
        a, u, vh = a.T, _turned(vh), _turned(u)
    _decompose(a, u, s, vh)


def svdvals(inputs: Sequence[Array], outputs: Sequence[Array | None]) -> None:
    """Find the singular values of an oblong matrix, from the greatest."""
    (a,), (s,) = inputs, outputs
    _decompose(a if len(a) >= a.shape[1] else a.T, None, s, None)


def _turned(matrix: Array | None) -> Array | None:
    return None if matrix is None else matrix.T


def _decompose(a: Array, u: Array | None, s: Array | None, vh: Array | None) -> None:
    n = a.shape[1]
    work = by_columns(a)
    product = factorise(work)
    r = empty((n, n), a.dtype)
    write_upper(work, r)
    s = empty((n,), a.dtype) if s is None else s
    if u is None and vh is None:
        spawn(_values, In(r), Out(s))
        return
    top = empty((n, n), a.dtype)
    vh = empty((n, n), a.dtype) if vh is None else vh
    spawn(_vectors, In(r), Out(top), Out(s), Out(vh))
    if u is not None:
        form(product, u, top)


@releases_gil
def _values(r: Array, s: Array) -> None:
    (s[...],) = FUNCTIONS["svdvals"].results([r], {})


@releases_gil
def _vectors(r: Array, u: Array, s: Array, vh: Array) -> None:
    u[...], s[...], vh[...] = FUNCTIONS["svd"].results([r], {"full": False})


PROGRAMS: Final = {"svd": Program(svd, fits), "svdvals": Program(svdvals, fits)}

"""The QR factorisation of a matrix, as a tile program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.algorithms.program import Program
from lazydag.algorithms.reflectors import by_columns, factorise, form, write_upper
from lazydag.algorithms.tiling import is_large
from lazydag.ir.types import ArrayType

Array: TypeAlias = NDArray[Any]


def fits(types: Sequence[ArrayType], **_options: object) -> bool:
    """Tell whether a matrix is large enough for tiles."""
    return is_large(*types)


def qr(inputs: Sequence[Array], outputs: Sequence[Array | None], mode: str) -> None:
    """Factorise a matrix (m, n): ``a = q @ r``.

    Parameters
    ----------
    inputs
        The matrix.
    outputs
        An orthogonal matrix of k columns, and an upper triangular one of k rows.
    mode
        `k` is ``min(m, n)`` if this is "reduced", and `m` if it is "complete".

    Notes
    -----
    Householder's reflectors, so ``norm(a - q @ r)`` and ``norm(q.T @ q - 1)`` stay
    within some eps * n. For ``m >= n`` it takes 2 m n² - 2/3 n³ operations, and as many
    for q. Numbers on r's diagonal can be of either sign; where there is one strip they
    have LAPACK's.
    """
    del mode  # the outputs' shapes tell
    (a,), (q, r) = inputs, outputs
    work = by_columns(a)
    panels = factorise(work)
    if r is not None:
        write_upper(work, r)
    if q is not None:
        form(panels, q)


PROGRAMS: Final = {"qr": Program(qr, fits)}

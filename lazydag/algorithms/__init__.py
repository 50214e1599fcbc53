"""Algorithms over tiles: programs of tasks, as a user of `datadeps` would write them.

In: arrays, whole. Out: spawned tasks over tiles of them, each saying what it reads and
writes. The compiler runs a program when it plans an operation, over arrays that have no
memory, and puts the tasks into the plan: an operation that uses a tile of another's
result waits for that tile alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lazydag.algorithms import (
    fourier,
    least_squares,
    pinv,
    qr,
    scan,
    sort,
    sparse,
    svd,
    topk,
)
from lazydag.algorithms.cholesky import cholesky
from lazydag.algorithms.determinant import det, slogdet
from lazydag.algorithms.equations import inv, solve
from lazydag.algorithms.lu import lu_factor
from lazydag.algorithms.map_tiles import are_many, map_tiles
from lazydag.algorithms.program import Program
from lazydag.algorithms.triangular import fits, solve_triangular
from lazydag.ir.types import ArrayType

__all__ = ["PROGRAMS", "Program", "program_of"]

#: By function of `lazydag.ir.functions`, or by operation.
PROGRAMS: Final[dict[str, Program]] = {
    "cholesky": Program(cholesky, fits, takes_tile=True),
    "det": Program(det, fits),
    "inv": Program(inv, fits),
    "least_squares": Program(least_squares.least_squares, least_squares.fits),
    "lu_factor": Program(lu_factor, fits),
    "pinv": Program(pinv.pinv, pinv.fits),
    "qr": Program(qr.qr, qr.fits),
    "slogdet": Program(slogdet, fits),
    "solve": Program(solve, fits),
    "solve_triangular": Program(solve_triangular, fits, takes_tile=True),
    "svd": Program(svd.svd, svd.fits),
    "svdvals": Program(svd.svdvals, svd.fits),
    "map_tiles": Program(map_tiles, are_many),
    **fourier.PROGRAMS,
    **scan.PROGRAMS,
    **sort.PROGRAMS,
    **sparse.PROGRAMS,
    **topk.PROGRAMS,
}


def program_of(
    name: str, types: Sequence[ArrayType], options: Mapping[str, Any]
) -> Program | None:
    """Return the program that computes an operation on operands of such types."""
    found = PROGRAMS.get(name)
    return found if found is not None and found.fits(types, **options) else None

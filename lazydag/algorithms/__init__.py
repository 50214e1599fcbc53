"""Algorithms over tiles: programs of tasks, as a user of `datadeps` would write them.

In: arrays, whole. Out: spawned tasks over tiles of them, each saying what it reads and
writes. The compiler runs a program when it plans an operation, over arrays that have no
memory, and puts the tasks into the plan: an operation that uses a tile of another's
result waits for that tile alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from lazydag.algorithms.program import Program
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import ArrayType

__all__ = ["ANY_SIZE", "MODULES", "PROGRAMS", "Program", "program_of"]

ANY_SIZE: Final = frozenset({"csr_product", "csr_transposed_product"})
"""Operations of which programs compute small ones, too, in every tier."""

#: The module that has the program of an operation, by function of
#: `lazydag.ir.functions`. It is loaded when a plan first needs it.
MODULES: Final[Mapping[str, str]] = {
    "argsort": "sort",
    "cholesky": "cholesky",
    "csr_product": "sparse",
    "csr_transposed_product": "sparse",
    "cumprod": "scan",
    "cumsum": "scan",
    "det": "determinant",
    "fft": "fourier",
    "fftn": "fourier",
    "hfft": "fourier",
    "ifft": "fourier",
    "ifftn": "fourier",
    "ihfft": "fourier",
    "inv": "equations",
    "irfft": "fourier",
    "irfftn": "fourier",
    "least_squares": "least_squares",
    "lu_factor": "lu",
    "map_tiles": "map_tiles",
    "pinv": "pinv",
    "qr": "qr",
    "rfft": "fourier",
    "rfftn": "fourier",
    "slogdet": "determinant",
    "solve": "equations",
    "solve_triangular": "triangular",
    "sort": "sort",
    "svd": "svd",
    "svdvals": "svd",
    "topk": "topk",
    "ufunc_accumulate": "scan",
}

#: Programs that were needed so far.
PROGRAMS: Final[dict[str, Program]] = {}


def program_of(
    name: str, types: Sequence[ArrayType], options: Mapping[str, Any]
) -> Program | None:
    """Return the program that computes an operation on operands of such types."""
    found = PROGRAMS.get(name)
    if found is None and name not in MODULES:
        return None
    if name not in ANY_SIZE and max(each.size for each in types) <= SMALL:
        return None
    if found is None:
        module = import_module(f"{__name__}.{MODULES[name]}")
        found = PROGRAMS[name] = module.PROGRAMS[name]
    return found if found.fits(types, **options) else None

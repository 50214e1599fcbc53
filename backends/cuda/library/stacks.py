"""Routines for each matrix of a stack, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazydag.backends.cuda.library.blas import Array, as_columns, is_usable

if TYPE_CHECKING:
    from lazydag.backends.cuda.library.blas import Blas


@dataclass(frozen=True, slots=True)
class OneByOne:
    """Calls routines for one matrix; see `lazydag.backends.cuda.library.blas.Blas`."""

    blas: Blas

    def potrf(self, stack: Array, info: Array, *, lower: bool) -> None:
        """Factorise each."""
        for a, code in zip(stack, info[:, None], strict=True):
            self.blas.potrf(a, code, lower=lower)

    def getrf(self, stack: Array, pivots: Array, info: Array) -> None:
        """Factorise each."""
        for a, exchanged, code in zip(stack, pivots, info[:, None], strict=True):
            self.blas.getrf(a, exchanged, code)

    def swap(self, stack: Array, pivots: Array) -> None:
        """Exchange rows of each."""
        for a, exchanged in zip(stack, pivots, strict=True):
            self.blas.swap(a, exchanged)

    def trsm(
        self, a: Array, b: Array, *, lower: bool, trans: bool = False, unit: bool
    ) -> None:
        """Solve with each."""
        for triangle, x in zip(a, b, strict=True):
            usable = triangle if is_usable(triangle) else as_columns(triangle)
            self.blas.trsm(usable, x, lower=lower, trans=trans, unit=unit)

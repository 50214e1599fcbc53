"""What a routine is given: its arguments by name, as LAPACK has them, and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lazydag.backends.cpu.blas import Arguments, Checked
from lazydag.backends.cuda.library.blas import Array, Blas


@dataclass(frozen=True, slots=True)
class Given:
    """A routine's arguments and arrays."""

    blas: Blas
    given: Arguments
    tiles: Sequence[Array]
    info: Array

    def __getitem__(self, name: str) -> Any:
        return self.given[name]

    def matrix(self, name: str, rows: Any, columns: Any) -> Array:
        """Return an array by columns, which to Python may have been its transpose."""
        tile = self.array(name)
        strides = tile.itemsize, self.given[f"ld{name}"] * tile.itemsize
        made = self.blas.xp.lib.stride_tricks.as_strided
        return made(tile, (rows, columns), strides)

    def array(self, name: str) -> Array:
        """Return an array as it was given."""
        number: Any = self.given[name]
        return self.tiles[number.operand if isinstance(number, Checked) else number]

    def mask(self, uplo: str, a: Array, below: int = 0) -> Any:
        """Return where the elements of a part of a matrix are; True for all."""
        xp, (m, n) = self.blas.xp, a.shape
        if uplo == "L":
            return xp.tri(m, n, -below, dtype=bool)
        return xp.tri(n, m, -below, dtype=bool).T if uplo == "U" else True

    def scale(self) -> None:
        """Add a sum of no products to a matrix."""
        n: Any = self["n"]
        c = self.matrix("c", self.given.get("m", n), n)
        if c.size and self["beta"] != 1:
            part = self.mask(str(self.given.get("uplo", "A")), c)
            self.blas.xp.copyto(c, c * c.dtype.type(self["beta"]), where=part)

    def triangle(self, a: Array) -> Array:
        """Return the triangle that counts, with zeros, and ones for a unit diagonal."""
        xp, is_unit = self.blas.xp, self.given.get("diag") == "U"
        found = xp.where(self.mask(self["uplo"], a, int(is_unit)), a, 0)
        return found + xp.eye(len(a), dtype=a.dtype) if is_unit else found

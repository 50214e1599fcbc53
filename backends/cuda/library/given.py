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

    def mask(self, uplo: str, a: Array, below: int = 0) -> Array:
        """Return where the elements of a triangle are."""
        xp, (m, n) = self.blas.xp, a.shape
        if uplo == "L":
            return xp.tri(m, n, -below, dtype=bool)
        return xp.tri(n, m, -below, dtype=bool).T

    def put(self, a: Array, values: Array, uplo: str) -> None:
        """Write a triangle of a matrix, or all of it."""
        if uplo in ("L", "U"):
            self.blas.xp.copyto(a, values, where=self.mask(uplo, a))
        else:
            a[...] = values

    def scale(self) -> None:
        """Add a sum of no products to a matrix."""
        n: Any = self["n"]
        c = self.matrix("c", self.given.get("m", n), n)
        if c.size and self["beta"] != 1:
            scaled = c * c.dtype.type(self["beta"])
            self.put(c, scaled, str(self.given.get("uplo", "A")))

    def triangle(self, a: Array) -> Array:
        """Return the triangle that counts, with zeros, and ones for a unit diagonal."""
        xp, is_unit = self.blas.xp, self.given.get("diag") == "U"
        found = xp.where(self.mask(self["uplo"], a, int(is_unit)), a, 0)
        return found + xp.eye(len(a), dtype=a.dtype) if is_unit else found

"""Products of a matrix with its own transpose: half is computed, and mirrored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blas.blocks import Arguments, Block, block_at, make_block
from lazydag.backends.cpu.blas.gemm import numpys_address
from lazydag.backends.cpu.sequence import sequence_address, sequence_blocks
from lazydag.backends.cpu.space import strides_of
from lazydag.ir.products import SYMMETRIC_SIZE, symmetric_tile
from lazydag.ir.types import dtype_name
from lazydag.runtime import View

#: How BLAS reads a matrix by columns, and the distance of its columns.
Place: TypeAlias = tuple[str, int]
#: The first of some rows or columns, and how many.
Part: TypeAlias = tuple[int, int]
#: A block, and the slot and offset of each of its operands.
Placed: TypeAlias = tuple[Block, list[tuple[int, int]]]


def is_symmetric(a: View, b: View) -> bool:
    """Tell whether `b` is the transpose of the matrix `a`, and both are large.

    Small ones are also computed where nobody sees that they are the same.
    """
    if len(a.shape) != 2 or a.shape[0] * a.shape[1] < SYMMETRIC_SIZE:
        return False
    turned = replace(a, shape=a.shape[::-1], strides=strides_of(a)[::-1])
    return turned == replace(b, strides=strides_of(b))


def symmetric_blocks(
    a: View, c: View, of_a: Place, of_c: Place
) -> tuple[int, NDArray[np.int64]] | None:
    """Return the kernel and the blocks for ``c = a @ a.T``; None without BLAS.

    A tile is one of the lower triangle. It is mirrored as soon as it is computed, so
    that the result is symmetric to the last bit.
    """
    maker = _Maker.of(a, c, of_a, of_c)
    if maker is None:
        return None
    m, size = c.shape[0], symmetric_tile(c.shape[0])
    parts = [(start, min(size, m - start)) for start in range(0, m, size)]
    found = [
        maker.tile(rows, columns)
        for number, rows in enumerate(parts)
        for columns in parts[: number + 1]
    ]
    table = np.zeros((len(found), max(map(len, found))), np.int64)
    for row, words in zip(table, found, strict=True):
        row[: len(words)] = words
    return sequence_address(), table


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes blocks of tiles.

    Attributes
    ----------
    a, c
        The matrix and the product.
    syrk, gemm
        Addresses in NumPy's library.
    turned
        How BLAS reads the transpose of `a`.
    of_a, ldc
        How it reads `a`, and the distance of the product's rows.
    """

    a: View
    c: View
    syrk: int
    gemm: int
    turned: str
    of_a: Place
    ldc: int

    @classmethod
    def of(cls, a: View, c: View, of_a: Place, of_c: Place) -> _Maker | None:
        """Return the maker for a matrix; None where NumPy's library is not known."""
        dtype = dtype_name(c.dtype)
        syrk, gemm = (numpys_address(name, dtype) for name in ("syrk", "gemm"))
        if syrk is None or gemm is None:
            return None
        turned = "T" if of_a[0] == "N" else "N"
        return cls(a, c, syrk, gemm, turned, of_a, of_c[1])

    def tile(self, rows: Part, columns: Part) -> NDArray[np.int64]:
        """Return the block of a tile: its product, and the mirroring."""
        whole = self._squared(rows) if rows == columns else self._product(rows, columns)
        half = self._mirror(rows, columns)
        kernels = [block.kernel for block, _ in (whole, half)]
        blocks = [_placed(*each)[None] for each in (whole, half)]
        words: NDArray[np.int64] = sequence_blocks(kernels, blocks)[0]
        return words

    def _squared(self, rows: Part) -> Placed:
        """Return a tile on the diagonal, of which half is computed."""
        arguments: Arguments = {
            "uplo": "U",
            "trans": self.turned,
            "n": rows[1],
            "k": self.a.shape[1],
            "alpha": 1.0,
            "a": 0,
            "lda": self.of_a[1],
            "beta": 0.0,
            "c": 1,
            "ldc": self.ldc,
        }
        block = block_at(self.syrk, "syrk", self._dtype, arguments)
        return block, [self._rows(rows), self._at(rows, rows)]

    def _product(self, rows: Part, columns: Part) -> Placed:
        """Return a tile off the diagonal."""
        arguments: Arguments = {
            "transa": self.turned,
            "transb": self.of_a[0],
            "m": columns[1],
            "n": rows[1],
            "k": self.a.shape[1],
            "alpha": 1.0,
            "a": 0,
            "lda": self.of_a[1],
            "b": 1,
            "ldb": self.of_a[1],
            "beta": 0.0,
            "c": 2,
            "ldc": self.ldc,
        }
        block = block_at(self.gemm, "gemm", self._dtype, arguments)
        places = [self._rows(columns), self._rows(rows), self._at(rows, columns)]
        return block, places

    def _mirror(self, rows: Part, columns: Part) -> Placed:
        arguments: Arguments = {
            "uplo": "U" if rows == columns else "A",
            "m": columns[1],
            "n": rows[1],
            "a": 0,
            "lda": self.ldc,
            "b": 1,
            "ldb": self.ldc,
        }
        block = make_block("transpose", self._dtype, arguments)
        return block, [self._at(rows, columns), self._at(columns, rows)]

    @property
    def _dtype(self) -> str:
        return dtype_name(self.c.dtype)

    def _rows(self, rows: Part) -> tuple[int, int]:
        """Return the slot and offset of some rows of the matrix."""
        return self.a.slot, self.a.offset + rows[0] * strides_of(self.a)[0]

    def _at(self, rows: Part, columns: Part) -> tuple[int, int]:
        """Return the slot and offset of a tile of the product."""
        down, right = strides_of(self.c)
        return self.c.slot, self.c.offset + rows[0] * down + columns[0] * right


def _placed(block: Block, places: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Return the words of a block with the slots and offsets of its operands."""
    words = block.words.copy()
    for word, place in zip(block.places, places, strict=True):
        words[word : word + 2] = place
    return words

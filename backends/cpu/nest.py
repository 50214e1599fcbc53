"""The loops around rows: operands' addresses come from the argument block.

Loops run over the leading words of a block; each operand's address moves by its own
stride from loop to loop.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu.blocks import BlockLayout
from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.user_calls import check_failures

BLOCK: Final = "%block"
BASES: Final = "%bases"
SIGNATURE: Final = "i32 @kernel(ptr %block, ptr %bases)"


@dataclass(slots=True)
class Nest:
    """Loops over `loops` dimensions of a block, for some operands.

    Attributes
    ----------
    code
        The function to print into.
    layout
        Positions of words in the block.
    """

    code: Code
    layout: BlockLayout

    def bases(self, operands: int) -> list[str]:
        """Return the addresses of the operands' first elements in this tile."""
        return [self._base(k) for k in range(operands)]

    def _base(self, operand: int) -> str:
        code, word = self.code, self.layout.operand(operand)
        slot = code.word(BLOCK, word)
        entry = code.emit(f"getelementptr ptr, ptr {BASES}, i64 {slot}")
        base = code.emit(f"load ptr, ptr {entry}, align 8")
        return code.at(base, code.word(BLOCK, word + 1))

    def stride(self, operand: int, dim: int) -> str:
        """Return an operand's stride along a dimension, in bytes."""
        return self.code.word(BLOCK, self.layout.operand(operand) + 2 + dim)

    def extent(self, dim: int) -> str:
        """Return the elements of a dimension in this tile."""
        return self.code.word(BLOCK, dim)

    def moved(self, pointers: Sequence[str], dim: int, index: str) -> list[str]:
        """Return all operands' addresses at `index` of a dimension."""
        code = self.code
        return [
            code.at(p, code.i64("mul", index, self.stride(k, dim)))
            for k, p in enumerate(pointers)
        ]

    def unflattened(self, index: str, dims: Sequence[int]) -> list[str]:
        """Return the index along each of `dims` of an index into them as one range."""
        code, found = self.code, []
        for dim in reversed(dims[1:]):
            extent = self.extent(dim)
            outer = code.i64("udiv", index, extent)
            found.append(code.i64("sub", index, code.i64("mul", outer, extent)))
            index = outer
        return [index, *reversed(found)]

    def displaced(
        self, operand: int, pointer: str, dims: Sequence[int], index: Sequence[str]
    ) -> str:
        """Return an operand's address at an index along `dims`."""
        code = self.code
        for dim, i in zip(dims, index, strict=True):
            pointer = code.at(pointer, code.i64("mul", i, self.stride(operand, dim)))
        return pointer

    @contextmanager
    def loops(
        self, pointers: Sequence[str], dims: Sequence[int]
    ) -> Iterator[list[str]]:
        """Open a loop for each dimension, the first outermost."""
        here = list(pointers)
        with ExitStack() as stack:
            for dim in dims:
                index = stack.enter_context(self.code.loop(self.extent(dim)))
                here = self.moved(here, dim, index)
            yield here


def finish(code: Code, *, streams: bool = False) -> str:
    """End the kernel with success; returns its text.

    Stores past the caches become visible in any order, if no fence follows.
    """
    if streams:
        code.line("fence seq_cst")
    check_failures(code)
    code.line("ret i32 0")
    return code.function(SIGNATURE)

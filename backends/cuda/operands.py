"""Where the elements of operands are: addresses and strides out of the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lazydag.backends.cpu.code import Code
from lazydag.backends.cuda.words import WordLayout

WORDS = "%words"


@dataclass(frozen=True, slots=True)
class Operands:
    """Prints addresses of elements in one phase.

    Parameters
    ----------
    is_narrow
        Whether 32 bits are enough for the numbers of elements: such divisions take a
        fraction of the time.
    """

    code: Code
    layout: WordLayout
    is_narrow: bool

    def number(self, name: str) -> str:
        """Return a number of the head."""
        return self.code.word(WORDS, self.layout.number(name))

    def extent(self, dim: int) -> str:
        """Return the extent of a dimension."""
        return self.code.word(WORDS, self.layout.extent(dim))

    def bases(self) -> list[str]:
        """Return the operands' addresses, which LLVM is told to be in global memory."""
        return [self._base(k) for k in range(self.layout.operands)]

    def _base(self, operand: int) -> str:
        code = self.code
        word = code.word(WORDS, self.layout.address(operand))
        known = code.emit(f"inttoptr i64 {word} to ptr addrspace(1)")
        return code.emit(f"addrspacecast ptr addrspace(1) {known} to ptr")

    def moved(
        self, pointers: Sequence[str], dims: Sequence[int], index: Sequence[str]
    ) -> list[str]:
        """Return all operands' addresses at an index along some dimensions."""
        code, found = self.code, list(pointers)
        for dim, at in zip(dims, index, strict=True):
            for k, pointer in enumerate(found):
                stride = code.word(WORDS, self.layout.stride(k, dim))
                found[k] = code.at(pointer, code.i64("mul", at, stride))
        return found

    def indices(self, number: str, dims: Sequence[int]) -> list[str]:
        """Return the index along each of `dims` of an element's number, C order."""
        found: list[str] = []
        for dim in reversed(dims[1:]):
            number, rest = self.divided(number, self.extent(dim))
            found.append(rest)
        return [number, *reversed(found)][: len(dims)]

    def divided(self, number: str, by: str) -> tuple[str, str]:
        """Return the quotient and the rest of two numbers that are not negative."""
        code = self.code
        if self.is_narrow:
            short, divisor = (code.emit(f"trunc i64 {x} to i32") for x in (number, by))
            narrow = code.emit(f"udiv i32 {short}, {divisor}")
            quotient = code.emit(f"zext i32 {narrow} to i64")
        else:
            quotient = code.i64("udiv", number, by)
        return quotient, code.i64("sub", number, code.i64("mul", quotient, by))

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
        Whether 32 bits are enough for the numbers of elements, and for the bytes from
        the first to any other: such arithmetic takes a fraction of the time.
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
        if not dims:
            return list(pointers)
        return [
            self.code.at(pointer, self._offset(k, dims, index))
            for k, pointer in enumerate(pointers)
        ]

    def _offset(self, operand: int, dims: Sequence[int], index: Sequence[str]) -> str:
        """Return the bytes from an operand's first element to that at an index."""
        code, kind, found = self.code, "i32" if self.is_narrow else "i64", "0"
        for dim, at in zip(dims, index, strict=True):
            stride = code.word(WORDS, self.layout.stride(operand, dim))
            factors = [self._short(x) for x in (at, stride)]
            step = code.emit(f"mul {kind} {', '.join(factors)}")
            found = code.emit(f"add {kind} {found}, {step}")
        return code.emit(f"sext i32 {found} to i64") if self.is_narrow else found

    def _short(self, number: str) -> str:
        """Return a number as it is computed with."""
        if not self.is_narrow:
            return number
        return self.code.emit(f"trunc i64 {number} to i32")

    def indices(self, number: str, dims: Sequence[int]) -> list[str]:
        """Return the index along each of `dims` of an element's number, C order."""
        found: list[str] = []
        for dim in reversed(dims[1:]):
            number, rest = self.divided(number, self.extent(dim))
            found.append(rest)
        return [number, *reversed(found)][: len(dims)]

    def divided(self, number: str, by: str) -> tuple[str, str]:
        """Return the quotient and the rest of two numbers that are not negative."""
        code, kind = self.code, "i32" if self.is_narrow else "i64"
        short, divisor = (self._short(x) for x in (number, by))
        quotient = code.emit(f"udiv {kind} {short}, {divisor}")
        taken = code.emit(f"mul {kind} {quotient}, {divisor}")
        rest = code.emit(f"sub {kind} {short}, {taken}")
        if not self.is_narrow:
            return quotient, rest
        return code.emit(f"zext i32 {quotient} to i64"), code.emit(
            f"zext i32 {rest} to i64"
        )

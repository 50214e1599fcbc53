"""Prints what one thread of a kernel does.

``void @thread(i64 thread, i64 threads, ptr words)`` computes the elements ``thread``,
``thread + threads``, and so on. Neighbouring threads read neighbouring elements, and
each has several of them on the way at a time: memory is far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.program import Program
from lazydag.backends.cpu.vector import Call
from lazydag.backends.cuda.printer import ThreadPrinter
from lazydag.backends.cuda.words import WordLayout
from lazydag.backends.scalar.types import DType

SYMBOL: Final = "thread"
HEAD: Final = f"void @{SYMBOL}(i64 %thread, i64 %threads, ptr %words)"
AT_ONCE: Final = 4
"""Elements that a thread loads before it computes the first."""


@dataclass(frozen=True, slots=True)
class ThreadForm:
    """Key of a compiled kernel.

    Parameters
    ----------
    structure
        Number of the body's structure.
    dims
        Number of dimensions that its elements have.
    is_narrow
        Whether 32 bits are enough for their numbers.
    """

    structure: int
    dims: int
    is_narrow: bool


@dataclass(frozen=True, slots=True)
class ThreadKernel:
    """The text of a thread's function.

    Parameters
    ----------
    layout
        Of the words that it is launched with.
    module
        The function, and the library functions that it calls.
    """

    layout: WordLayout
    module: Module

    @property
    def calls(self) -> frozenset[Call]:
        """Library functions that the text calls."""
        return self.module.calls


def print_map(form: ThreadForm, program: Program) -> ThreadKernel:
    """Return what a thread does in a kernel of elementwise values."""
    printed = _Map(form, program)
    printed.emit()
    out = printed.code.printer
    text = module_text(printed.code.function(HEAD), out)
    return ThreadKernel(printed.layout, Module(text, (SYMBOL,), frozenset(out.calls)))


@dataclass(slots=True)
class _Map:
    form: ThreadForm
    program: Program
    code: Code = field(init=False)
    layout: WordLayout = field(init=False)
    bases: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.code = Code(ThreadPrinter(1))
        self.layout = WordLayout(self.form.dims, len(self.types))

    @property
    def types(self) -> list[DType]:
        """Types of all operands."""
        return [*self.program.inputs, *(value.dtype for value in self.program.values)]

    def emit(self) -> None:
        """Print the function's body."""
        code = self.code
        self.bases = [self._base(k) for k in range(len(self.types))]
        total = code.word("%words", self.layout.total)
        at_once = code.i64("mul", "%threads", AT_ONCE)
        rounds = code.i64("sdiv", total, at_once)
        with code.loop(rounds) as number:
            first = code.i64("add", "%thread", code.i64("mul", number, at_once))
            self._elements(self._following(first))
        done = code.i64("add", "%thread", code.i64("mul", rounds, at_once))
        with code.loop(code.i64("sub", total, done), "%threads") as more:
            self._elements([code.i64("add", done, more)])
        code.line("ret void")

    def _following(self, first: str) -> list[str]:
        """Return the numbers of elements that are computed at once."""
        indices = [first]
        for _ in range(AT_ONCE - 1):
            indices.append(self.code.i64("add", indices[-1], "%threads"))
        return indices

    def _elements(self, indices: Sequence[str]) -> None:
        """Print the work on some elements: all loads first, then all stores."""
        out, inputs = self.code.printer, self.program.inputs
        places = [self._places(index) for index in indices]
        loaded = [
            {k: out.load(at[k], dtype) for k, dtype in enumerate(inputs)}
            for at in places
        ]
        values = [out.body(self.program.values, names) for names in loaded]
        for at, names in zip(places, values, strict=True):
            outputs = zip(
                names, at[len(inputs) :], self.types[len(inputs) :], strict=True
            )
            for name, pointer, dtype in outputs:
                out.store(name, pointer, dtype)

    def _places(self, index: str) -> list[str]:
        """Return where the operands' elements of a number are."""
        code, found = self.code, list(self.bases)
        for dim, at in zip(range(self.form.dims), self._indices(index), strict=True):
            for k, base in enumerate(found):
                stride = code.word("%words", self.layout.stride(k, dim))
                found[k] = code.at(base, code.i64("mul", at, stride))
        return found

    def _indices(self, index: str) -> list[str]:
        """Return the index along each dimension of an element of a number."""
        found: list[str] = []
        for dim in reversed(range(1, self.form.dims)):
            extent = self.code.word("%words", self.layout.extent(dim))
            outer = self._divided(index, extent)
            found.append(
                self.code.i64("sub", index, self.code.i64("mul", outer, extent))
            )
            index = outer
        return [index, *reversed(found)]

    def _divided(self, index: str, extent: str) -> str:
        code = self.code
        if not self.form.is_narrow:
            return code.i64("udiv", index, extent)
        short, by = (code.emit(f"trunc i64 {x} to i32") for x in (index, extent))
        return code.emit(f"zext i32 {code.emit(f'udiv i32 {short}, {by}')} to i64")

    def _base(self, operand: int) -> str:
        """Return an operand's address, which LLVM is told to be in global memory."""
        code = self.code
        word = code.word("%words", self.layout.address(operand))
        known = code.emit(f"inttoptr i64 {word} to ptr addrspace(1)")
        return code.emit(f"addrspacecast ptr addrspace(1) {known} to ptr")

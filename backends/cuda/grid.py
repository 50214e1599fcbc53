"""Kernels as phases: what each thread of a block does between two barriers.

``void @phase<k>(i64 thread, i64 item, ptr words, ptr shared)`` is a function without a
trace of CUDA. Blocks of threads take items in turn; of an item all threads do phase 0,
then all do phase 1, and so on. Between phases nothing is kept but what is in `shared`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.instructions import status_word
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.user_calls import failing
from lazydag.backends.cuda.printer import ThreadPrinter
from lazydag.backends.cuda.words import ITEMS, WordLayout
from lazydag.backends.scalar.types import TYPES, DType

THREADS: Final = 256
"""Of a block."""
MAX_SHARED_NBYTES: Final = 48 << 10
"""What a block of threads may share without asking the driver for more."""

PARAMETERS: Final = "(i64 %thread, i64 %item, ptr %words, ptr %shared)"


def phase_symbol(number: int) -> str:
    """Return the name of a phase's function."""
    return f"phase{number}"


#: Stands for the number of a word until all words are known.
_FAILED: Final = "FAILED"


@dataclass(frozen=True, slots=True)
class GridKernel:
    """A kernel's text.

    Parameters
    ----------
    module
        The phases, and the library functions that they call.
    phases
        How many there are.
    layout
        Of the words that the kernel is launched with.
    shared_nbytes
        Memory that the threads of a block share.
    in_turn
        Name of the number of items that one block takes, one behind the other: it finds
        in `shared` what it left there. Without a name it is 1.
    """

    module: Module
    phases: int
    layout: WordLayout
    shared_nbytes: int
    in_turn: str = ""

    @property
    def items_word(self) -> int:
        """The word with the number of items."""
        return self.layout.number(ITEMS)


@dataclass(slots=True)
class Phases:
    """Collects the phases of one kernel, and the memory that they share.

    Parameters
    ----------
    used_nbytes
        Of what is shared, for what is printed now.
    """

    printer: ThreadPrinter = field(default_factory=lambda: ThreadPrinter(1))
    texts: list[str] = field(default_factory=list)
    shared_nbytes: int = 0
    used_nbytes: int = 0

    def begin(self) -> Code:
        """Return where the next phase is printed."""
        return Code(self.printer)

    def end(self, code: Code) -> None:
        """Take a phase that is complete."""
        _tell_failures(code)
        code.line("ret void")
        head = f"void @{phase_symbol(len(self.texts))}{PARAMETERS}"
        self.texts.append(code.function(head))

    def share(self, dtype: DType, count: int) -> int:
        """Reserve shared memory for some elements; returns its offset in bytes."""
        first = self.used_nbytes
        self.used_nbytes += -(-count * TYPES[dtype].nbytes // 16) * 16
        self.shared_nbytes = max(self.shared_nbytes, self.used_nbytes)
        return first

    def share_anew(self) -> None:
        """Give all shared memory to what follows."""
        self.used_nbytes = 0

    def finished(self, layout: WordLayout, in_turn: str = "") -> GridKernel:
        """Return the kernel; see `GridKernel`."""
        if failing(self.printer.calls):
            layout = replace(layout, can_fail=True)
        texts = "\n".join(self.texts).replace(_FAILED, str(layout.failed))
        text = module_text(texts, self.printer)
        entries = tuple(map(phase_symbol, range(len(self.texts))))
        module = Module(text, entries, frozenset(self.printer.calls))
        return GridKernel(module, len(self.texts), layout, self.shared_nbytes, in_turn)


def _tell_failures(code: Code) -> None:
    """Print where it is told that a person's function raised, and which."""
    for number, made in enumerate(failing(code.printer.calls), 1):
        word = status_word(made.symbol)
        code.status(word)
        status = code.emit(f"load i32, ptr {word}, align 4")
        with code.when(code.emit(f"icmp ne i32 {status}, 0")):
            at = code.emit(f"getelementptr i64, ptr %words, i64 {_FAILED}")
            address = code.emit(f"load i64, ptr {at}, align 8")
            where = code.emit(f"inttoptr i64 {address} to ptr")
            code.line(f"store i32 {-number}, ptr {where}, align 4")

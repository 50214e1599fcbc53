"""LLVM IR text with what must be known to compile and link it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from lazydag.backends.cpu.vector import Call


@dataclass(frozen=True, slots=True)
class Module:
    """Text to compile.

    Attributes
    ----------
    text
        LLVM IR without triple and data layout.
    entries
        Functions whose addresses are wanted. They get unique symbols when compiled:
        every text may call its own ``kernel``.
    calls
        Library functions that the text calls.
    level
        Optimisation of instruction selection, 0 to 3. It never changes a bit of what
        is computed.
    is_optimised
        Whether LLVM's passes run on the text before. Kernels are printed as they are
        wanted; what is translated from Python is not.
    """

    text: str
    entries: tuple[str, ...] = ("kernel",)
    calls: frozenset[Call] = frozenset()
    level: int = 0
    is_optimised: bool = False


Library: TypeAlias = Callable[[Call], Module]
"""Makes the text of a function that kernels call; its one entry is the symbol."""

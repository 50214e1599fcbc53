"""Prints how one thread combines elements in turn with all before them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu.code import Code, memory_type
from lazydag.backends.cpu.folds import combine
from lazydag.backends.scalar.types import DType

GROUP: Final = 8
"""Elements that are read before the first of them is combined."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A way to combine elements.

    Parameters
    ----------
    kind
        Of `folds.RULE_OF`.
    """

    code: Code
    kind: str
    dtype: DType

    @contextmanager
    def state(self, cell: str) -> Iterator[str]:
        """Print how a thread goes on from a cell, and leaves there what it got to."""
        out, dtype = self.code.printer, self.dtype
        place = self.code.slot(memory_type(dtype))
        out.store(out.load(cell, dtype), place, dtype)
        yield place
        out.store(out.load(place, dtype), cell, dtype)

    def links(
        self,
        state: str,
        count: str,
        place: Callable[[str], str],
        keep: Callable[[str, str, str], None],
    ) -> None:
        """Print a loop over elements.

        Parameters
        ----------
        place
            Prints the address of an element.
        keep
            Prints what is done with its number, what comes before it, and its result.
        """
        code = self.code
        whole = code.i64("and", count, -GROUP)
        with code.loop(whole, GROUP) as first:
            numbers = [code.i64("add", first, k) for k in range(GROUP)]
            self._link(state, numbers, place, keep)
        with code.loop(code.i64("sub", count, whole)) as rest:
            self._link(state, [code.i64("add", whole, rest)], place, keep)

    def _link(
        self,
        state: str,
        numbers: Sequence[str],
        place: Callable[[str], str],
        keep: Callable[[str, str, str], None],
    ) -> None:
        """Print how some elements meet what comes before: all are loaded first."""
        out, dtype = self.code.printer, self.dtype
        names = [out.load(place(number), dtype) for number in numbers]
        before = out.load(state, dtype)
        for number, name in zip(numbers, names, strict=True):
            after = combine(out, self.kind, dtype, before, name)
            keep(number, before, after)
            before = after
        out.store(before, state, dtype)

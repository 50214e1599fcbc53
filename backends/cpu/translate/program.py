"""All functions of a program to one text."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.translate import intrinsics
from lazydag.backends.cpu.translate.expressions import Callee
from lazydag.backends.cpu.translate.source import Function, Source, read
from lazydag.backends.cpu.translate.statements import define

# Nothing is thrown through the code, and nothing stands outside of its instructions:
# loops stay loops instead of calls of memset, choices do not become tables.
ATTRIBUTES = 'attributes #0 = { nounwind "no-builtins" "no-jump-tables"="true" }\n'


def translate(
    functions: Iterable[Function], entries: Sequence[str], architecture: str
) -> Module:
    """Translate Python functions of the restricted language.

    Parameters
    ----------
    functions
        All functions of the program, in any order.
    entries
        Names of those that are called from outside: C functions that take and return
        ``int64``; those annotated with None return 0.
    architecture
        First part of the target triple.

    Raises
    ------
    LanguageError
        If a function uses what the language does not have.

    Notes
    -----
    On x86 and AArch64 `cycles` reads the counter that user code may read (the time
    stamp counter, ``cntvct_el0``), elsewhere it is 0. Calls by address pass integers
    as a C function with such parameters expects them; variadic C functions take them
    on Linux, but not on Apple's AArch64.
    """
    program = _Program(read(functions, entries), architecture)
    defined = {source.symbol for source in program.sources.values()}
    if missing := [name for name in entries if name not in defined]:
        raise ValueError(f"none of the functions is called {', '.join(missing)}")
    texts = [
        define(source, program.resolve, is_entry=source.symbol in entries)
        for source in program.sources.values()
    ]
    program.check_calls()
    text = "\n".join((*texts, *program.intrinsics.values(), ATTRIBUTES))
    return Module(text, tuple(entries), level=2, is_optimised=True)


class _Program:
    """Finds what calls mean, and remembers who calls what."""

    def __init__(self, sources: dict[Any, Source], architecture: str) -> None:
        self.sources = sources
        self.architecture = architecture
        self.intrinsics: dict[str, str] = {}
        self._calls: dict[str, set[str]] = {}

    def resolve(self, source: Source, node: ast.Call) -> Callee:
        """What a call in a function calls."""
        if not isinstance(node.func, ast.Name):
            text = ast.unparse(node.func)
            raise source.error(node, f"{text} is not called by its name")
        name = node.func.id
        found = source.names.get(name, getattr(builtins, name, None))
        if callable(found) and found in self.sources:
            callee = self.sources[found]
            self._calls.setdefault(source.symbol, set()).add(callee.symbol)
            return Callee(callee.symbol, len(callee.parameters), callee.has_result)
        if known := self._known(found, len(node.args)):
            return known
        raise source.error(node, f"{name} is neither translated nor an intrinsic")

    def check_calls(self) -> None:
        """Refuse recursion."""
        try:
            TopologicalSorter(self._calls).prepare()
        except CycleError as error:
            cycle = error.args[1][::-1]
            (first,) = (s for s in self.sources.values() if s.symbol == cycle[0])
            raise first.error(first.node, f"recursion: {' -> '.join(cycle)}") from None

    def _known(self, function: Any, arguments: int) -> Callee | None:
        row, name = None, getattr(function, "__name__", "")
        match getattr(function, "__module__", None):
            case "builtins":
                row = intrinsics.BUILTINS.get(name)
            case intrinsics.MODULE:
                row = intrinsics.find(name, arguments, self.architecture)
        if row is None:
            return None
        symbol = f"memory.{name}"
        if name in intrinsics.CALLS:
            symbol += f".{row.arity}"
        if symbol not in self.intrinsics:
            self.intrinsics[symbol] = row.text(symbol)
        return Callee(symbol, row.arity, row.has_result)

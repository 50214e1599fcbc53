"""What is being traced, in each thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

from lazydag.ir.source import SourceLoc


@dataclass(slots=True)
class Trace:
    """A run of a function with stand-ins for its arguments.

    Parameters
    ----------
    name : str
        The function's name.
    at : SourceLoc or None
        Where it is defined.
    scope : str
        What parameters belong to: the function and where it is defined.
    made : list of weak references
        The arrays that came to be meanwhile; they mean nothing afterwards.
    """

    name: str
    at: SourceLoc | None
    scope: str
    made: list[ref[Any]] = field(default_factory=list)


class _State(threading.local):
    trace: Trace | None = None


state = _State()


@contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    """Let `trace` be the current one."""
    outer, state.trace = state.trace, trace
    try:
        yield
    finally:
        state.trace = outer

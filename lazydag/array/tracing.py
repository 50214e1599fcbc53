"""What is being traced, in each thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from weakref import WeakValueDictionary, ref

import numpy as np

from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.source import SourceLoc

NDArray: TypeAlias = "np.ndarray[Any, Any]"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a function that was run because Python needed a value of it.

    Parameters
    ----------
    graph : Graph
        What was computed.
    arrays : list of ndarray
        What its parameters stood for.
    why : str
        What the value was needed for; a key of `force.REMEDIES`, or "return".
    at : SourceLoc or None
        The line that needed it.
    """

    graph: Graph
    arrays: list[NDArray]
    why: str
    at: SourceLoc | None


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
    values : dict of Node to ndarray
        What the parameters stand for, if the function may look at values.
    numbers : frozenset of int
        The parameters that are Python and NumPy numbers.
    made : list of weak references
        The arrays that came to be meanwhile; they mean nothing afterwards.
    looks : dict of int to None
        The numbers that the function looked at, in that order.
    captured : dict of int to ndarray
        By their id, arrays from outside that the parts run so far have used.
    computed : dict of int to ndarray
        By their id, arrays that those parts have computed.
    is_cut : bool
        Whether a part of the function has been run.
    segments : list of Segment or None
        Those parts, if they are wanted.
    """

    name: str
    at: SourceLoc | None
    scope: str
    values: dict[Node, NDArray] = field(default_factory=dict)
    numbers: frozenset[int] = frozenset()
    made: list[ref[Any]] = field(default_factory=list)
    looks: dict[int, None] = field(default_factory=dict)
    captured: dict[int, NDArray] = field(default_factory=dict)
    computed: WeakValueDictionary[int, NDArray] = field(
        default_factory=WeakValueDictionary
    )
    is_cut: bool = False
    segments: list[Segment] | None = None


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

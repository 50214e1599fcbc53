"""What is being traced, in each thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary, ref

from lazydag.array.values import Value
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.source import SourceLoc

if TYPE_CHECKING:
    from lazydag.array.scopes import Scope


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a function that was run because Python needed a value of it.

    Parameters
    ----------
    graph : Graph
        What was computed.
    arrays : list of ndarray or None
        What its parameters stood for, where that is known.
    why : str
        What the value was needed for; a key of `force.REMEDIES`, or "return".
    at : SourceLoc or None
        The line that needed it.
    """

    graph: Graph
    arrays: Sequence[Value | None]
    why: str
    at: SourceLoc | None


@dataclass(frozen=True, slots=True)
class Segments:
    """How a function runs for some arguments.

    Parameters
    ----------
    parts : tuple of Segment
        Its parts, in order; none if it is not traced.
    tier : str
        What runs it, and why.
    """

    parts: tuple[Segment, ...]
    tier: str


#: What is looked at to tell how much work a function does with each array: every so
#: manieth array, so many of them.
SAMPLED_EVERY = 17
MOST_SAMPLES = 60
#: Elements of an array on average, below which a function is a loop over elements.
FINE_SIZE = 32
#: After so many cuts, the elements that a part computes on average, below which a cut
#: costs more than its work: it takes as long as some 20,000 additions.
MOST_SMALL_CUTS = 32
SMALL_CUT = 20_000


class TooFine(BaseException):
    """A function makes many small arrays, or is cut too often: it is not traced.

    No Exception, so that the function does not catch it.

    Parameters
    ----------
    what : str
        What it does.
    is_loop : bool
        Whether it works on single elements.
    """

    def __init__(self, what: str, *, is_loop: bool) -> None:
        super().__init__(what)
        self.what = what
        self.is_loop = is_loop


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
    values : dict of Node to ndarray or DeviceArray
        What the parameters stand for, if the function may look at values.
    numbers : frozenset of int
        The parameters that are Python and NumPy numbers.
    devices : dict of Node to str
        Where the parameters are that are on devices.
    made : list of weak references
        The arrays that came to be meanwhile; they mean nothing afterwards.
    looks : dict of int to None
        The numbers that the function looked at, in that order.
    captured : dict of int to ndarray or DeviceArray
        By their id, arrays from outside that the parts run so far have used.
    computed : dict of int to ndarray or DeviceArray
        By their id, arrays that those parts have computed.
    copies : dict of Node to ndarray or DeviceArray
        The values of arguments that the function asked for.
    known : dict of int to ndarray or DeviceArray
        By their id, values that follow from the numbers it looked at, and from lists.
    cuts : int
        How many parts of the function have been run.
    segments : list of Segment or None
        Those parts, if they are wanted.
    may_stop : bool
        Whether to raise `TooFine`.
    stopped : TooFine or None
        What was raised; NumPy may have made another error of it.
    """

    name: str
    at: SourceLoc | None
    scope: str
    values: dict[Node, Value] = field(default_factory=dict)
    numbers: frozenset[int] = frozenset()
    devices: dict[Node, str] = field(default_factory=dict)
    made: list[ref[Any]] = field(default_factory=list)
    looks: dict[int, None] = field(default_factory=dict)
    captured: dict[int, Value] = field(default_factory=dict)
    computed: WeakValueDictionary[int, Value] = field(
        default_factory=WeakValueDictionary
    )
    copies: dict[Node, Value] = field(default_factory=dict)
    known: WeakValueDictionary[int, Value] = field(default_factory=WeakValueDictionary)
    cuts: int = 0
    segments: list[Segment] | None = None
    may_stop: bool = False
    stopped: TooFine | None = None
    _count: int = 0
    _sampled: int = 0
    _computed: int = 0

    def add(self, array: Any, node: Node | None) -> None:
        """Take note of an array that the function made.

        Raises
        ------
        TooFine
            If it makes many, and they are small.
        """
        self.made.append(ref(array))
        self._count += 1
        if self.may_stop and node is not None and not self._count % SAMPLED_EVERY:
            self._sample(node)

    def cut(self, elements: int) -> None:
        """Take note of a part that is to be run, and computes so many elements.

        Raises
        ------
        TooFine
            If there are many, and they are small.
        """
        self.cuts += 1
        self._computed += elements
        many = self.may_stop and self.cuts >= MOST_SMALL_CUTS
        if many and self._computed < SMALL_CUT * self.cuts:
            self._stop("it looks at many values", is_loop=self._is_fine())

    def _sample(self, node: Node) -> None:
        self._sampled += node.type.size
        if self._count >= MOST_SAMPLES * SAMPLED_EVERY and self._is_fine():
            self._stop("it works on single elements", is_loop=True)

    def _is_fine(self) -> bool:
        """Tell whether the arrays are single elements, or little more."""
        return self._sampled < FINE_SIZE * (self._count // SAMPLED_EVERY)

    def _stop(self, what: str, *, is_loop: bool) -> None:
        self.stopped = TooFine(what, is_loop=is_loop)
        raise self.stopped


class _State(threading.local):
    trace: Trace | None = None
    scope: Scope | None = None


state = _State()


@contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    """Let `trace` be the current one."""
    outer, state.trace = state.trace, trace
    try:
        yield
    finally:
        state.trace = outer

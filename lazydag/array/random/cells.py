"""The numbers of a generator's state: arrays without axes that change as it is drawn.

They are lazy arrays, so that a jitted function that has a generator as an argument
takes them, and gives them back, like any array that is written into. A function that
draws from another generator is run each time, in parts. A function that is not traced
gets NumPy arrays in their place.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.assign import assign
from lazydag.array.leaves import held_by
from lazydag.array.nodes.scalars import constant
from lazydag.array.random.words import U64
from lazydag.array.tracing import state
from lazydag.array.values import frozen
from lazydag.errors import TraceError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.remarks import Kind, remark

Cell: TypeAlias = "Array | np.ndarray[Any, Any]"

_MASK = (1 << 64) - 1
_RESHAPE = OPS["reshape"]


def cell(number: int) -> Cell:
    """Return a cell that holds a number of 64 bits."""
    return Array(value=_word(number))


def node_in(known: Cell) -> Node:
    """Return a node for what a cell holds now."""
    return known.node if isinstance(known, Array) else node_of(known.copy())


def number_in(known: Cell) -> int:
    """Return the number in a cell."""
    if isinstance(known, Array) and not is_own(known) and known._node is not None:
        node = known._node
        while node.op is _RESHAPE:
            node = node.srcs[0]
        value = held_by(node)
        if value is not None:
            return int(value)
    return int(known)


def put(known: Cell, number: int) -> None:
    """Let a cell hold a number."""
    if isinstance(known, Array):
        is_own(known)
        known._node, known._value = None, _word(number)
    else:
        known[...] = _word(number)


def go_on(known: Cell, count: int, *, is_even: bool = False) -> None:
    """Add to the number in a cell; first one more if it is to be even and is odd."""
    if isinstance(known, Array) and is_own(known):
        node = known.node
        if is_even:
            odd = make(OPS["band"], node, constant(1, U64))
            node = make(OPS["add"], node, odd)
        assign(known, make(OPS["add"], node, constant(count & _MASK, U64)))
    else:
        at = number_in(known)
        put(known, at + at % 2 * is_even + count)


def is_own(known: Array) -> bool:
    """Tell whether a cell is of the function that is being traced.

    If it is from outside, the function will run each time.
    """
    trace = state.trace
    if trace is None:
        return False
    if known._home is trace:
        return True
    run_each_time("draws from a generator that is not its own")
    return False


def run_each_time(what: str) -> None:
    """Let a function that is being traced run at every call, and not its plan alone.

    Raises
    ------
    TraceError
        If it must be one plan.
    """
    trace, at = state.trace, caller_location()
    if trace is None or trace.cuts:
        return
    if not trace.may_stop:
        raise TraceError(
            f"{trace.name} {what}: as a plan it would give the same numbers each time",
            at,
            "Make the generator outside, and pass it as an argument.",
        )
    # what is drawn while it is traced is taken: there is no second attempt
    trace.cuts, trace.may_stop = 1, False
    remark(Kind.CUT, at, trace.name)


def _word(number: int) -> np.ndarray[Any, Any]:
    return frozen(np.array(int(number) & _MASK, np.uint64))

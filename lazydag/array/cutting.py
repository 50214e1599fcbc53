"""Values that a function needs while it is traced: what it can do so far is run.

A number among the arguments is known, and what is looked at of it becomes a condition
of the trace. Anything else is computed: the function is cut there, and goes on with
the value. What else it holds by then, and what shares work with that value, is
computed along with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Any

from lazydag.array import engine
from lazydag.array.leaves import Closed, close, located, params_of, value_held_by
from lazydag.array.tracing import Segment, Trace
from lazydag.array.values import Value, apart, frozen
from lazydag.ir.graph import make_graph, topological
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.source import caller_location
from lazydag.remarks import Kind as Remarks
from lazydag.remarks import remark

_PARAM = OPS["param"]
_WORK = {Kind.ELEMENTWISE, Kind.REDUCTION, Kind.LIBRARY, Kind.WRITE}


def may_change(trace: Trace, nodes: Sequence[Node]) -> bool:
    """Tell whether `nodes` may have other values in another call of the function.

    Those that stand on arrays from outside may, too. A strict function takes them as
    they are when it is traced.
    """
    if trace.cuts:
        return True
    is_free = bool(trace.values) and trace.may_stop
    for node in topological(nodes):
        if node.op is _PARAM:
            return True
        value = value_held_by(node) if is_free else None
        if value is not None and id(value) not in trace.known:
            return True
    return False


def can_look(trace: Trace, nodes: Sequence[Node]) -> bool:
    """Tell whether the function may have the values of `nodes` now."""
    return all(node in trace.values for node in params_of(nodes))


def looked_at(trace: Trace, nodes: Sequence[Node], why: str) -> list[Value]:
    """Return the values of `nodes`, which `can_look` allows."""
    if trace.cuts or not _is_number(trace, nodes):
        return _cut(trace, nodes, why)
    slots = {node.attrs.slot for node in params_of(nodes)}  # type: ignore[union-attr]
    trace.looks |= dict.fromkeys(sorted(slots))
    values = _evaluated(close(nodes, values=trace.values))
    trace.known.update({id(value): value for value in values})
    return values


def _is_number(trace: Trace, nodes: Sequence[Node]) -> bool:
    """Tell whether nothing but numbers among the arguments decides the values."""
    for node in topological(nodes):
        if node.op is _PARAM and node.attrs.slot not in trace.numbers:  # type: ignore[union-attr]
            return False
        value = value_held_by(node)
        if value is not None and id(value) not in trace.known:
            return False
    return True


def run(trace: Trace, nodes: Sequence[Node], why: str) -> list[Value]:
    """Return the values of `nodes`, each in a read-only array of its own."""
    unique = [node for node in dict.fromkeys(nodes) if _computed(trace, node) is None]
    found = _run(trace, unique, why) if unique else {}
    values: list[Value] = []
    for node in nodes:
        value = found.get(node)
        if value is None:
            value = _computed(trace, node)
        assert value is not None
        values.append(apart(value) if any(value is v for v in values) else value)
        trace.computed[id(values[-1])] = frozen(values[-1])
    return values


def _run(trace: Trace, nodes: Sequence[Node], why: str) -> dict[Node, Value]:
    closed = close(nodes, values=trace.values)
    _remember(trace, closed, why)
    found = dict(zip(nodes, _evaluated(closed), strict=True))
    trace.copies |= {n: value for n, value in found.items() if n.op is _PARAM}
    return found


def _computed(trace: Trace, node: Node) -> Value | None:
    """Return the value of a node that an earlier part computed, else None."""
    if node.op is _PARAM:
        return trace.copies.get(node)
    value = value_held_by(node)
    return None if value is None else trace.computed.get(id(value))


def _cut(trace: Trace, nodes: Sequence[Node], why: str) -> list[Value]:
    arrays = _sharing(trace, nodes)
    wanted = [*nodes, *[array.node for array in arrays]]
    trace.cut(sum(n.type.size for n in topological(wanted) if n.op.kind in _WORK))
    start = perf_counter()
    values = run(trace, wanted, why)
    seconds = perf_counter() - start
    remark(Remarks.CUT, caller_location(), trace.name, seconds=seconds)
    for array, value in zip(arrays, values[len(nodes) :], strict=True):
        array.keep(value)
    return values[: len(nodes)]


def _sharing(trace: Trace, nodes: Sequence[Node]) -> list[Any]:
    """Return the arrays of the function that share work with `nodes`.

    Whatever it shares would be computed again when the arrays are needed.
    """
    held = [(known, known()) for known in trace.made]
    trace.made = [known for known, array in held if array is not None]
    waiting = [a for _, a in held if a is not None and a._value is None and a._node]
    work = {node for node in topological(nodes) if node.op.kind in _WORK}
    shares: set[Node] = set()
    for node in topological([array.node for array in waiting]):
        if node in work or not shares.isdisjoint(node.srcs):
            shares.add(node)
    return [array for array in waiting if array.node in shares]


def _evaluated(closed: Closed) -> list[Value]:
    graph = make_graph("lazy", closed.params, closed.outputs)
    return engine.evaluate(graph, closed.arrays, partial(located, graph, closed))


def _remember(trace: Trace, closed: Closed, why: str) -> None:
    own = {id(array) for array in trace.values.values()}
    for array in closed.arrays:
        if id(array) not in own and id(array) not in trace.computed:
            trace.captured[id(array)] = array
    if trace.segments is not None:
        graph = make_graph(trace.name, closed.params, closed.outputs)
        segment = Segment(located(graph, closed), closed.arrays, why, caller_location())
        trace.segments.append(segment)

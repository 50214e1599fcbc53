"""Computing values: what is behind arrays becomes a graph for the compiler."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter

from lazydag.array import cutting, engine, reuse
from lazydag.array.leaves import Closed, close, located
from lazydag.array.tracing import state
from lazydag.array.values import Value, apart, frozen
from lazydag.errors import TraceError
from lazydag.ir.graph import make_graph
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.remarks import Kind, remark

_WHERE = (
    "Use lazydag.where(condition, a, b) to choose between values, cond() or "
    "while_loop();\nwithout strict=True the function is run in parts."
)
_NUMBER = "Pass it as an argument of its own: Python numbers are known while tracing."
_OUTSIDE = "Keep it an array in the function, return it, and convert the result."

#: What needed a value, and what to do instead.
REMEDIES = {
    "bool": ("the truth value of {}", _WHERE),
    "int": ("int() of {}", _NUMBER),
    "index": ("{} as an index or a count", _NUMBER),
    "float": ("float() of {}", _OUTSIDE),
    "complex": ("complex() of {}", _OUTSIDE),
    "array": ("the values of {} as a NumPy array", _OUTSIDE),
    "shape": (
        "the shape of a result that depends on the values of {}",
        "Call the function outside of jit, or use where() and a sum of a mask.",
    ),
    "iter": ("iteration over {}", "Index it, or write it with whole arrays."),
    "item": ("the Python value of {}", _OUTSIDE),
}


def values_of(nodes: Sequence[Node], why: str = "array") -> list[Value]:
    """Return the values of `nodes`, each in a read-only array of its own.

    Those on devices stay there.

    Parameters
    ----------
    nodes : sequence of Node
        None of them a leaf.
    why : str
        A key of `REMEDIES`, for the message if there are no values yet.

    Raises
    ------
    TraceError
        If they depend on arguments of a function that is being traced.
    """
    unique = list(dict.fromkeys(nodes))
    trace = state.trace
    if trace is not None and cutting.may_change(trace, unique):
        if not cutting.can_look(trace, unique):
            raise no_value(unique[0], why)
        return [frozen(value) for value in cutting.looked_at(trace, nodes, why)]
    start = perf_counter()
    found = _computed(unique)
    remark(Kind.FORCE, caller_location(), why, seconds=perf_counter() - start)
    if len(unique) < len(nodes):
        found = _distributed(nodes, dict(zip(unique, found, strict=True)))
    if trace is not None:
        trace.known.update({id(value): value for value in found})
    return [frozen(value) for value in found]


def _computed(nodes: list[Node]) -> list[Value]:
    """Return the values of `nodes`, and keep those that would be computed again."""
    closed = close(nodes, values=reuse.kept_values())
    again = reuse.computed_again(closed.made, nodes)
    closed.outputs.extend(closed.made[node] for node in again)
    values = evaluate(closed)
    reuse.keep(again, map(frozen, values[len(nodes) :]))
    return values[: len(nodes)]


def _distributed(nodes: Sequence[Node], values: dict[Node, Value]) -> list[Value]:
    """Return a value for each node; copies for those that come again."""
    taken: set[Node] = set()
    result = []
    for node in nodes:
        result.append(apart(values[node]) if node in taken else values[node])
        taken.add(node)
    return result


def evaluate(closed: Closed) -> list[Value]:
    """Return the values of a closed expression."""
    graph = make_graph("lazy", closed.params, closed.outputs)
    return engine.evaluate(graph, closed.arrays, partial(located, graph, closed))


def no_value(node: Node, why: str) -> TraceError:
    """Return the error for a value that is wanted while tracing."""
    what, remedy = REMEDIES[why]
    trace = state.trace
    of = f" in {trace.name}" if trace is not None else ""
    return TraceError(
        f"{what.format(f'a traced {node.type}')} is not known while tracing{of}",
        caller_location(),
        remedy,
    )

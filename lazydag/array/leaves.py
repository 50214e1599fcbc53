"""From nodes over a program's arrays to a graph over parameters.

Nodes are interned, so the same expression over other arrays gives the same graph: it
is the key of the compiler's cache of plans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

import numpy as np

from lazydag.array.nodes.dtypes import supported
from lazydag.array.nodes.pins import note_device
from lazydag.array.values import NDArray, Value
from lazydag.errors import TraceError, UnsupportedError
from lazydag.ir.attrs import Leaf, LeafAttrs, scoped
from lazydag.ir.graph import Graph, param, topological, with_lines
from lazydag.ir.node import Node, make, with_sources
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc, caller_location
from lazydag.ir.types import ArrayType

_IOTA = OPS["iota"]
_LEAF = OPS["leaf"]
_PARAM = OPS["param"]
# Leaves by the id of their array: they hold it, so that no other array has the id.
# An array that comes twice is one parameter, which a kernel reads once.
_known: WeakValueDictionary[int, Node] = WeakValueDictionary()
# what arrays hold that were made in a trace and outlived it
_GONE = np.empty(0)
_NOTHING: Mapping[Node, Value] = {}


@dataclass(frozen=True, slots=True)
class Closed:
    """Outputs over parameters only.

    Parameters
    ----------
    params : list of Node
        The parameters, in slot order; of the leaves only.
    outputs : list of Node
        The outputs.
    arrays : list of ndarray or DeviceArray
        What each parameter stands for.
    made : dict of Node to Node
        What each node that the outputs depended on has become, sources first.
    """

    params: list[Node]
    outputs: list[Node]
    arrays: list[Value]
    made: dict[Node, Node]


def leaf(array: Value) -> Node:
    """Return a node for an array of NumPy or on a device, which is not copied.

    Raises
    ------
    DTypeError
        If its element type is not supported.
    """
    known = _known.get(id(array))
    if known is not None:
        type_ = known.type
        if type_.shape == array.shape and type_.dtype == array.dtype:
            return known
    if isinstance(array, np.ndarray):
        array = plain(array)
    else:
        note_device()
    type_ = ArrayType(array.shape, supported(array.dtype))
    attrs = LeafAttrs(Leaf(array), type_)
    node = _known[id(array)] = make(_LEAF, attrs=attrs, source=caller_location())
    return node


def plain(array: NDArray) -> NDArray:
    """Return the array as no subclass of ndarray, whose meaning might be another."""
    if type(array) is np.ndarray:
        return array
    if isinstance(array, np.ma.MaskedArray):
        raise UnsupportedError(
            "masked arrays are not supported",
            caller_location(),
            "Pass x.filled(...) and the mask as arrays of their own.",
        )
    return np.asarray(array)


def held_by(node: Node) -> NDArray | None:
    """Return the array of NumPy that a leaf stands for; None for other nodes."""
    data = value_held_by(node)
    return data if isinstance(data, np.ndarray) else None


def value_held_by(node: Node) -> Value | None:
    """Return the array that a leaf stands for, wherever; None for other nodes."""
    return _data(node) if node.op is _LEAF else None


def close(
    outputs: Sequence[Node],
    first_slot: int = 0,
    scope: str = "",
    values: Mapping[Node, Value] = _NOTHING,
) -> Closed:
    """Return `outputs` with each leaf replaced by a parameter.

    Parameters
    ----------
    outputs : sequence of Node
        What is wanted.
    first_slot : int
        Slot of the first leaf. If it is 0, no parameters may be there yet.
    scope : str
        What the parameters belong to; by default, to all programs.
    values : mapping of Node to ndarray or DeviceArray
        What is known: parameters of a trace, results of earlier forces.

    Raises
    ------
    TraceError
        If a value depends on an argument that is a stand-in.
    """
    params: list[Node] = []
    arrays: list[Value] = []
    new: dict[Node, Node] = {}
    for node in topological(outputs, values):
        srcs = node.srcs
        if srcs and node not in values:
            new[node] = with_sources(node, tuple([new[src] for src in srcs]))
        elif node.op is _LEAF or node in values:
            new[node] = param(first_slot + len(params), node.type, scope=scope)
            params.append(new[node])
            arrays.append(values[node] if node in values else _data(node))
        elif node.op is _IOTA:
            attrs = scoped(node.attrs, scope)
            new[node] = make(_IOTA, attrs=attrs, source=node.source)
        else:
            new[node] = node
    return Closed(params, [new[node] for node in outputs], arrays, new)


def located(graph: Graph, closed: Closed) -> Graph:
    """Return the graph of a closed expression, with the lines that made it.

    `graph` is shared by equal expressions, and has the lines of the first of them.
    """
    lines: dict[Node, SourceLoc | None] = {}
    for old, new in closed.made.items():
        lines.setdefault(new, old.source)
    return with_lines(graph, lines)


def _data(node: Node) -> Value:
    data: Value = node.attrs.leaf.data  # type: ignore[union-attr]
    if data is _GONE:
        raise leaked()
    return data


def gone(node: Node) -> Node:
    """Return what is left of a node of a trace that has ended."""
    return make(_LEAF, attrs=LeafAttrs(Leaf(_GONE), node.type), source=node.source)


def leaked() -> TraceError:
    """Return the error for a value that outlived its trace."""
    return TraceError(
        "a value of a jitted function is used after its trace has ended",
        caller_location(),
        "Return it from the function instead of storing it elsewhere.",
    )


def depends_on_params(nodes: Sequence[Node]) -> bool:
    """Tell whether some value depends on an argument that is being traced."""
    return any(node.op is _PARAM for node in topological(nodes))


def params_of(nodes: Sequence[Node]) -> list[Node]:
    """Return the arguments being traced that the values depend on."""
    return [node for node in topological(nodes) if node.op is _PARAM]

"""What is computed again by a later force, and is kept from then on.

A loop that looks at a value in each round extends one expression all the time: what it
looks at next depends on all rounds before. Of an expression that was part of an earlier
force, the values that new operations use are kept, so a round computes two rounds at
most, by a plan that is the same for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from weakref import WeakKeyDictionary, ref

from lazydag.array.values import Value
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.ir.types import ArrayType

#: Smaller expressions are computed again: that takes less than to remember them.
FEW = 32

# By their id: a WeakSet takes three times as long. Those of dead nodes are dropped
# when there are twice as many as were alive at the last time.
_computed: dict[int, ref[Node]] = {}
_MANY = 4096
_limit = [_MANY]
_kept: WeakKeyDictionary[Node, Value] = WeakKeyDictionary()
_NOTHING: Mapping[Node, Value] = {}


def kept_values() -> Mapping[Node, Value]:
    """Return the values that are kept, by what they are the values of."""
    # Asked for each operand: its own length takes much longer.
    return _kept if _kept.data else _NOTHING  # type: ignore[attr-defined]


def keep(nodes: Iterable[Node], values: Iterable[Value]) -> None:
    """Keep the values of `nodes` for as long as something is to be made of them."""
    for node, value in zip(nodes, values, strict=True):
        _kept[node] = value


def computed_again(nodes: Iterable[Node], outputs: Sequence[Node]) -> list[Node]:
    """Return what was part of an earlier force and is used in a new way by this one.

    Parameters
    ----------
    nodes : iterable of Node
        All that the outputs depend on.
    outputs : sequence of Node
        What is wanted.
    """
    nodes = [n for n in nodes if n.srcs and n.op.kind is not Kind.MOVEMENT]
    if len(nodes) <= FEW:
        return []
    used = list(outputs)
    for node in nodes:
        if not _is_computed(node):
            used += node.srcs
    found = dict.fromkeys(map(_base, used))
    again = [n for n in found if _is_computed(n) and n not in outputs]
    _remember(nodes)
    return [n for n in again if isinstance(n.type, ArrayType)]


def _is_computed(node: Node) -> bool:
    found = _computed.get(id(node))
    return found is not None and found() is node


def _remember(nodes: list[Node]) -> None:
    _computed.update({id(node): ref(node) for node in nodes})
    if len(_computed) > _limit[0]:
        alive = {key: found for key, found in _computed.items() if found() is not None}
        _computed.clear()
        _computed.update(alive)
        _limit[0] = max(_MANY, 2 * len(alive))


def _base(node: Node) -> Node:
    """Return what `node` is a view of."""
    while node.op.kind is Kind.MOVEMENT:
        node = node.srcs[0]
    return node

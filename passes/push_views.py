"""Move views past elementwise ops, towards the inputs, where they cost nothing.

``(a + b).T`` becomes ``a.T + b.T``: the transposes are then strides with which a
kernel reads its inputs. Only where all users of the elementwise value want the same
views, so that nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from lazydag.ir.attrs import ShapeAttrs
from lazydag.ir.graph import topological, users, with_sources
from lazydag.ir.node import Node, is_fusable, make
from lazydag.ir.ops import OPS, Kind

# Longer chains of views stop where they are, which keeps the pass linear.
MAX_VIEWS = 8

_VIEWS = frozenset(OPS[name] for name in ("transpose", "slice"))
_BROADCAST = OPS["broadcast"]
_RESHAPE = OPS["reshape"]


def is_movable(node: Node) -> bool:
    """Tell whether the view is one of any operand, contiguous or not.

    Broadcasts are not: moving one would compute the same element many times. Nor are
    reshapes, unless they only add or drop axes of one element.
    """
    if node.op in _VIEWS:
        return True
    return node.op is _RESHAPE and _without_units(node) == _without_units(node.srcs[0])


def _feeding_calls(order: Sequence[Node]) -> set[Node]:
    """Return the views that library calls read, be it through other views.

    Which BLAS routine multiplies depends on the strides, and so do the last bits.
    """
    found: set[Node] = set()
    for node in reversed(order):
        if node.op.kind is Kind.LIBRARY or node in found:
            found.update(s for s in node.srcs if s.op.kind is Kind.MOVEMENT)
    return found


def _without_units(node: Node) -> list[int]:
    return [extent for extent in node.type.shape if extent != 1]


def push_views(outputs: Sequence[Node]) -> tuple[tuple[Node, ...], int]:
    """Return the outputs with views moved to the inputs, and how many moved.

    Linear in the number of nodes.
    """
    order = topological(outputs)
    if not any(map(is_movable, order)):
        return tuple(outputs), 0
    pending = _pending(order, users(order), set(outputs))
    if not pending:
        return tuple(outputs), 0
    new: dict[Node, Node] = {}
    for node in order:
        new[node] = _rebuilt(node, pending, new)
    moved = sum(is_movable(node) and node.srcs[0] in pending for node in order)
    return tuple(new[n] for n in outputs), moved


def _pending(
    order: Sequence[Node], used_by: dict[Node, list[Node]], wanted: set[Node]
) -> dict[Node, tuple[Node, ...]]:
    """Return for each elementwise node the views to be taken of it, in order.

    All its users must want the same views, or it would be computed several times.
    """
    pending: dict[Node, tuple[Node, ...]] = {}
    feeding = _feeding_calls(order)
    for node in reversed(order):
        if node in wanted or not (is_fusable(node) or is_movable(node)):
            continue
        first, *others = (
            (user, *pending.get(user, ()))
            if is_movable(user) and user not in feeding
            else pending.get(user, ())
            for user in used_by[node]
        )
        if 0 < len(first) <= MAX_VIEWS and all(
            _is_same(first, other) for other in others
        ):
            pending[node] = first
    return pending


def _is_same(chain: Sequence[Node], other: Sequence[Node]) -> bool:
    """Tell whether two chains of views mean the same, whatever they are views of."""
    if len(chain) != len(other):
        return False
    each = zip(chain, other, strict=True)
    return all(a.op is b.op and a.attrs == b.attrs for a, b in each)


def _rebuilt(
    node: Node, pending: dict[Node, tuple[Node, ...]], new: dict[Node, Node]
) -> Node:
    """Return what `node` becomes: with its pending views already taken."""
    if is_movable(node):
        source = node.srcs[0]
        if source in pending:
            return new[source]
        return _viewed(new[source], (node, *pending.get(node, ())))
    chain = pending.get(node, ())
    if not chain:
        return with_sources(node, tuple(new[s] for s in node.srcs))
    srcs = tuple(new[s] if s in pending else _viewed(new[s], chain) for s in node.srcs)
    return make(node.op, *srcs, attrs=node.attrs, source=node.source)


def _viewed(value: Node, chain: Sequence[Node]) -> Node:
    """Return the views of `chain`, one after the other, of `value`."""
    for view in chain:
        if value.op is _BROADCAST and not value.srcs[0].type.ndim:
            shape = ShapeAttrs(view.type.shape)
            value = make(_BROADCAST, value.srcs[0], attrs=shape, source=view.source)
            continue
        value = make(view.op, value, attrs=view.attrs, source=view.source)
    return value

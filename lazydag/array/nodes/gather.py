"""Reading elements at positions."""

from __future__ import annotations

from lazydag.array.nodes.broadcast import broadcast_shape, stretch
from lazydag.array.nodes.move import reshape, slice_
from lazydag.array.nodes.scalars import full
from lazydag.array.nodes.selection import Selection, check_known
from lazydag.array.tracing import state
from lazydag.errors import ShapeError
from lazydag.ir.attrs import GatherAttrs, IotaAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import I64

_GATHER, _IOTA = OPS["gather"], OPS["iota"]
Ints = tuple[int, ...]


def gathered(node: Node, selection: Selection) -> Node:
    """Return the elements of `node` that are selected."""
    region = selection.region
    part = reshape(node, selection.source)
    part = slice_(part, region.starts, region.counts, region.steps)
    found = make(
        _GATHER,
        part,
        *selection.positions,
        attrs=GatherAttrs(selection.axes, selection.at),
        source=caller_location(),
    )
    return reshape(found, selection.shape)


def taken(node: Node, positions: Node, axis: int) -> Node:
    """Return `node` with what lies at positions along an axis in place of that.

    Raises
    ------
    BoundsError
        If a position that is known is outside.
    """
    check_known(positions, axis, node.type.shape[axis])
    attrs = GatherAttrs((axis,), axis)
    return make(_GATHER, node, positions, attrs=attrs, source=caller_location())


def along(node: Node, positions: Node, axis: int) -> Node:
    """Return the elements at the positions that stand beside them along an axis.

    Raises
    ------
    ShapeError
        If the other axes do not stretch to each other, or there are not as many.
    BoundsError
        If a position that is known is outside.
    """
    check_known(positions, axis, node.type.shape[axis])
    return make(
        _GATHER,
        node,
        *beside(node.type.shape, positions, axis),
        attrs=GatherAttrs(tuple(range(len(node.type.shape)))),
        source=caller_location(),
    )


def beside(shape: Ints, positions: Node, axis: int) -> tuple[Node, ...]:
    """Return positions along all axes, of which those along one are given."""
    wanted = _stretched(shape, positions, axis)
    line = caller_location()
    found = []
    for i, extent in enumerate(shape):
        if i == axis:
            found.append(stretch(positions, wanted, line))
        elif extent == wanted[i]:
            found.append(counted(wanted, i))
        else:
            found.append(full(0, I64, wanted))
    return tuple(found)


def _stretched(shape: Ints, positions: Node, axis: int) -> Ints:
    have: Ints = positions.type.shape
    if len(have) != len(shape):
        raise ShapeError(
            f"positions of shape {have} along axis {axis} of shape {shape}: "
            "as many axes are needed",
            caller_location(),
        )
    apart = (*shape[:axis], have[axis], *shape[axis + 1 :])
    return broadcast_shape("take {}", (apart, have), (apart, have))


def counted(shape: Ints, axis: int) -> Node:
    """Return the position along an axis of each element of a shape."""
    line = caller_location()
    ones = (1,) * (len(shape) - 1 - axis)
    trace = state.trace
    scope = str(line) if trace is None else trace.scope
    attrs = IotaAttrs(shape[axis], I64, scope)
    row = reshape(make(_IOTA, attrs=attrs, source=line), (shape[axis], *ones))
    return stretch(row, shape, line)

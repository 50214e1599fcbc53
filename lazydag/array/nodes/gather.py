"""Reading elements at positions."""

from __future__ import annotations

from lazydag.array.nodes.broadcast import stretch
from lazydag.array.nodes.move import reshape, slice_
from lazydag.array.nodes.selection import Selection
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
    """Return `node` with what lies at positions along an axis in place of that."""
    attrs = GatherAttrs((axis,), axis)
    return make(_GATHER, node, positions, attrs=attrs, source=caller_location())


def counted(shape: Ints, axis: int) -> Node:
    """Return the position along an axis of each element of a shape."""
    line = caller_location()
    attrs = IotaAttrs(shape[axis], I64)
    ones = (1,) * (len(shape) - 1 - axis)
    row = reshape(make(_IOTA, attrs=attrs, source=line), (shape[axis], *ones))
    return stretch(row, shape, line)

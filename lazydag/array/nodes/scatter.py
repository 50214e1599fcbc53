"""Writing elements to positions: a node for the array after it."""

from __future__ import annotations

from lazydag.array.nodes.move import reshape
from lazydag.array.nodes.selection import Selection
from lazydag.ir.attrs import ScatterAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location

_SCATTER = OPS["scatter"]


def scattered(base: Node, selection: Selection, value: Node, how: str = "set") -> Node:
    """Return `base` after elements of `value` were written to what is selected.

    Parameters
    ----------
    base : Node
        The array before.
    selection : Selection
        Where; a place that comes several times is written several times, in order.
    value : Node
        Has the shape of the selection.
    how : str
        ``"set"``, or the name of the ufunc that makes a new element of the old one and
        the value.
    """
    if not value.type.size:
        return base
    attrs = ScatterAttrs(selection.region, selection.axes, selection.at, how)
    changed = make(
        _SCATTER,
        reshape(base, selection.source),
        reshape(value, selection.reached),
        *selection.positions,
        attrs=attrs,
        source=caller_location(),
    )
    return reshape(changed, base.type.shape)

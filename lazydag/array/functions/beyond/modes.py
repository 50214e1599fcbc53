"""What becomes of positions outside: ``mode=`` of functions that take and put."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import node_of
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.record import record
from lazydag.array.nodes.rows import ROWS
from lazydag.errors import BoundsError, DTypeError, UsageError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import I64

# NumPy takes its own numbers for them as well.
_CLIP, _WRAP, _RAISE = 0, 1, 2


def positions_in(indices: Any, extent: int, mode: Any) -> Node:
    """Return positions, all inside of an axis unless `mode` is ``"raise"``.

    Raises
    ------
    DTypeError
        If they are no integers.
    BoundsError
        If the axis has no elements to take.
    UsageError
        If there is no such mode.
    """
    node = node_of(indices)
    if not node.type.size:
        return cast(node, I64, caller_location())
    if node.type.dtype.kind not in "biu":
        raise DTypeError(
            f"Cannot cast array data from {node.type.dtype!r} to dtype('int64') "
            "according to the rule 'safe'",
            caller_location(),
        )
    if not extent:
        raise BoundsError(
            "cannot do a non-empty take from an empty axes.", caller_location()
        )
    return _inside(cast(node, I64, caller_location()), extent, mode)


def _inside(node: Node, extent: int, mode: Any) -> Node:
    if mode in ("raise", _RAISE):
        return node
    if mode in ("wrap", _WRAP):
        return record(ROWS["remainder"], node, extent)
    if mode in ("clip", _CLIP):
        least = record(ROWS["maximum"], node, 0)
        return record(ROWS["minimum"], least, extent - 1)
    raise UsageError(
        f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})",
        caller_location(),
    )

"""Nodes in tiles: wishes stay with an array, whatever becomes of its elements."""

from __future__ import annotations

from lazydag.array.nodes.pins import has_devices, pin_in, pinned
from lazydag.ir.attrs import RetileAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location

_RETILE = OPS["retile"]


def retiled(node: Node, wish: RetileAttrs) -> Node:
    """Return a node in the tiles that are wished for, and in no others before."""
    if node.op is _RETILE and node.srcs[0].op is not _RETILE and node.attrs == wish:
        return node
    return make(_RETILE, node, attrs=wish, source=caller_location())


def wish_in(node: Node | None) -> RetileAttrs | None:
    """Return in which tiles an array is wanted, by its node."""
    if node is None or node.op is not _RETILE:
        return None
    assert isinstance(node.attrs, RetileAttrs)
    return node.attrs


def as_before(node: Node, old: Node | None) -> Node:
    """Return the new node of an array that had an old one: in its tiles, in its place.

    What is on a device stays there.
    """
    device = pin_in(old) if has_devices() and old is not None else None
    if device is not None:
        node = pinned(node, device, made=False)
    wish = wish_in(old)
    return node if wish is None else retiled(node, wish)

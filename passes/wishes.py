"""Wishes for tiles: what `retile` says of an array, and which kernels follow it."""

from __future__ import annotations

from collections.abc import Iterable

from lazydag.ir.attrs import RetileAttrs
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.passes.work import base_of

_GET, _KERNEL = OPS["get"], OPS["kernel"]


def wish_of(value: Node) -> RetileAttrs | None:
    """Return in which tiles an array is to be; None if nobody said so."""
    return value.attrs if isinstance(value.attrs, RetileAttrs) else None


def wished_tiles(nodes: Iterable[Node]) -> dict[Node, tuple[int, ...]]:
    """Return the tiles of kernels whose results, or else sources, are to be in some.

    Those that change a part of an array work in tiles of that part.

    Parameters
    ----------
    nodes
        Those of a graph, sources first.
    """
    found: dict[Node, tuple[int, ...]] = {}
    for node in nodes:
        wish = wish_of(node)
        if wish is not None and node.srcs[0].op is _GET:
            found[node.srcs[0].srcs[0]] = wish.tile
        elif node.op is _KERNEL:
            first = next(filter(None, map(wish_of, node.srcs)), None)
            if first is not None:
                found[node] = first.tile
    return {k: tile for k, tile in found.items() if base_of(k) is None}

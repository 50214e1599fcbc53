"""Basic indexing: integers, slices, ``...`` and ``None``."""

from __future__ import annotations

from operator import index
from typing import Any

from lazydag.array.nodes.move import reshape, slice_
from lazydag.errors import AxisError
from lazydag.ir.node import Node
from lazydag.ir.positions import out_of_bounds
from lazydag.ir.source import caller_location


def subscript(node: Node, key: Any) -> Node:
    """Return ``node[key]``.

    Raises
    ------
    AxisError
        If an index is outside of its axis, or none, or there are too many of them.
    """
    keys = _expand(node, key if isinstance(key, tuple) else (key,))
    starts, counts, steps, kept = [], [], [], []
    axis = 0
    for item in keys:
        if item is None:
            kept.append(1)
            continue
        start, count, step = _along(node, axis, item)
        starts.append(start)
        counts.append(count)
        steps.append(step)
        if isinstance(item, slice):
            kept.append(count)
        axis += 1
    taken = slice_(node, tuple(starts), tuple(counts), tuple(steps))
    return taken if kept == counts else reshape(taken, tuple(kept))


def _expand(node: Node, key: tuple[Any, ...]) -> list[Any]:
    """Return one item an axis, and None for each new one."""
    used = [item for item in key if item is not None and item is not Ellipsis]
    ndim = len(node.type.shape)
    if len(used) > ndim:
        raise AxisError(
            f"too many indices for array: array is {ndim}-dimensional, "
            f"but {len(used)} were indexed",
            caller_location(),
        )
    fill = [slice(None)] * (ndim - len(used))
    dots = [i for i, item in enumerate(key) if item is Ellipsis]
    if len(dots) > 1:
        raise AxisError(
            "an index can only have a single ellipsis ('...')", caller_location()
        )
    at = dots[0] if dots else len(key)
    return [*key[:at], *fill, *key[at + 1 :]]


def _along(node: Node, axis: int, item: Any) -> tuple[int, int, int]:
    """Return start, count and step of one axis."""
    extent = node.type.shape[axis]
    if isinstance(item, slice):
        positions = range(*item.indices(extent))
        return (positions.start if positions else 0), len(positions), positions.step
    position = _as_position(item)
    if not -extent <= position < extent:
        raise AxisError(
            out_of_bounds(position, axis, extent),
            caller_location(),
            f"It goes from {-extent} to {extent - 1}." if extent else "It is empty.",
        )
    return position % extent, 1, 1


def _as_position(item: Any) -> int:
    try:
        return index(item)
    except TypeError:
        raise AxisError(
            "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and "
            "integer or boolean arrays are valid indices",
            caller_location(),
        ) from None

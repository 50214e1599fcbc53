"""Paths from an array to a view of it: what is read, and what a write does.

A path is a tuple of steps: a basic index with a transpose, a new shape, or a stretch.
`follow` gives the view's node for a base, `lead_back` the base's node after a write.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lazydag.array.nodes.broadcast import stretch
from lazydag.array.nodes.move import reshape, slice_, transpose
from lazydag.ir.attrs import (
    GatherAttrs,
    ScatterAttrs,
    ShapeAttrs,
    SliceAttrs,
    TransposeAttrs,
)
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Ints = tuple[int, ...]

_WRITE, _GATHER, _SCATTER = OPS["write"], OPS["gather"], OPS["scatter"]


@dataclass(frozen=True, slots=True)
class Part:
    """A basic index, and the order of the axes that it leaves.

    Parameters
    ----------
    region : SliceAttrs
        One slice for each axis of the source.
    axes : tuple of int or None
        Which axis of the source each axis of the view is; None for a new one. Axes of
        the source that are missing have one element.
    """

    region: SliceAttrs
    axes: tuple[int | None, ...]

    @property
    def is_slice(self) -> bool:
        """Whether the axes are those of the source, in their order."""
        return self.axes == tuple(range(len(self.region.counts)))


@dataclass(frozen=True, slots=True)
class Shaped:
    """The same elements in another shape."""

    shape: Ints


@dataclass(frozen=True, slots=True)
class Stretched:
    """Axes of one element stretched, and new ones: nothing can be written there."""

    shape: Ints


@dataclass(frozen=True, slots=True)
class Picked:
    """Single positions along some axes, each a number that is computed later."""

    attrs: GatherAttrs
    positions: tuple[Node, ...]


Step: TypeAlias = Part | Shaped | Stretched | Picked
Path: TypeAlias = tuple[Step, ...]


def extended(path: Path, views: Iterable[Node]) -> Path:
    """Return the path that goes on with `views`, none of which copies.

    Parameters
    ----------
    path : Path
        The path so far.
    views : iterable of Node
        Movement ops, one after the other.
    """
    for view in views:
        path = _with_view(path, view)
    return path


def follow(path: Path, node: Node) -> Node:
    """Return the view of `node` that the path leads to."""
    for step in path:
        node = _seen(step, node)
    return node


def lead_back(path: Path, node: Node, value: Node) -> Node:
    """Return `node` after `value` was written to where the path leads."""
    sources = [node] if path else []
    for step in path[:-1]:
        sources.append(_seen(step, sources[-1]))
    for step, source in zip(reversed(path), reversed(sources), strict=True):
        if isinstance(step, Part):
            value = _written(step, source, value)
        elif isinstance(step, Picked):
            value = _put(step, source, value)
        else:
            value = reshape(value, source.type.shape)
    return value


def adds_units(view: Node) -> bool:
    """Tell whether a reshape only adds and drops axes of one element."""
    old, new = view.srcs[0].type.shape, view.type.shape
    return [n for n in old if n != 1] == [n for n in new if n != 1]


def can_reshape(path: Path, shape: Ints, view: Node) -> bool:
    """Tell whether NumPy would reshape without a copy.

    Parameters
    ----------
    path : Path
        The path to what is reshaped.
    shape : tuple of int
        Shape of the array that it begins at, whose elements lie in C order.
    view : Node
        The reshape.
    """
    if not path or not view.type.size:
        return True
    try:
        np.reshape(_laid_out(path, shape), view.type.shape, copy=False)
    except ValueError:
        return False
    return True


def is_contiguous(path: Path, shape: Ints) -> bool:
    """Tell whether the view of an array in C order lies in C order without gaps."""
    return not path or _laid_out(path, shape).flags.c_contiguous


def is_fixed(path: Path) -> bool:
    """Tell whether the path does not depend on numbers that are computed later."""
    return not any(isinstance(step, Picked) for step in path)


def _laid_out(path: Path, shape: Ints) -> NDArray:
    """Return an array that lies as the view does, but for its start; no memory."""
    strides = tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))
    return look(path, as_strided(np.empty(1, np.int8), shape, strides))


def is_writable(path: Path) -> bool:
    """Tell whether each element of the view has a place of its own."""
    return not any(isinstance(step, Stretched) for step in path)


def _with_view(path: Path, view: Node) -> Path:
    attrs = view.attrs
    if isinstance(attrs, GatherAttrs):
        return (*path, Picked(attrs, view.srcs[1:]))
    if isinstance(attrs, ShapeAttrs):
        if view.op.name == "broadcast":
            return (*path, Stretched(attrs.shape))
        return _reshaped(path, view)
    *before, last = _with_part(path, view.srcs[0].type.shape)
    assert isinstance(last, Part)
    if isinstance(attrs, TransposeAttrs):
        axes = tuple(last.axes[a] for a in attrs.axes)
        return (*before, replace(last, axes=axes))
    assert isinstance(attrs, SliceAttrs)
    part = _sliced(last, attrs)
    if part is None:
        return (*path, Part(attrs, tuple(range(len(attrs.counts)))))
    return (*before, part)


def _with_part(path: Path, shape: Ints) -> Path:
    """Return the path with a part at its end, all of the array if there is none."""
    if path and isinstance(path[-1], Part):
        return path
    ndim = len(shape)
    whole = SliceAttrs((0,) * ndim, shape, (1,) * ndim)
    return (*path, Part(whole, tuple(range(ndim))))


def _sliced(part: Part, attrs: SliceAttrs) -> Part | None:
    """Return the slice of a part as one part; None for no element of a new axis."""
    region = part.region
    starts, counts = list(region.starts), list(region.counts)
    steps = list(region.steps)
    each = zip(part.axes, attrs.starts, attrs.counts, attrs.steps, strict=True)
    for axis, start, count, step in each:
        if axis is not None:
            starts[axis] += start * steps[axis]
            counts[axis] = count
            steps[axis] *= step
        elif count != 1:
            return None
    return replace(part, region=SliceAttrs(tuple(starts), tuple(counts), tuple(steps)))


def _reshaped(path: Path, view: Node) -> Path:
    old, new = view.srcs[0].type.shape, view.type.shape
    if adds_units(view):
        *before, part = _with_part(path, old)
        assert isinstance(part, Part)
        long = iter([a for a, n in zip(part.axes, old, strict=True) if n != 1])
        axes = tuple(None if n == 1 else next(long) for n in new)
        return (*before, replace(part, axes=axes))
    return (*path, Shaped(new))


def look(path: Path, array: NDArray) -> NDArray:
    """Return the view of a NumPy array, in C order, that the path leads to.

    Numbers that are computed later count as 0: they only move where the view begins.
    """
    for step in path:
        if isinstance(step, Shaped):
            array = array.reshape(step.shape)
        elif isinstance(step, Stretched):
            array = np.broadcast_to(array, step.shape)
        elif isinstance(step, Picked):
            axes = step.attrs.axes
            first = (0 if i in axes else slice(None) for i in range(array.ndim))
            array = array[(*first, ...)]
        else:
            array = array[_key(step.region)]
            kept, order = _order(step)
            array = array.reshape([array.shape[a] for a in kept]).transpose(order)
            added = [None if a is None else slice(None) for a in step.axes]
            array = array[(*added, ...)]
    return array


def _key(region: SliceAttrs) -> tuple[Any, ...]:
    """Return the index of a region; the ellipsis keeps it an array."""
    bounds = zip(region.starts, region.counts, region.steps, strict=True)
    return (*(_slice(start, n, step) for start, n, step in bounds), ...)


def _slice(start: int, count: int, step: int) -> slice:
    if not count:
        return slice(0)
    stop = start + count * step
    return slice(start, stop if stop >= 0 else None, step)


def _order(part: Part) -> tuple[list[int], Ints]:
    """Return the axes of the source that are left, and which of them comes when."""
    axes = [axis for axis in part.axes if axis is not None]
    kept = sorted(axes)
    return kept, tuple(kept.index(axis) for axis in axes)


def _seen(step: Step, node: Node) -> Node:
    """Return the view of a node that is one step on."""
    if isinstance(step, Shaped):
        return reshape(node, step.shape)
    if isinstance(step, Stretched):
        return stretch(node, step.shape, caller_location())
    if isinstance(step, Picked):
        line = caller_location()
        return make(_GATHER, node, *step.positions, attrs=step.attrs, source=line)
    region = step.region
    node = slice_(node, region.starts, region.counts, region.steps)
    if step.is_slice:
        return node
    kept, order = _order(step)
    node = transpose(reshape(node, tuple(region.counts[a] for a in kept)), order)
    return reshape(node, _shape(step))


def _shape(part: Part) -> Ints:
    counts = part.region.counts
    return tuple(1 if axis is None else counts[axis] for axis in part.axes)


def _written(part: Part, source: Node, value: Node) -> Node:
    """Return `source` after `value` was written to a part of it."""
    region, shape = part.region, source.type.shape
    if 0 in region.counts:
        return source
    if not part.is_slice:
        kept, order = _order(part)
        value = reshape(value, tuple(value.type.shape[i] for i in _old_axes(part)))
        value = transpose(value, tuple(order.index(i) for i in range(len(kept))))
        value = reshape(value, region.counts)
    if region.counts == shape and all(step == 1 for step in region.steps):
        return value
    return make(_WRITE, source, value, attrs=region, source=caller_location())


def _put(step: Picked, source: Node, value: Node) -> Node:
    """Return `source` after `value` was written to single positions."""
    shape = source.type.shape
    whole = SliceAttrs((0,) * len(shape), shape, (1,) * len(shape))
    attrs = ScatterAttrs(whole, step.attrs.axes, step.attrs.at)
    line = caller_location()
    return make(_SCATTER, source, value, *step.positions, attrs=attrs, source=line)


def _old_axes(part: Part) -> list[int]:
    return [i for i, axis in enumerate(part.axes) if axis is not None]

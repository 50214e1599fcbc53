"""What an index with arrays of positions selects, by NumPy's rules.

In: a shape, and a key with nodes in place of arrays. Out: a basic slice, the axes with
positions in it, and the shape of what they reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np

from lazydag.array.leaves import held_by
from lazydag.array.nodes.broadcast import stretch
from lazydag.array.nodes.paths import Part
from lazydag.errors import BoundsError
from lazydag.ir.attrs import SliceAttrs
from lazydag.ir.node import Node
from lazydag.ir.positions import out_of_bounds
from lazydag.ir.source import caller_location

Ints = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Flag:
    """A truth value among the indices: an axis of one element, or of none."""

    positions: Node


#: None, ``...``, a slice, a number, a node of integers or a truth value.
Item: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Selection:
    """Elements of an array.

    Parameters
    ----------
    source : tuple of int
        The array's shape, with an axis for each truth value.
    region : SliceAttrs
        A slice of each of these axes; of one element where the index is a number.
    axes : tuple of int
        The axes with positions.
    at : int
        How many of the other axes come before those of the positions.
    positions : tuple of Node
        For each such axis, all of one shape.
    shape : tuple of int
        The shape of the result: without the axes of numbers, with new ones.
    """

    source: Ints
    region: SliceAttrs
    axes: Ints
    at: int
    positions: tuple[Node, ...]
    shape: Ints

    @property
    def reached(self) -> Ints:
        """The shape of the result while axes of numbers are kept, without new ones."""
        counts = self.region.counts
        rest = [n for axis, n in enumerate(counts) if axis not in self.axes]
        around: Ints = self.positions[0].type.shape
        return (*rest[: self.at], *around, *rest[self.at :])

    def through(self, part: Part) -> Selection:
        """Return what of an array is selected, if this is of a slice of it.

        Parameters
        ----------
        part : Part
            The slice; its axes come in the array's order, and none is new.
        """
        outer, own = part.region, self.region
        starts, counts, steps = (
            list(outer.starts),
            list(outer.counts),
            list(outer.steps),
        )
        places: list[int] = [axis for axis in part.axes if axis is not None]
        for i, axis in enumerate(places):
            starts[axis] += own.starts[i] * steps[axis]
            counts[axis] = own.counts[i]
            steps[axis] *= own.steps[i]
        axes = tuple(places[i] for i in self.axes)
        rest = [axis for axis in range(len(counts)) if axis not in axes]
        behind = [p for i, p in enumerate(places) if i not in self.axes][self.at :]
        at = rest.index(behind[0]) if behind else len(rest)
        region = SliceAttrs(tuple(starts), tuple(counts), tuple(steps))
        return replace(self, region=region, axes=axes, at=at)

    @property
    def is_view(self) -> bool:
        """Whether NumPy's result would be a view: all positions are single numbers."""
        return not self.positions[0].type.shape


def select(shape: Ints, key: Sequence[Item]) -> Selection:
    """Return what a key selects of an array of this shape.

    Parameters
    ----------
    key : sequence
        None, ``...``, slices, numbers, nodes of integers and truth values; at least one
        of the last two.

    Raises
    ------
    BoundsError
        If there are too many indices, or one is outside of its axis.
    """
    reader = _Reader(shape)
    for item in expanded(shape, key):
        reader.read(item)
    return reader.selection()


def expanded(shape: Ints, key: Sequence[Item]) -> list[Item]:
    """Return one item for each axis, and others; ``...`` stays before its axes.

    Raises
    ------
    BoundsError
        If there are more indices than axes, or several ``...``.
    """
    free = [i for i in key if i is None or i is Ellipsis or isinstance(i, Flag)]
    used = len(key) - len(free)
    if used > len(shape):
        raise _error(
            f"too many indices for array: array is {len(shape)}-dimensional, "
            f"but {used} were indexed"
        )
    dots = [i for i, item in enumerate(key) if item is Ellipsis]
    if len(dots) > 1:
        raise _error("an index can only have a single ellipsis ('...')")
    at = dots[0] if dots else len(key)
    fill = [slice(None)] * (len(shape) - used)
    return [*key[: at + 1], *fill, *key[at + 1 :]]


@dataclass(slots=True)
class _Reader:
    """Goes through the items of a key, one axis after the other."""

    shape: Ints
    axis: int = 0
    source: list[int] = field(default_factory=list)
    slices: list[tuple[int, int, int]] = field(default_factory=list)
    axes: list[int] = field(default_factory=list)
    positions: list[Node] = field(default_factory=list)
    # of each item: whether it belongs to the positions, and the axes of the result
    advanced: list[bool] = field(default_factory=list)
    kept: list[Ints] = field(default_factory=list)
    # how many other axes come before each item
    before: list[int] = field(default_factory=list)

    def read(self, item: Item) -> None:
        """Take one item."""
        self.before.append(len(self.source) - len(self.axes))
        kept: Ints = ()
        if item is None:
            kept = (1,)
        elif isinstance(item, Flag):
            self._take(1, (0, 1, 1))
            self._place(item.positions, 1)
        elif item is not Ellipsis:
            extent = self.shape[self.axis]
            self.axis += 1
            kept = self._read_axis(item, extent)
        is_basic = item is None or item is Ellipsis or isinstance(item, slice)
        self.advanced.append(not is_basic)
        self.kept.append(kept)

    def _read_axis(self, item: Item, extent: int) -> Ints:
        if isinstance(item, slice):
            found = range(*item.indices(extent))
            self._take(extent, (found.start if found else 0, len(found), found.step))
            return (len(found),)
        if isinstance(item, Node):
            self._take(extent, (0, extent, 1))
            self._place(item, extent)
        else:
            if not -extent <= item < extent:
                raise _error(out_of_bounds(item, self.axis - 1, extent))
            self._take(extent, (item % extent, 1, 1))
        return ()

    def _take(self, extent: int, part: tuple[int, int, int]) -> None:
        self.source.append(extent)
        self.slices.append(part)

    def _place(self, positions: Node, extent: int) -> None:
        axis = len(self.source) - 1
        check_known(positions, axis, extent)
        self.axes.append(axis)
        self.positions.append(positions)

    def selection(self) -> Selection:
        """Return the selection, once all items were read."""
        around = _common([p.type.shape for p in self.positions])
        line = caller_location()
        positions = tuple(stretch(p, around, line) for p in self.positions)
        places = [i for i, is_advanced in enumerate(self.advanced) if is_advanced]
        first = places[0]
        if places[-1] - first >= len(places):  # apart from each other: they come first
            first, at = 0, 0
        else:
            at = self.before[first]
        front = [n for kept in self.kept[:first] for n in kept]
        back = [n for kept in self.kept[first:] for n in kept]
        starts, counts, steps = zip(*self.slices, strict=True)
        return Selection(
            tuple(self.source),
            SliceAttrs(starts, counts, steps),
            tuple(self.axes),
            at,
            positions,
            (*front, *around, *back),
        )


def check_known(positions: Node, axis: int, extent: int) -> None:
    """Refuse positions outside of an axis, if they are known already.

    Raises
    ------
    BoundsError
        If there is one.
    """
    if all(-extent <= end < extent for end in _ends(positions, again=False)):
        return
    for end in _ends(positions, again=True):
        if not -extent <= end < extent:
            raise _error(out_of_bounds(end, axis, extent))


# Programs index by the same positions again and again. What NumPy's arrays hold may
# have changed since: kernels look at each position in any case.
_known_ends: WeakKeyDictionary[Node, tuple[Any, ...]] = WeakKeyDictionary()


def _ends(positions: Node, *, again: bool) -> tuple[Any, ...]:
    """Return the least and the greatest position, if they are known."""
    found = None if again else _known_ends.get(positions)
    if found is None:
        known = held_by(positions)
        if known is None or not known.size:
            return ()
        found = _known_ends[positions] = known.min(), known.max()
    return found


def _common(shapes: Sequence[Ints]) -> Ints:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        told = " ".join(map(told_shape, shapes))
        raise _error(
            "shape mismatch: indexing arrays could not be broadcast together "
            f"with shapes {told} "
        ) from None


def told_shape(shape: Ints) -> str:
    """Return a shape as NumPy writes it."""
    return f"({','.join(map(str, shape))}{',' * (len(shape) == 1)})"


def size_of(selection: Selection) -> int:
    """Return the number of elements."""
    return prod(selection.shape)


def _error(what: str) -> BoundsError:
    return BoundsError(what, caller_location())

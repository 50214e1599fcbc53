"""Reductions: from views to a form and argument blocks.

The iteration space falls into kept axes in front, reduced axes, and kept axes behind.
The reduced ones count as one range of elements, cut at whole blocks of the reduction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blocks import BlockLayout, GridAxis, Place, fill_blocks
from lazydag.backends.cpu.map_tasks import Plan
from lazydag.backends.cpu.program import Form
from lazydag.backends.cpu.row_state import CONTIGUOUS
from lazydag.backends.cpu.space import (
    Dimension,
    Strides,
    dimensions,
    merged,
    stride_class,
    strides_of,
)
from lazydag.errors import UnsupportedError
from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.ir.reduction import COLUMN_BLOCK, ROW_BLOCK, is_row_reduction
from lazydag.runtime import View

PACKED = "P"
"""Class of an operand of a row whose reduced axes do not merge."""


@dataclass(frozen=True, slots=True)
class Spaces:
    """The three parts of an iteration space, merged each for itself.

    Attributes
    ----------
    loops
        Kept dimensions, but for the inner one of a column reduction.
    reduced
        Reduced dimensions; at least one.
    inner
        The dimension along which a column reduction has its vectors.
    """

    loops: list[Dimension]
    reduced: list[Dimension]
    inner: list[Dimension]


def plan_reduction(
    structure: int,
    results: Sequence[Node],
    inputs: Sequence[View],
    outputs: Sequence[View],
    tile: Sequence[int],
    *,
    streams: bool,
) -> Plan:
    """Choose loops and stride classes for a kernel that reduces: some results do."""
    found = reduced_space(results, inputs, outputs, tile)
    spaces, views = found.spaces, (*inputs, *outputs)
    count, part = found.count, found.part
    is_partial = [False] * len(inputs) + [o.op.kind is Kind.REDUCTION for o in results]
    kinds = "".join(
        [
            _class(spaces, k, view.dtype.itemsize, is_partial[k], found.is_row)
            for k, view in enumerate(views)
        ]
    )
    form = Form(
        structure,
        "row" if found.is_row else "column",
        len(spaces.loops),
        len(spaces.reduced),
        kinds[: len(inputs)],
        kinds[len(inputs) :],
        streams,
    )
    return Plan(form, _blocks(spaces, views, count, part, found.partial, found.size))


@dataclass(frozen=True, slots=True)
class ReducedSpace:
    """What is reduced: its dimensions, and where partial results go.

    Attributes
    ----------
    is_row
        Whether it is reduced along rows.
    count
        Reduced elements of each result.
    part
        Those in a tile: whole blocks, but for the last.
    size
        Elements of a block.
    partial
        For each operand the bytes from one partial result to the next; 0 if it is none.
    """

    spaces: Spaces
    is_row: bool
    count: int
    part: int
    size: int
    partial: list[int]


def reduced_space(
    results: Sequence[Node],
    inputs: Sequence[View],
    outputs: Sequence[View],
    tile: Sequence[int],
) -> ReducedSpace:
    """Return the space of a kernel that reduces: some results do."""
    node = next(o for o in results if o.op.kind is Kind.REDUCTION)
    attrs = node.attrs
    assert isinstance(attrs, ReduceAttrs)
    shape, axes = node.srcs[0].type.sizes, attrs.axes
    if axes != tuple(range(axes[0], axes[-1] + 1)):
        raise UnsupportedError(f"reduction over scattered axes {axes}", node.source)
    is_row = is_row_reduction(shape, axes)
    size = ROW_BLOCK if is_row else COLUMN_BLOCK
    views = (*inputs, *outputs)
    is_partial = [False] * len(inputs) + [o.op.kind is Kind.REDUCTION for o in results]
    strides = [
        _spread(strides_of(v), axes, attrs.block) if p else strides_of(v)
        for v, p in zip(views, is_partial, strict=True)
    ]
    count = prod(shape[a] for a in axes)
    part = min(tile[axes[0]], count) if tile else count
    part = min(-(-part // size) * size, count) if attrs.block else count
    partial = [
        strides_of(v)[axes[0]] if p and attrs.block else 0
        for v, p in zip(views, is_partial, strict=True)
    ]
    spaces = _spaces(shape, axes, tile, strides, is_row=is_row)
    return ReducedSpace(spaces, is_row, count, part, size, partial)


def _spread(strides: Strides, axes: tuple[int, ...], block: int) -> Strides:
    """Return a reduction output's strides along the axes of what is reduced."""
    front, back = strides[: axes[0]], strides[axes[0] + (block > 0) :]
    return (*front, *[0] * len(axes), *back)


def _spaces(
    shape: Sequence[int],
    axes: tuple[int, ...],
    tile: Sequence[int],
    strides: Sequence[Strides],
    *,
    is_row: bool,
) -> Spaces:
    # The tile counts the reduced axes as one.
    first, last = axes[0], axes[-1] + 1
    sizes = (*tile[:first], *shape[first:last], *tile[first + 1 :]) if tile else ()

    def part(start: int, stop: int) -> list[Dimension]:
        cut = slice(start, stop)
        return merged(dimensions(shape[cut], sizes[cut], [s[cut] for s in strides]))

    front, back = part(0, first), part(last, len(shape))
    one = Dimension(1, 1, tuple([0] * len(strides)))
    reduced = part(first, last) or [one]
    if is_row:
        return Spaces(front + back, reduced, [])
    return Spaces(front + back[:-1], reduced, back[-1:])


def _is_flat(reduced: Sequence[Dimension], operand: int) -> bool:
    """Whether the reduced dimensions are one run for an operand."""
    return all(
        outer.strides[operand] == inner.extent * inner.strides[operand]
        for outer, inner in pairwise(reduced)
    )


def _class(
    spaces: Spaces, operand: int, itemsize: int, is_partial: bool, is_row: bool
) -> str:
    if is_row and is_partial:
        return CONTIGUOUS
    is_flat = is_partial or _is_flat(spaces.reduced, operand)
    if is_row:
        stride = spaces.reduced[-1].strides[operand]
        if spaces.reduced[-1].extent == 1:
            return CONTIGUOUS
        return stride_class(stride, itemsize) if is_flat else PACKED
    found = stride_class(spaces.inner[0].strides[operand], itemsize)
    return found if is_flat else found.upper()


def _blocks(
    spaces: Spaces,
    views: Sequence[View],
    count: int,
    part: int,
    partial: Sequence[int],
    size: int,
) -> NDArray[np.int64]:
    dims = [*spaces.loops, *spaces.reduced, *spaces.inner]
    layout = BlockLayout(len(dims), is_reduction=True)
    last = len(spaces.loops) + len(spaces.reduced) - 1
    places, steps = [], []
    for k, view in enumerate(views):
        strides = [dim.strides[k] for dim in dims]
        flat = _is_flat(spaces.reduced, k)
        step = part * strides[last] if flat else 0
        if partial[k]:
            strides[last], step = partial[k], part // size * partial[k]
        places.append(Place(view.slot, view.offset, tuple(strides)))
        steps.append(step)
    kept = [
        GridAxis(d.extent, d.tile, word, tuple([d.tile * s for s in d.strides]))
        for word, d in enumerate(dims)
        if not len(spaces.loops) <= word <= last
    ]
    reduced = GridAxis(count, part, layout.count, tuple(steps), layout.first)
    kept.insert(len(spaces.loops), reduced)
    head = [*(dim.tile for dim in dims), 0, part]
    return fill_blocks(head, places, layout, kept)

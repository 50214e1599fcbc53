"""From views to the form of a map: how its operands lie decides which kernel it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Final

from lazydag.backends.cpu.space import (
    Dimension,
    dimensions,
    merged,
    normalised,
    strides_of,
)
from lazydag.backends.cuda.crossed_kernel import (
    CROSSED,
    PITCH,
    PLAIN,
    SIDE,
    crossed_layout,
)
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import MAX_SHARED_NBYTES
from lazydag.backends.cuda.grid_plan import GridPlan, extents_of, is_narrow
from lazydag.backends.cuda.line_kernel import (
    MOVED_NBYTES,
    NEIGHBOURS,
    PAIRS,
    SAME,
    SECOND,
    line_layout,
    run_of,
    width_of,
)
from lazydag.backends.cuda.map_kernel import RUN, map_layout
from lazydag.runtime import View

SECTOR_NBYTES: Final = 32
"""What a GPU fetches from memory at least."""
LEAST_CROSSED: Final = SIDE // 2
"""Elements along both axes from which a square is worth it."""


def plan_map(
    structure: int, size: int, inputs: Sequence[View], outputs: Sequence[View]
) -> GridPlan:
    """Choose the form and the words of a map.

    Parameters
    ----------
    structure
        Number of the body's structure.
    size
        Number of its operations.
    inputs, outputs
        Views of real numbers.
    """
    views = (*inputs, *outputs)
    shifts = [0] * len(views)
    found = dimensions(outputs[0].shape, (), [strides_of(view) for view in views])
    dims = merged(normalised(found, len(inputs), shifts))
    total = prod(dim.extent for dim in dims)
    form = GridForm(structure, "map", len(dims), 0, is_narrow(total, dims))
    if line := _line_form(form, size, dims, views):
        plan = _line(line, dims, views)
    elif (axis := _crossed_axis(dims, inputs)) is not None:
        plan = _crossed(form, dims, axis, views, len(inputs))
    else:
        plan = _plain(form, dims, views)
    plan.template[list(plan.places)] = shifts
    return plan


# ------------------------------------------------------------ rows without gaps


def _line_form(
    form: GridForm, size: int, dims: Sequence[Dimension], views: tuple[View, ...]
) -> GridForm | None:
    """Return the form of rows without gaps; None if there are others."""
    if not dims:
        return None
    lying = _lying(dims[-1].strides, views)
    nbytes = [max(stride, 1) for stride in dims[-1].strides]
    if "?" in lying or max(nbytes) > MOVED_NBYTES:
        return None
    width = width_of(nbytes, size)
    is_cut = len(dims) > 1 and dims[-1].extent % width
    return None if is_cut else replace(form, kind="line", lying=lying, width=width)


def _lying(strides: Sequence[int], views: Sequence[View]) -> str:
    """Return how each operand lies along the last dimension, ``?`` for any other."""
    found = ""
    for k, (stride, view) in enumerate(zip(strides, views, strict=True)):
        size = view.dtype.itemsize
        if found.endswith(PAIRS):
            found += SECOND
        elif stride in {0, size}:
            can_be = stride or not view.mode.writes
            found += (NEIGHBOURS if stride else SAME) if can_be else "?"
        else:
            is_pair = stride == 2 * size and _is_pair(views[k : k + 2])
            found += PAIRS if is_pair else "?"
    return found


def _is_pair(views: Sequence[View]) -> bool:
    """Tell whether views are those of both parts of complex numbers."""
    first, second = views[0], views[-1]
    moved = replace(first, offset=first.offset + first.dtype.itemsize)
    return len(views) > 1 and moved == second


def _line(
    form: GridForm, dims: Sequence[Dimension], views: tuple[View, ...]
) -> GridPlan:
    total = prod(dim.extent for dim in dims)
    layout = line_layout(form, len(views))
    items = -(-total // run_of(form.width))
    words = layout.fill([items, total], *extents_of(dims, len(views)))
    places = tuple(layout.address(k) for k in range(len(views)))
    return GridPlan(form, words, places, items, views)


# ------------------------------------------------------------ other fast axes


def _crossed_axis(dims: Sequence[Dimension], inputs: Sequence[View]) -> int | None:
    """Return the fast dimension of the inputs that have another than the outputs."""
    votes: Counter[int] = Counter()
    for k, view in enumerate(inputs):
        axis = _fast_axis(dims, k)
        if axis is not None:
            votes[axis] += view.dtype.itemsize
    return votes.most_common(1)[0][0] if votes else None


def _fast_axis(dims: Sequence[Dimension], operand: int) -> int | None:
    """Return the dimension along which an operand has neighbours, if not the last."""
    steps = [abs(dim.strides[operand]) for dim in dims]
    near = min((step, -axis) for axis, step in enumerate([*steps, 1 << 62]) if step)
    axis = -near[1]
    is_other = axis < len(dims) - 1 and near[0] < SECTOR_NBYTES <= steps[-1]
    is_large = is_other and min(dims[axis].extent, dims[-1].extent) >= LEAST_CROSSED
    return axis if is_large else None


def _crossed(
    form: GridForm,
    dims: Sequence[Dimension],
    axis: int,
    views: tuple[View, ...],
    inputs: int,
) -> GridPlan:
    lying = _read(dims, axis, views[:inputs])
    form = replace(form, kind="crossed", lying=lying)
    moved = [*dims[:axis], *dims[axis + 1 : -1], dims[axis], dims[-1]]
    high, wide = (-(-dim.extent // SIDE) for dim in moved[-2:])
    items = prod(dim.extent for dim in moved[:-2]) * high * wide
    layout = crossed_layout(form, len(views))
    words = layout.fill([items, high, wide], *extents_of(moved, len(views)))
    places = tuple(layout.address(k) for k in range(len(views)))
    return GridPlan(form, words, places, items, views)


def _read(dims: Sequence[Dimension], axis: int, inputs: Sequence[View]) -> str:
    """Return which inputs go through shared memory: as many as there is room for."""
    left, found = MAX_SHARED_NBYTES, ""
    for k, view in enumerate(inputs):
        nbytes = SIDE * PITCH * view.dtype.itemsize
        is_crossed = _fast_axis(dims, k) == axis and nbytes <= left
        left -= nbytes * is_crossed
        found += CROSSED if is_crossed else PLAIN
    return found


# ------------------------------------------------------------ anything else


def _plain(
    form: GridForm, dims: Sequence[Dimension], views: tuple[View, ...]
) -> GridPlan:
    some = dims or [Dimension(1, 1, tuple([view.dtype.itemsize for view in views]))]
    form, total = replace(form, loops=len(some)), prod(dim.extent for dim in some)
    layout = map_layout(form, len(views))
    items = -(-total // RUN)
    words = layout.fill([items, total], *extents_of(some, len(views)))
    places = tuple(layout.address(k) for k in range(len(views)))
    return GridPlan(form, words, places, items, views)

"""From views to the form of a reduction: how long rows are, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Final

from lazydag.backends.cpu.reduction_tasks import ReducedSpace, reduced_space
from lazydag.backends.cpu.space import Dimension
from lazydag.backends.cuda.column_kernel import column_layout
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS
from lazydag.backends.cuda.grid_plan import GridPlan, extents_of, is_narrow
from lazydag.backends.cuda.lanes import lane_count
from lazydag.backends.cuda.line_kernel import SHORT
from lazydag.backends.cuda.map_plans import SECTOR_NBYTES
from lazydag.backends.cuda.row_values import AT_ONCE, CROSSED, row_layout
from lazydag.backends.scalar.lower import scalar_type
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.ir.reduction import ROW_BLOCK
from lazydag.runtime import View

LOADED_NBYTES: Final = 32
"""What a thread has on its way from memory, with which memory is busy."""
MOST_AT_ONCE: Final = 16
"""Elements at most that a thread loads before it computes the first."""
FEW: Final = 3
"""Results of one kernel that leave enough of shared memory for long rows."""
MANY: Final = 1 << 14
"""Blocks of elements from which there are enough for all of a GPU."""


def plan_reduction(
    structure: int,
    size: int,
    results: Sequence[Node],
    inputs: Sequence[View],
    outputs: Sequence[View],
) -> GridPlan:
    """Choose the form and the words of a reduction.

    Parameters
    ----------
    structure
        Number of the body's structure.
    size
        Number of its operations.
    results
        The outputs' nodes.
    inputs, outputs
        Views of real numbers.
    """
    found = reduced_space(results, inputs, outputs, ())
    loops, reduced = len(found.spaces.loops), len(found.spaces.reduced)
    form = GridForm(structure, "column", loops, reduced, _is_narrow(found))
    if found.is_row:
        lying = CROSSED if _is_crossed(found, inputs) else ""
        rows, width = _rows(found, size, results, inputs, is_crossed=bool(lying))
        form = replace(form, kind="row", rows=rows, width=width, lying=lying)
    return _plan(form, found, (*inputs, *outputs))


def _is_narrow(found: ReducedSpace) -> bool:
    """Tell whether 32 bits are enough for the elements that are computed."""
    spaces = found.spaces
    kept = (*spaces.loops, *spaces.inner)
    count = max(1, found.count) * prod(dim.extent for dim in kept)
    blocks = -(-found.count // found.size)
    steps = Dimension(max(1, blocks), 1, tuple(found.partial))
    return is_narrow(count, [*kept, *spaces.reduced, steps])


def _items(found: ReducedSpace) -> int:
    """Return the number of blocks of elements that are reduced each for itself."""
    blocks = max(1, -(-found.count // found.size))
    return blocks * prod(dim.extent for dim in found.spaces.loops)


def _is_crossed(found: ReducedSpace, inputs: Sequence[View]) -> bool:
    """Tell whether most of what is read has its neighbours in other rows."""
    kept, reduced = found.spaces.loops[-1:], found.spaces.reduced[-1:]
    if not (kept and reduced):
        return False
    votes = 0
    for k, view in enumerate(inputs):
        own, other = abs(reduced[0].strides[k]), abs(kept[0].strides[k])
        is_other = 0 < other < SECTOR_NBYTES <= own
        votes += view.dtype.itemsize if is_other else -view.dtype.itemsize
    return votes > 0


def _rows(
    found: ReducedSpace,
    size: int,
    results: Sequence[Node],
    inputs: Sequence[View],
    *,
    is_crossed: bool,
) -> tuple[int, int]:
    """Return how many rows are reduced side by side, and what a thread loads at once.

    Short rows share the threads. Of long ones there are several where threads have
    little on their way otherwise, or the neighbours of what they read are in others.
    """
    values = [n.srcs[0] for n in results if n.op.kind is Kind.REDUCTION]
    most = THREADS // max(lane_count(scalar_type(value)) for value in values)
    rows = 1
    while 2 * rows <= most and 0 < 2 * rows * found.count <= ROW_BLOCK:
        rows *= 2
    is_worth = is_crossed or _items(found) >= MANY
    if rows > 1 or size > SHORT or len(values) > FEW or not is_worth:
        return rows, AT_ONCE
    nbytes = max(1, sum(view.dtype.itemsize for view in inputs))
    wanted = MOST_AT_ONCE if is_crossed else min(MOST_AT_ONCE, LOADED_NBYTES // nbytes)
    while 2 * rows <= most and 2 * rows * AT_ONCE <= wanted:
        rows *= 2
    return rows, rows * AT_ONCE


def _plan(form: GridForm, found: ReducedSpace, views: tuple[View, ...]) -> GridPlan:
    operands, spaces = len(views), found.spaces
    blocks = max(1, -(-found.count // found.size))
    dims = [*spaces.loops, *spaces.reduced, *spaces.inner]
    extents, strides = extents_of(dims, operands)
    last = len(spaces.loops) + len(spaces.reduced) - 1
    for each, step in zip(strides, found.partial, strict=True):
        if step:
            each[last] = step
    items = _items(found)
    head = [-(-items // form.rows), blocks, found.count, items, items // blocks]
    layout = row_layout(form, operands)
    if form.kind == "column":
        total = items * spaces.inner[0].extent
        head = [-(-total // THREADS), blocks, found.count, total]
        layout = column_layout(form, operands)
    words = layout.fill(head, extents, strides)
    places = tuple(layout.address(k) for k in range(operands))
    return GridPlan(form, words, places, head[0], views)

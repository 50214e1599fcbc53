"""From views to the form of a kernel, and the words that it is launched with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod
from typing import Final

from lazydag.backends.cpu.program import Program, by_part, program_of, structure_of
from lazydag.backends.cpu.reduction_tasks import ReducedSpace, reduced_space
from lazydag.backends.cpu.space import Dimension, views_by_part
from lazydag.backends.cuda.column_kernel import column_layout, print_column
from lazydag.backends.cuda.crossed_kernel import print_crossed
from lazydag.backends.cuda.forms import GridForm, Kind
from lazydag.backends.cuda.grid import THREADS, GridKernel
from lazydag.backends.cuda.grid_plan import GridPlan, extents_of, is_narrow
from lazydag.backends.cuda.indexed_plans import is_indexed_grid
from lazydag.backends.cuda.lanes import lane_count
from lazydag.backends.cuda.line_kernel import print_line
from lazydag.backends.cuda.map_kernel import print_map
from lazydag.backends.cuda.map_plans import plan_map
from lazydag.backends.cuda.row_kernel import print_row, row_layout
from lazydag.backends.scalar.lower import scalar_type
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind as OpKind
from lazydag.ir.reduction import ROW_BLOCK
from lazydag.runtime import Mode, View

PRINTERS: Final[dict[Kind, Callable[[GridForm, Program], GridKernel]]] = {
    "map": print_map,
    "line": print_line,
    "crossed": print_crossed,
    "row": print_row,
    "column": print_column,
}


def is_grid(body: Graph) -> bool:
    """Tell whether a kernel of ours computes a body."""
    if is_indexed_grid(body):
        return True
    is_write = any(node.op.kind is OpKind.WRITE for node in body.outputs)
    return not is_write and not structure_of(body).needs_call


def plan_grid(body: Graph, inputs: Sequence[View], outputs: Sequence[View]) -> GridPlan:
    """Choose the form and the words of a kernel."""
    read = [replace(view, mode=Mode.IN) for view in views_by_part(inputs)]
    written = [replace(view, mode=Mode.OUT) for view in views_by_part(outputs)]
    structure, results = structure_of(body).number, by_part(body.outputs)
    if all(node.op.kind is not OpKind.REDUCTION for node in results):
        return plan_map(structure, len(body.nodes()), read, written)
    return _reduction(structure, results, read, written)


def print_grid(form: GridForm, body: Graph) -> GridKernel:
    """Return the kernel of a form that was chosen for a body."""
    return PRINTERS[form.kind](form, program_of(body))


def _reduction(
    structure: int,
    results: Sequence[Node],
    inputs: Sequence[View],
    outputs: Sequence[View],
) -> GridPlan:
    found = reduced_space(results, inputs, outputs, ())
    form = GridForm(
        structure,
        "row" if found.is_row else "column",
        len(found.spaces.loops),
        len(found.spaces.reduced),
        _is_narrow(found),
        rows=_rows(found, results),
    )
    return _blocked(form, found, (*inputs, *outputs))


def _is_narrow(found: ReducedSpace) -> bool:
    """Tell whether 32 bits are enough for the elements that are computed."""
    spaces = found.spaces
    kept = (*spaces.loops, *spaces.inner)
    count = max(1, found.count) * prod(dim.extent for dim in kept)
    blocks = -(-found.count // found.size)
    steps = Dimension(max(1, blocks), 1, tuple(found.partial))
    return is_narrow(count, [*kept, *spaces.reduced, steps])


def _rows(found: ReducedSpace, results: Sequence[Node]) -> int:
    """Return how many rows a block of threads reduces: as many as it has lanes for."""
    values = [n.srcs[0] for n in results if n.op.kind is OpKind.REDUCTION]
    most = max(lane_count(scalar_type(value)) for value in values)
    rows = 1
    while (
        found.is_row
        and 2 * rows * most <= THREADS
        and 0 < 2 * rows * found.count <= ROW_BLOCK
    ):
        rows *= 2
    return rows


def _blocked(form: GridForm, found: ReducedSpace, views: tuple[View, ...]) -> GridPlan:
    operands, spaces = len(views), found.spaces
    blocks = max(1, -(-found.count // found.size))
    dims = [*spaces.loops, *spaces.reduced, *spaces.inner]
    extents, strides = extents_of(dims, operands)
    last = len(spaces.loops) + len(spaces.reduced) - 1
    for each, step in zip(strides, found.partial, strict=True):
        if step:
            each[last] = step
    items = prod(dim.extent for dim in spaces.loops) * blocks
    head = [-(-items // form.rows), blocks, found.count, items]
    layout = row_layout(form, operands)
    if form.kind == "column":
        total = items * spaces.inner[0].extent
        head = [-(-total // THREADS), blocks, found.count, total]
        layout = column_layout(form, operands)
    words = layout.fill(head, extents, strides)
    places = tuple(layout.address(k) for k in range(operands))
    return GridPlan(form, words, places, head[0], views)

"""From views to the form of a kernel, and the words that it is launched with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.program import Program, by_part, program_of, structure_of
from lazydag.backends.cpu.reduction_tasks import ReducedSpace, reduced_space
from lazydag.backends.cpu.space import (
    Dimension,
    dimensions,
    merged,
    normalised,
    strides_of,
    views_by_part,
)
from lazydag.backends.cuda.column_kernel import column_layout, print_column
from lazydag.backends.cuda.forms import GridForm, Kind
from lazydag.backends.cuda.grid import THREADS, GridKernel
from lazydag.backends.cuda.map_kernel import RUN, map_layout, print_map
from lazydag.backends.cuda.row_kernel import print_row, row_layout
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind as OpKind
from lazydag.runtime import Mode, View

NARROW_SIZE: Final = 1 << 31
"""Elements from which their numbers need more than 32 bits."""

PRINTERS: Final[dict[Kind, Callable[[GridForm, Program], GridKernel]]] = {
    "map": print_map,
    "row": print_row,
    "column": print_column,
}


@dataclass(frozen=True, slots=True)
class GridPlan:
    """What a kernel is launched with, but for addresses.

    Parameters
    ----------
    form
        Which kernel.
    template
        The words, with offsets of operands in the place of addresses.
    places
        The word of each operand's address.
    items
        Pieces that blocks of threads take in turn.
    views
        The operands, with what is done to them; complex ones by their parts.
    """

    form: GridForm
    template: NDArray[np.int64]
    places: tuple[int, ...]
    items: int
    views: tuple[View, ...]

    def words(self, addresses: Sequence[int]) -> NDArray[np.int64]:
        """Return the words for operands whose first elements are at some addresses."""
        words = self.template.copy()
        words[list(self.places)] += np.array(addresses, np.int64)
        return words


def is_grid(body: Graph) -> bool:
    """Tell whether a kernel of ours computes a body."""
    is_write = any(node.op.kind is OpKind.WRITE for node in body.outputs)
    return not is_write and not structure_of(body).needs_call


def plan_grid(body: Graph, inputs: Sequence[View], outputs: Sequence[View]) -> GridPlan:
    """Choose the form and the words of a kernel."""
    read = [replace(view, mode=Mode.IN) for view in views_by_part(inputs)]
    written = [replace(view, mode=Mode.OUT) for view in views_by_part(outputs)]
    structure, results = structure_of(body).number, by_part(body.outputs)
    if all(node.op.kind is not OpKind.REDUCTION for node in results):
        return _map(structure, read, written)
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
        _size(found) < NARROW_SIZE,
    )
    return _blocked(form, found, (*inputs, *outputs))


def _map(structure: int, inputs: Sequence[View], outputs: Sequence[View]) -> GridPlan:
    views = (*inputs, *outputs)
    shifts = [0] * len(views)
    found = dimensions(outputs[0].shape, (), [strides_of(view) for view in views])
    dims = merged(normalised(found, len(inputs), shifts))
    if not dims:
        dims = [Dimension(1, 1, tuple([view.dtype.itemsize for view in views]))]
    total = prod(dim.extent for dim in dims)
    form = GridForm(structure, "map", len(dims), 0, total < NARROW_SIZE)
    layout = map_layout(form, len(views))
    items = -(-total // RUN)
    words = layout.fill([items, total], *_extents(dims, len(views)))
    places = tuple(layout.address(k) for k in range(len(views)))
    words[list(places)] = shifts
    return GridPlan(form, words, places, items, views)


def _size(found: ReducedSpace) -> int:
    """Return the number of elements that are computed."""
    dims = (*found.spaces.loops, *found.spaces.inner)
    return found.count * prod(dim.extent for dim in dims)


def _blocked(form: GridForm, found: ReducedSpace, views: tuple[View, ...]) -> GridPlan:
    operands, spaces = len(views), found.spaces
    blocks = max(1, -(-found.count // found.size))
    dims = [*spaces.loops, *spaces.reduced, *spaces.inner]
    extents, strides = _extents(dims, operands)
    last = len(spaces.loops) + len(spaces.reduced) - 1
    for each, step in zip(strides, found.partial, strict=True):
        if step:
            each[last] = step
    items = prod(dim.extent for dim in spaces.loops) * blocks
    head = [items, blocks, found.count]
    layout = row_layout(form, operands)
    if form.kind == "column":
        strips = -(-spaces.inner[0].extent // THREADS)
        head = [items * strips, blocks, found.count, strips]
        layout = column_layout(form, operands)
    words = layout.fill(head, extents, strides)
    places = tuple(layout.address(k) for k in range(operands))
    return GridPlan(form, words, places, head[0], views)


def _extents(
    dims: Sequence[Dimension], operands: int
) -> tuple[list[int], list[list[int]]]:
    """Return the extents, and for each operand its strides."""
    strides = [[dim.strides[k] for dim in dims] for k in range(operands)]
    return [dim.extent for dim in dims], strides

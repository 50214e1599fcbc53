"""From views to the form of a gather or a scatter, and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import prod
from typing import Any, Final

import numpy as np

from lazydag.backends.cpu.indexed import (
    IndexedOperands,
    IndexedWork,
    is_indexed,
    operands_of,
    unit_of,
    work_of,
)
from lazydag.backends.cpu.indexed_form import outside
from lazydag.backends.cpu.space import Dimension, dimensions, merged
from lazydag.backends.cuda import gather_kernel, scatter_kernel
from lazydag.backends.cuda.gather_kernel import print_gather
from lazydag.backends.cuda.grid import THREADS, GridKernel
from lazydag.backends.cuda.grid_plan import GridPlan, extents_of, is_narrow
from lazydag.backends.cuda.indexed_form import (
    CONSTANT_WORDS,
    FAILED,
    IndexedGrid,
    method_of,
)
from lazydag.backends.cuda.line_kernel import MOVED_NBYTES
from lazydag.backends.cuda.ordered_kernel import BATCH, print_ordered
from lazydag.backends.cuda.scatter_kernel import MAX_RANGE, print_scatter
from lazydag.errors import BoundsError
from lazydag.ir.attrs import ScatterAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.types import dtype_name
from lazydag.runtime import Mode, View

MOST_LOOKS: Final = 1 << 36
"""What takes a GPU some hundredths of a second."""
LEAST_WRITTEN: Final = 4096
"""Elements for which a block of threads looks through all positions, at least."""


def is_indexed_grid(body: Graph) -> bool:
    """Tell whether kernels of ours gather or scatter.

    Where there is nothing to be found, positions may yet be wrong: the host says so. It
    is the faster one, too, where each of many threads would look at many positions.
    """
    if not is_indexed(body):
        return False
    nodes = (*body.params, *body.outputs)
    return all(0 not in n.type.shape for n in nodes) and looks(body) <= MOST_LOOKS


def looks(body: Graph) -> int:
    """Return how often threads look at positions for others."""
    node = body.outputs[0]
    attrs = node.attrs
    if not isinstance(attrs, ScatterAttrs):
        return 0
    method = method_of(attrs.how, dtype_name(node.type.dtype))
    if method == "atomic":
        return 0
    count = int(prod(node.srcs[2].type.sizes))
    rest = int(prod(node.srcs[1].type.sizes)) // count
    places = int(prod(attrs.region.counts[axis] for axis in attrs.axes))
    return count * places * rest // (LEAST_WRITTEN if method == "last" else THREADS)


def print_indexed_grid(form: IndexedGrid) -> GridKernel:
    """Return the kernel of a gather or a scatter."""
    printers = {"gather": print_gather, "ordered": print_ordered}
    return printers.get(form.method, print_scatter)(form)


def plan_indexed_grid(
    body: Graph, inputs: Sequence[View], outputs: Sequence[View]
) -> GridPlan:
    """Choose the form and the words of a gather or a scatter.

    The inputs of a scatter hold, as its base, what lies at the output.
    """
    node, (out,) = body.outputs[0], outputs
    views = dict(zip(body.params, inputs, strict=True))
    work = work_of(node, views, out, ())
    operands, tail = operands_of(work, views | {node: out})
    loops, around = _dims(work, operands)
    size = max(prod(work.shape), prod(out.shape), prod(work.reached.shape))
    size += max(MAX_RANGE, BATCH)
    form = IndexedGrid(
        work.how,
        unit_of(work),
        tuple([dtype_name(p.type.dtype) for p in work.positions]),
        len(loops),
        len(around),
        tuple([view is None for view, _ in operands.places[:-1]]),
        is_narrow(size, [*loops, *around]),
        _width(work, loops if work.how == "gather" else around),
    )
    template, items = _words(form, (loops, around), operands, tail)
    return _plan(form, template, items, work, operands)


def _dims(
    work: IndexedWork, operands: IndexedOperands
) -> tuple[list[Dimension], list[Dimension]]:
    """Return dimensions of the positions, and those behind; of gathers all are one."""
    attrs: Any = work.node.attrs
    strides = [own or (0,) * len(work.shape) for _, own in operands.places]
    ndim = work.positions[0].type.ndim
    axes = range(attrs.at, attrs.at + ndim)
    if work.how == "gather":
        axes = range(len(work.shape))
    others = [axis for axis in range(len(work.shape)) if axis not in axes]
    return _merged(work, strides, axes), _merged(work, strides, others)


def _width(work: IndexedWork, dims: Sequence[Dimension]) -> int:
    """Return how many neighbours lie behind one place, that can be moved at once."""
    nbytes = int(work.node.type.dtype.itemsize)
    if work.how not in {"gather", "set"} or not dims:
        return 1
    *where, moved, reached = dims[-1].strides
    if any(where) or (moved, reached) != (nbytes, nbytes):
        return 1
    # The largest power of two that divides the extent.
    most = dims[-1].extent & -dims[-1].extent
    return max(1, min(most, MOVED_NBYTES // nbytes))


def _merged(
    work: IndexedWork, strides: Sequence[tuple[int, ...]], axes: Sequence[int]
) -> list[Dimension]:
    shape = [work.shape[axis] for axis in axes]
    own = [tuple([each[axis] for axis in axes]) for each in strides]
    return merged(dimensions(shape, (), own))


def _words(
    form: IndexedGrid,
    dims: tuple[Sequence[Dimension], Sequence[Dimension]],
    operands: IndexedOperands,
    tail: Sequence[int],
) -> tuple[np.ndarray[Any, np.dtype[np.int64]], int]:
    """Return the words without addresses, and the number of items."""
    count, rest = (prod(dim.extent for dim in each) for each in dims)
    places = prod(tail[::2])
    width = max(1, min(LEAST_WRITTEN // rest, MAX_RANGE, places))
    rounds = -(-count // BATCH)
    items = {
        "gather": -(-count // (form.width * gather_kernel.RUN)),
        "last": -(-places // width),
        "atomic": -(-count * rest // scatter_kernel.RUN),
        "ordered": -(-places * rest // THREADS) * rounds,
    }[form.method]
    head = [items, count, rest, places, width, rounds, 0, *tail, *_constants(operands)]
    layout = form.layout
    words = layout.fill(head, *extents_of([*dims[0], *dims[1]], layout.operands))
    return words, items


def _constants(operands: IndexedOperands) -> list[int]:
    size = 8 * CONSTANT_WORDS
    held = [each.ljust(size, b"\0") for each in operands.constants if each]
    return list(map(int, np.frombuffer(b"".join(held), np.int64)))


def _plan(
    form: IndexedGrid,
    template: np.ndarray[Any, np.dtype[np.int64]],
    items: int,
    work: IndexedWork,
    operands: IndexedOperands,
) -> GridPlan:
    """Return the plan: what is used of which operand, and how it fails."""
    last = len(operands.places) - 1
    written = last - 1 if form.method == "gather" else last
    mode = Mode.OUT if form.method == "gather" else Mode.INOUT
    used = [
        (k, replace(view, mode=mode if k == written else Mode.IN))
        for k, (view, _) in enumerate(operands.places)
        if view is not None
    ]
    attrs: Any = work.node.attrs
    extents = tuple(work.reached.shape[axis] for axis in attrs.axes)
    return GridPlan(
        form,
        template,
        tuple([form.layout.address(k) for k, _ in used]),
        items,
        tuple([view for _, view in used]),
        form.layout.number(FAILED),
        partial(_outside, attrs.axes, extents),
    )


def _outside(axes: Sequence[int], extents: Sequence[int], code: int) -> BoundsError:
    return outside(axes, extents, -code)

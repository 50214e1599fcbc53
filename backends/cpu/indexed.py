"""Gathers and scatters: from views to a form and the argument blocks of its tiles.

A block holds the extents of the loops; for each operand its slot, its offset and its
strides; for each axis with positions its extent and its stride; the range of places
that a scatter's tile writes to; and last the constants among the operands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blocks import GridAxis, Place, fill_blocks
from lazydag.backends.cpu.indexed_form import (
    COMBINED,
    CONSTANT_WORDS,
    IndexedForm,
    outside,
)
from lazydag.backends.cpu.space import (
    Dimension,
    Strides,
    dimensions,
    merged,
    strides_of,
)
from lazydag.errors import BoundsError
from lazydag.ir.attrs import ConstAttrs, GatherAttrs, ParamAttrs, ScatterAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.ir.types import dtype_name
from lazydag.runtime import View

_BROADCAST: Final = OPS["broadcast"]


@dataclass(frozen=True, slots=True)
class IndexedPlan:
    """A form, the argument blocks of its tiles, and what is accessed how."""

    form: IndexedForm
    blocks: NDArray[np.int64]
    read: tuple[View, ...]
    written: View
    error: partial[BoundsError]


@dataclass(slots=True)
class IndexedOperands:
    """Where each operand lies, or its constant."""

    places: list[tuple[View | None, Strides]] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)

    def add(self, src: Node, views: dict[Node, View], strides: Strides | None) -> None:
        """Add an operand with these strides, or those that it has."""
        if src in views:
            own = strides_of(views[src]) if strides is None else strides
            self.places.append((views[src], own))
            self.constants.append(b"")
            return
        value = src.srcs[0] if src.op is _BROADCAST else src
        assert isinstance(value.attrs, ConstAttrs)
        self.places.append((None, ()))
        self.constants.append(value.attrs.data)


def is_indexed(body: Graph) -> bool:
    """Tell whether a body is a gather or a scatter that kernels compute."""
    node = body.outputs[0]
    attrs = node.attrs
    if isinstance(attrs, GatherAttrs):
        return isinstance(node.srcs[0].attrs, ParamAttrs)
    return isinstance(attrs, ScatterAttrs) and _can_combine(node, attrs.how)


def _can_combine(node: Node, how: str) -> bool:
    dtype = node.type.dtype
    if how == "set":
        return True
    if dtype.kind == "c" or node.srcs[1].type.dtype != dtype or how not in COMBINED:
        return False
    # What is true is not what a number is.
    is_logical: bool = dtype.kind == "b"
    return how.startswith("logical_") == is_logical


@dataclass(frozen=True, slots=True)
class IndexedWork:
    """What a gather and a scatter have in common.

    Attributes
    ----------
    positions, moved
        Nodes of the positions, and of what is written one after the other.
    reached
        Where elements lie at positions.
    shape
        What the loops run over.
    cut
        Places along the first axis with positions, in all and of a tile.
    """

    how: str
    node: Node
    positions: Sequence[Node]
    moved: Node
    reached: View
    shape: tuple[int, ...]
    cut: tuple[int, int]


def plan_indexed(
    body: Graph, inputs: Sequence[View], outputs: Sequence[View], tile: Sequence[int]
) -> IndexedPlan:
    """Choose the loops of a gather or a scatter.

    The inputs of a scatter hold, as its base, what lies at the output.
    """
    node, (out,) = body.outputs[0], outputs
    views = dict(zip(body.params, inputs, strict=True))
    work = work_of(node, views, out, tile)
    operands, tail = operands_of(work, views | {node: out})
    dims = _dims(work.shape, tile if work.how == "gather" else (), operands)
    form = IndexedForm(
        work.how,
        unit_of(work),
        tuple([dtype_name(p.type.dtype) for p in work.positions]),
        len(dims),
        _row(dims[-1], work.positions, out.dtype.itemsize, tail[-1]),
        tuple([view is None for view, _ in operands.places[:-1]]),
        work.cut[1] < work.cut[0],
    )
    blocks = _blocks(form, dims, operands, tail, work.cut)
    used = [view for view, _ in operands.places if view is not None]
    read = tuple([view for view in used if view is not out])
    attrs: Any = node.attrs
    extents = tuple(work.reached.shape[a] for a in attrs.axes)
    error = partial(outside, attrs.axes, extents)
    return IndexedPlan(form, blocks, read, out, error)


def work_of(
    node: Node, views: dict[Node, View], out: View, tile: Sequence[int]
) -> IndexedWork:
    """Return what a gather or a scatter moves from where to where."""
    if isinstance(node.attrs, GatherAttrs):
        x, *positions = node.srcs
        return IndexedWork("gather", node, positions, node, views[x], out.shape, (1, 1))
    assert isinstance(node.attrs, ScatterAttrs)
    _, moved, *positions = node.srcs
    axis = node.attrs.axes[0]
    cut = out.shape[axis], tile[axis] if tile else out.shape[axis]
    shape = moved.type.sizes
    return IndexedWork(node.attrs.how, node, positions, moved, out, shape, cut)


def operands_of(
    work: IndexedWork, views: dict[Node, View]
) -> tuple[IndexedOperands, list[int]]:
    """Return where operands lie, and extent and stride of each axis with positions."""
    attrs: Any = work.node.attrs
    axes, at = attrs.axes, attrs.at
    around = work.positions[0].type.ndim
    found = IndexedOperands()
    for each in work.positions:
        found.add(each, views, _spread(each, views, at, len(work.shape) - around))
    found.add(work.moved, views, None)
    steps = strides_of(work.reached)
    rest = [step for axis, step in enumerate(steps) if axis not in axes]
    found.places.append((work.reached, (*rest[:at], *(0,) * around, *rest[at:])))
    return found, [word for a in axes for word in (work.reached.shape[a], steps[a])]


def _spread(src: Node, views: dict[Node, View], at: int, around: int) -> Strides | None:
    """Return the strides of positions along all axes of what they reach."""
    if src not in views:
        return None
    return (*(0,) * at, *strides_of(views[src]), *(0,) * (around - at))


def unit_of(work: IndexedWork) -> str:
    """Return the type of the elements; an integer that moves them if that is all."""
    dtype = work.node.type.dtype
    is_moved = work.how in {"gather", "set"}
    return f"i{8 * dtype.itemsize}" if is_moved else dtype_name(dtype)


def _dims(
    shape: Sequence[int], tile: Sequence[int], operands: IndexedOperands
) -> list[Dimension]:
    strides = [own or (0,) * len(shape) for _, own in operands.places]
    count = len(operands.places)
    found = merged(dimensions(shape, tile, strides))
    return found or [Dimension(1, 1, (0,) * count)]


def _row(
    inner: Dimension, positions: Sequence[Node], itemsize: int, stride: int
) -> str:
    """Return the kind of the innermost loop, given the stride of the last positions."""
    count = len(positions)
    if any(inner.strides[:count]):
        sizes = [p.type.dtype.itemsize for p in positions]
        is_dense = inner.strides == (*sizes, itemsize, 0) and stride == itemsize
        return "dense" if is_dense else "places"
    is_run = all(stride == itemsize for stride in inner.strides[count:])
    return "run" if is_run else "strided"


def _blocks(
    form: IndexedForm,
    dims: Sequence[Dimension],
    operands: IndexedOperands,
    tail: Sequence[int],
    cut: tuple[int, int],
) -> NDArray[np.int64]:
    """Return the blocks: those of the loops' tiles, or one for each range of places."""
    places = [
        Place(
            0 if view is None else view.slot,
            0 if view is None else view.offset,
            tuple([dim.strides[k] for dim in dims]),
        )
        for k, (view, _) in enumerate(operands.places)
    ]
    grid = [
        GridAxis(dim.extent, dim.tile, axis, tuple([dim.tile * s for s in dim.strides]))
        for axis, dim in enumerate(dims)
    ]
    blocks = fill_blocks([dim.tile for dim in dims], places, form.layout, grid)
    columns = [np.array([tail], np.int64)]
    if form.is_cut:
        starts = np.arange(0, *cut)
        columns.append(np.stack([starts, np.minimum(starts + cut[1], cut[0])], 1))
    size = 8 * CONSTANT_WORDS
    held = b"".join(each.ljust(size, b"\0") for each in operands.constants)
    columns.append(np.frombuffer(held, np.int64)[None])
    rows = max(len(blocks), len(columns[1]))
    wide = [np.broadcast_to(c, (rows, c.shape[1])) for c in (blocks, *columns)]
    return np.ascontiguousarray(np.concatenate(wide, axis=1))

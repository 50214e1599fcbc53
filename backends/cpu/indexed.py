"""Gathers and scatters: from views to a form and the argument blocks of its tiles.

A block holds the extents of the loops; for each operand its slot, its offset and its
strides; for each axis with positions its extent and its stride; the range of places
that a scatter's tile writes to; and last the constants among the operands.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blocks import BlockLayout, GridAxis, Place, fill_blocks
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
from lazydag.ir.positions import out_of_bounds
from lazydag.ir.types import dtype_name
from lazydag.runtime import View

COMBINED: Final = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "minimum": "minimum",
    "maximum": "maximum",
    "fmin": "fmin",
    "fmax": "fmax",
    "logical_and": "land",
    "logical_or": "lor",
    "logical_xor": "lxor",
    "bitwise_and": "band",
    "bitwise_or": "bor",
    "bitwise_xor": "bxor",
}
"""Ufuncs that scatters compute, by the op of the same meaning."""

_BROADCAST: Final = OPS["broadcast"]
_CONSTANT_WORDS: Final = 2
LARGEST_CODE: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class IndexedForm:
    """Key of a compiled gather or scatter.

    Attributes
    ----------
    how
        ``"gather"``, ``"set"``, or a name in `COMBINED`.
    dtype
        Type of the elements; where they are only moved, all types of a size are one.
    positions
        Types of the positions.
    loops
        Number of loops.
    row
        What the innermost loop runs over: ``"places"``, each with its own positions,
        ``"dense"`` ones, where all operands are contiguous, or behind them a ``"run"``
        of neighbours or a ``"strided"`` one.
    fixed
        Which of the positions and the moved operand are constants in the block.
    is_cut
        Whether a tile writes only to a range of places.
    """

    how: str
    dtype: str
    positions: tuple[str, ...]
    loops: int
    row: str
    fixed: tuple[bool, ...]
    is_cut: bool

    @property
    def layout(self) -> BlockLayout:
        """Positions of the words of operands: positions, what moves, what stays."""
        return BlockLayout(self.loops)

    @property
    def axes(self) -> int:
        """Word of the extent of the first axis with positions; its stride follows."""
        return self.layout.operand(len(self.positions) + 2)

    @property
    def range(self) -> int:
        """Word of the first place of a cut tile; the place behind its last follows."""
        return self.axes + 2 * len(self.positions)

    def constant(self, operand: int) -> int:
        """Word of the bytes of a constant."""
        return self.range + 2 * self.is_cut + _CONSTANT_WORDS * operand


@dataclass(frozen=True, slots=True)
class IndexedPlan:
    """A form, the argument blocks of its tiles, and what is accessed how."""

    form: IndexedForm
    blocks: NDArray[np.int64]
    read: tuple[View, ...]
    written: View
    error: partial[BoundsError]


@dataclass(slots=True)
class _Operands:
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


def plan_indexed(
    body: Graph, inputs: Sequence[View], outputs: Sequence[View], tile: Sequence[int]
) -> IndexedPlan:
    """Choose the loops of a gather or a scatter.

    The inputs of a scatter hold, as its base, what lies at the output.
    """
    node, (out,) = body.outputs[0], outputs
    views = dict(zip(body.params, inputs, strict=True))
    if isinstance(node.attrs, GatherAttrs):
        (x, *positions), moved, views[node] = node.srcs, node, out
        how, reached, shape = "gather", views[x], out.shape
        cuts: Sequence[int] = (len(shape),)
    else:
        assert isinstance(node.attrs, ScatterAttrs)
        _, moved, *positions = node.srcs
        how, reached, shape = node.attrs.how, out, moved.type.sizes
        axis = node.attrs.axes[0]
        cuts = (out.shape[axis], tile[axis] if tile else out.shape[axis])
    axes, at = node.attrs.axes, node.attrs.at
    operands = _Operands()
    around = positions[0].type.ndim
    for each in positions:
        operands.add(each, views, _spread(each, views, at, len(shape) - around))
    operands.add(moved, views, None)
    steps = strides_of(reached)
    rest = [s for a, s in enumerate(steps) if a not in axes]
    operands.places.append((reached, (*rest[:at], *(0,) * around, *rest[at:])))
    extents = [reached.shape[a] for a in axes]
    tail = [word for a in axes for word in (reached.shape[a], steps[a])]
    is_gather = how == "gather"
    dims = _dims(shape, tile if is_gather else (), operands)
    form = IndexedForm(
        how,
        _unit(node) if how in {"gather", "set"} else dtype_name(node.type.dtype),
        tuple([dtype_name(p.type.dtype) for p in positions]),
        len(dims),
        _row(dims[-1], positions, out.dtype.itemsize, tail[-1]),
        tuple([view is None for view, _ in operands.places[:-1]]),
        len(cuts) == 2 and cuts[1] < cuts[0],
    )
    blocks = _blocks(form, dims, operands, tail, cuts)
    read = [v for v, _ in operands.places[: len(positions)] if v is not None]
    if is_gather:
        read.append(reached)
    elif views.get(moved) is not None:
        read.append(views[moved])
    error = partial(outside, axes, tuple(extents))
    return IndexedPlan(form, blocks, tuple(read), out, error)


def _spread(src: Node, views: dict[Node, View], at: int, around: int) -> Strides | None:
    """Return the strides of positions along all axes of what they reach."""
    if src not in views:
        return None
    return (*(0,) * at, *strides_of(views[src]), *(0,) * (around - at))


def _unit(node: Node) -> str:
    """Return the integer type that moves an element."""
    return f"i{8 * node.type.dtype.itemsize}"


def _dims(
    shape: Sequence[int], tile: Sequence[int], operands: _Operands
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
    operands: _Operands,
    tail: Sequence[int],
    cuts: Sequence[int],
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
        starts = np.arange(0, cuts[0], cuts[1])
        columns.append(np.stack([starts, np.minimum(starts + cuts[1], cuts[0])], 1))
    size = 8 * _CONSTANT_WORDS
    held = b"".join(each.ljust(size, b"\0") for each in operands.constants)
    columns.append(np.frombuffer(held, np.int64)[None])
    rows = max(len(blocks), len(columns[1]))
    wide = [np.broadcast_to(c, (rows, c.shape[1])) for c in (blocks, *columns)]
    return np.ascontiguousarray(np.concatenate(wide, axis=1))


def outside(axes: Sequence[int], extents: Sequence[int], code: int) -> BoundsError:
    """Return the error for the code that a kernel fails with.

    The number of the axis, and the position with its least bit for the sign; positions
    that leave no room for it are all one.
    """
    spread, number = divmod(code - 1, len(axes))
    axis, extent = axes[number], extents[number]
    if spread >= LARGEST_CODE // len(axes) - 1:
        return BoundsError(out_of_bounds("far away", axis, extent))
    position = -(spread + 1) // 2 if spread % 2 else spread // 2
    return BoundsError(out_of_bounds(position, axis, extent))

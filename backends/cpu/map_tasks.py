"""Maps: from views to a form, a compiled kernel and its argument blocks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blocks import BlockLayout, GridAxis, Place, fill_blocks
from lazydag.backends.cpu.program import Form
from lazydag.backends.cpu.row_state import STRIDED, TRANSPOSED
from lazydag.backends.cpu.space import (
    Dimension,
    dimensions,
    merged,
    normalised,
    stride_class,
    strides_of,
)
from lazydag.runtime import View

MIN_EXTENT: Final = 16
"""Elements along both dimensions from which blocks pay."""
SHORT_ROW: Final = 12
LONG_ROW: Final = 64
"""Elements below which a row is short, and from which one is long."""
BLOCK_ROWS: Final = 32
BLOCK_COLUMNS: Final = 64
"""Extents of a block."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A kernel's form, and the argument blocks of its tiles."""

    form: Form
    blocks: NDArray[np.int64]


def plan_map(
    structure: int,
    inputs: Sequence[View],
    outputs: Sequence[View],
    tile: Sequence[int],
    *,
    streams: bool,
) -> Plan:
    """Choose loops and stride classes for a map over the outputs' shape."""
    views = (*inputs, *outputs)
    strides = [strides_of(v) for v in views]
    offsets = [v.offset for v in views]
    dims = dimensions(outputs[0].shape, tile, strides)
    dims = _lengthened(merged(normalised(dims, len(inputs), offsets)))
    if not dims:
        dims = [Dimension(1, 1, tuple([v.dtype.itemsize for v in views]))]
    itemsizes = [v.dtype.itemsize for v in views]
    kinds = "".join(map(stride_class, dims[-1].strides, itemsizes))
    across = _across(dims, kinds[: len(inputs)], itemsizes)
    if across is not None:
        moved = dims.pop(across)
        dims[-1:] = _cut(moved, dims[-1])
        kinds = _marked(kinds, dims[-2].strides[: len(inputs)], itemsizes)
    form = Form(
        structure,
        "map" if across is None else "blocked",
        len(dims) - (1 if across is None else 2),
        0,
        kinds[: len(inputs)],
        kinds[len(inputs) :],
        streams,
    )
    places = [
        Place(view.slot, offsets[k], tuple([dim.strides[k] for dim in dims]))
        for k, view in enumerate(views)
    ]
    axes = [
        GridAxis(dim.extent, dim.tile, axis, tuple([dim.tile * s for s in dim.strides]))
        for axis, dim in enumerate(dims)
    ]
    head = [dim.tile for dim in dims]
    return Plan(form, fill_blocks(head, places, BlockLayout(len(dims)), axes))


def _lengthened(dims: list[Dimension]) -> list[Dimension]:
    """Make a long loop the innermost if that has few elements.

    A row costs 25 ns beside its vectors; strided access costs 1 ns an element.
    """
    if len(dims) < 2 or dims[-1].extent >= SHORT_ROW:
        return dims
    longest = max(dims, key=lambda dim: dim.tile)
    if longest.tile < LONG_ROW:
        return dims
    return [*(dim for dim in dims if dim is not longest), longest]


def _across(
    dims: Sequence[Dimension], kinds: str, itemsizes: Sequence[int]
) -> int | None:
    """Return an outer dimension along which a strided input is contiguous."""
    if STRIDED not in kinds or dims[-1].extent < MIN_EXTENT:
        return None
    for k, kind in enumerate(kinds):
        if kind == STRIDED:
            for number, dim in enumerate(dims[:-1]):
                if dim.strides[k] == itemsizes[k] and dim.extent >= MIN_EXTENT:
                    return number
    return None


def _cut(outer: Dimension, inner: Dimension) -> list[Dimension]:
    """Return the two dimensions with tiles as large as before, but of whole blocks."""
    if outer.tile >= BLOCK_ROWS or outer.extent < BLOCK_ROWS:
        return [outer, inner]
    columns = outer.tile * inner.tile // BLOCK_ROWS
    columns = max(columns // BLOCK_COLUMNS, 1) * BLOCK_COLUMNS
    return [
        replace(outer, tile=BLOCK_ROWS),
        replace(inner, tile=min(columns, inner.extent)),
    ]


def _marked(kinds: str, strides: Sequence[int], itemsizes: Sequence[int]) -> str:
    """Return the classes with those of transposed inputs, which `strides` show."""
    found = list(kinds)
    for k, stride in enumerate(strides):
        if found[k] == STRIDED and stride == itemsizes[k]:
            found[k] = TRANSPOSED
    return "".join(found)

"""Maps: from views to a form, a compiled kernel and its argument blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blocks import BlockLayout, GridAxis, Place, fill_blocks
from lazydag.backends.cpu.program import Form
from lazydag.backends.cpu.space import (
    Dimension,
    dimensions,
    merged,
    normalised,
    stride_class,
    strides_of,
)
from lazydag.runtime import View


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
    dims = merged(normalised(dims, len(inputs), offsets))
    if not dims:
        dims = [Dimension(1, 1, tuple([v.dtype.itemsize for v in views]))]
    kinds = "".join(
        [
            stride_class(stride, view.dtype.itemsize)
            for stride, view in zip(dims[-1].strides, views, strict=True)
        ]
    )
    form = Form(
        structure,
        "map",
        len(dims) - 1,
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

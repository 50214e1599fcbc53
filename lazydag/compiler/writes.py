"""Lower writes: what stays of the base is copied, unless it is there already."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from lazydag.backends.backend import Backend
from lazydag.backends.work import Work
from lazydag.compiler.views import sliced
from lazydag.ir.attrs import KernelAttrs, SliceAttrs
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import Node
from lazydag.ir.reduction import ROW_BLOCK
from lazydag.ir.types import ArrayType
from lazydag.passes.regions import frame, is_most, whole
from lazydag.passes.rules.match import splat, spread
from lazydag.passes.tile import shape_tile
from lazydag.passes.work import base_of, write_of
from lazydag.runtime import View

# A tile of a copy has so many elements at least.
MIN_COPIED = 1 << 14


def write_tasks(
    kernel: Node,
    inputs: Sequence[View],
    out: View,
    backend: Backend,
    seconds: float,
    *,
    in_place: bool,
) -> list[Work]:
    """Return the tasks of a kernel that writes into a region of an array.

    Parameters
    ----------
    kernel : Node
        Its body ends with a write.
    inputs : sequence of View
        Where its sources lie, in their order.
    out : View
        Where the array lies after the write.
    backend : Backend
        Makes the tasks.
    seconds : float
        The estimate.
    in_place : bool
        Whether the base lies at `out` already.
    """
    attrs, base = kernel.attrs, base_of(kernel)
    assert isinstance(attrs, KernelAttrs)
    write = write_of(attrs.body)
    assert write is not None
    region = write.attrs
    assert isinstance(region, SliceAttrs)
    tasks = []
    pairs = list(zip(kernel.srcs, inputs, strict=True))
    if not in_place:
        old = [view for src, view in pairs if src is base]
        parts = _kept(region, out.shape)
        size = max(prod(attrs.tile or ()), MIN_COPIED)
        tasks += [
            copied(part, kernel, write, old, out, size, backend) for part in parts
        ]
    tasks.append(
        backend.lower_kernel(
            attrs.body.name,
            value_of(attrs.body, write),
            [view for src, view in pairs if src is not base],
            [sliced(out, region)],
            attrs.tile or (),
            source=kernel.source,
            seconds=seconds,
        )
    )
    return tasks


def _kept(region: SliceAttrs, shape: tuple[int, ...]) -> list[SliceAttrs]:
    """Return the slices to copy: all, or what is around a large region."""
    if is_most(region, shape) and all(step == 1 for step in region.steps):
        return frame(region, shape)
    return [whole(shape)]


def copied(
    part: SliceAttrs,
    kernel: Node,
    write: Node,
    old: Sequence[View],
    out: View,
    size: int,
    backend: Backend,
) -> Work:
    """Return the task that copies a part of the base, in tiles of about `size`."""
    body = _base(write.srcs[0], part.counts)
    last = part.counts[-1] if part.counts else 0
    granules = [1] * len(part.counts)
    if last > ROW_BLOCK:
        granules[-1] = ROW_BLOCK
    return backend.lower_kernel(
        body.name,
        body,
        [sliced(view, part) for view in old],
        [sliced(out, part)],
        shape_tile(part.counts, size, tuple(granules)),
        source=kernel.source,
    )


def _base(base: Node, shape: tuple[int, ...]) -> Graph:
    """Return a body that yields elements of the base as they are."""
    constant = splat(base)
    if constant is not None:
        return make_graph("fill", [], [spread(constant, shape)], Stage.SIMPLIFIED)
    own = param(0, ArrayType(shape, base.type.dtype))
    return make_graph("copy", [own], [own], Stage.SIMPLIFIED)


def value_of(body: Graph, write: Node) -> Graph:
    """Return the body without its write, whose base is its last parameter, if any."""
    base, value = write.srcs
    params = [p for p in body.params if p is not base]
    return make_graph(body.name, params, [value], Stage.SIMPLIFIED)

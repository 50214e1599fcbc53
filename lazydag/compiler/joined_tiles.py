"""Kernels whose results are computed tile by tile on devices, of products or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product as pairs

from lazydag.algorithms.products import MATMUL
from lazydag.algorithms.tiling import cut
from lazydag.backends.backend import Backend
from lazydag.compiler.joined import rest_of
from lazydag.compiler.planned_region import PlannedRegion
from lazydag.compiler.spawned import Launch, Spawned
from lazydag.cost.estimate import Work, estimate
from lazydag.cost.target import Device
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node, array_type
from lazydag.ir.types import dtype_name
from lazydag.passes.pieces import can_cut
from lazydag.passes.work import (
    factors_of,
    iteration_shape,
    place_of,
    product_of,
    reduction_of,
)
from lazydag.runtime import Access, KernelTask, Mode, View
from lazydag.runtime.placeholders import placeholder, region_of


def is_joined(body: Graph) -> bool:
    """Tell whether a body is a large product and a map that devices compute."""
    product = product_of(body)
    if product is None or not MATMUL.fits([src.type for src in product.srcs]):
        return False
    from lazydag.backends.cuda.capability import runs  # noqa: PLC0415 -- 50 ms

    shapes = {output.type.sizes for output in body.outputs}
    return shapes == {product.type.sizes} and runs(rest_of(body, product)[0])


def is_mapped(body: Graph) -> bool:
    """Tell whether a body is a map over matrices of floats that devices compute."""
    from lazydag.backends.cuda.capability import runs  # noqa: PLC0415 -- 50 ms

    values = [*body.params, *body.outputs]
    if any(array_type(value).dtype.kind != "f" for value in values):
        return False
    is_map = reduction_of(body) is None and can_cut(body) and bool(body.params)
    return is_map and len(iteration_shape(body)) == 2 and runs(body)


def mapped_spawned(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    order: int,
    host: tuple[Backend, Device],
) -> list[Spawned]:
    """Return the tasks of a kernel for which `is_mapped` holds, one a tile."""
    assert isinstance(kernel.attrs, KernelAttrs)
    return list(_each_tile(kernel, kernel.attrs.body, inputs, outputs, order, host))


def joined_spawned(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    region: PlannedRegion,
    order: int,
    host: tuple[Backend, Device],
) -> list[Spawned]:
    """Return the tasks of a kernel for which `is_joined` holds.

    A tile is multiplied where it is stored, and then the rest of the kernel reads it.

    Parameters
    ----------
    order
        Of the tiles.
    host
        What makes the tasks of the host, and what they cost time on.
    """
    assert isinstance(kernel.attrs, KernelAttrs)
    body = kernel.attrs.body
    product = product_of(body)
    assert product is not None
    place = outputs[place_of(product, body)]
    factors = [placeholder(inputs[slot]) for slot in factors_of(product)]
    with region.recording():
        MATMUL.run(factors, [placeholder(place)], tile=order)
    rest, slots = rest_of(body, product)
    reads = [replace(place, mode=Mode.IN), *(inputs[slot] for slot in slots)]
    return [
        *region.spawned(),
        *_each_tile(kernel, rest, reads, outputs, order, host),
    ]


def _each_tile(
    kernel: Node,
    body: Graph,
    reads: Sequence[View],
    outputs: Sequence[View],
    order: int,
    host: tuple[Backend, Device],
) -> Iterator[Spawned]:
    """Yield a task for each tile of what a map reads and writes."""
    rows, columns = (cut(0, n, order) for n in outputs[0].shape)
    for i, j in pairs(rows, columns):
        tiles = [[_part(view, i, j) for view in each] for each in (reads, outputs)]
        yield _mapped(kernel, body, tiles[0], tiles[1], host)


def _mapped(
    kernel: Node,
    rest: Graph,
    reads: Sequence[View],
    writes: Sequence[View],
    host: tuple[Backend, Device],
) -> Spawned:
    """Return the task that computes a tile."""
    backend, device = host
    views = (*reads, *writes)
    read, written = (sum(map(_nbytes, each)) for each in (reads, writes))
    name, size = dtype_name(writes[0].dtype), writes[0].shape[0] * writes[0].shape[1]
    work = Work(read, written, {name: float(size)})
    seconds = estimate(work, device, threads=1).seconds
    task = backend.lower_kernel(
        rest.name, rest, reads, writes, (), source=kernel.source, seconds=seconds
    )
    assert isinstance(task, KernelTask)
    accesses = tuple(map(_access, views))
    form = Launch(rest, len(reads), work)
    return Spawned(replace(task, accesses=accesses), form, views, accesses)


def _part(view: View, rows: slice, columns: slice) -> View:
    """Return a tile of a view of two axes."""
    assert view.strides is not None
    first = rows.start * view.strides[0] + columns.start * view.strides[1]
    shape = rows.stop - rows.start, columns.stop - columns.start
    return replace(view, shape=shape, offset=view.offset + first)


def _nbytes(view: View) -> int:
    return view.shape[0] * view.shape[1] * view.dtype.itemsize


def _access(view: View) -> Access:
    region = region_of(placeholder(view))
    return Access(view.slot, view.mode, *region.span(), region)

"""Stencils as they run: buffers for the frames, and task graphs one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.compiler.operands import Operands
from lazydag.compiler.session import memory_pool, session
from lazydag.compiler.stencils.bands import Rows
from lazydag.compiler.stencils.choose import Choice, Shape, choose
from lazydag.compiler.stencils.plan import Arrays, Kernels
from lazydag.compiler.stencils.tasks import Cutting
from lazydag.cost.target import Target
from lazydag.ir.attrs import StencilAttrs
from lazydag.passes.simplify import Simplify
from lazydag.passes.work import body_flops
from lazydag.runtime import TaskGraph, View, address_of
from lazydag.runtime.executor import Addresses

Array: TypeAlias = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Sweeps:
    """A stencil, to be called with the arrays of its inputs and wanted results."""

    arrays: Arrays
    operands: Operands
    graphs: Sequence[TaskGraph]
    block_nbytes: int

    @property
    def nbytes(self) -> int:
        """What a run allocates."""
        frames = self.arrays.frames.values()
        return sum(frame.nbytes for frame in frames) + self.block_nbytes

    def __call__(self, *arrays: Array) -> None:
        """Make all sweeps."""
        sources, results = self.operands.apart(arrays)
        keep: list[object] = []
        bases: Addresses = [address_of(array) for array in sources]
        bases += [address_of(results[number]) for number in self.operands.results]
        for frame in self.arrays.frames.values():
            lease = memory_pool().lease(frame.nbytes)
            keep.append(lease)
            bases.append(lease.address)
            frame.fill(lease.array((frame.nbytes,), np.dtype(np.uint8)), self._boundary)
        blocks = memory_pool().lease(self.block_nbytes)
        bases.append(blocks.address)
        for graph in self.graphs:
            session().executor.run(graph, bases)
        del keep

    @property
    def _boundary(self) -> tuple[str, ...]:
        return self.arrays.attrs.boundary


def plan_sweeps(
    attrs: StencilAttrs,
    sources: Sequence[View],
    wanted: Sequence[int],
    operands: Operands,
    target: Target,
) -> Sweeps:
    """Return what makes the sweeps of a stencil.

    Parameters
    ----------
    sources : sequence of View
        How they lie, each in the slot of its number.
    wanted : sequence of int
        Which results.

    Raises
    ------
    UnsupportedError
        If the body is nothing that kernels compute.
    """
    attrs = replace(attrs, body=Simplify()(attrs.body, target))
    arrays = Arrays(attrs, sources, wanted)
    shape = _shape(arrays, target)
    choice = choose(shape, target.default)
    rows, segments = _cut(arrays, choice, target)
    is_ring = rows is not None and rows.is_ring
    kernels = Kernels(arrays, session().backend, is_ring)
    cutting = Cutting(arrays, kernels, choice, rows, segments, attrs.body.name)
    graphs, block_nbytes = cutting.graphs()
    return Sweeps(arrays, operands, graphs, block_nbytes)


def _cut(arrays: Arrays, choice: Choice, target: Target) -> tuple[Rows | None, int]:
    """Return the rows to cut and into how many segments; None for one task a band."""
    radius = arrays.attrs.radius[0]
    is_ring = arrays.attrs.boundary[0] == "wrap" and radius > 0
    rows = Rows(arrays.shape[0], radius, is_ring)
    segments = rows.segments(choice.sweeps + 1, 2 * target.default.threads)
    if not choice.height or not segments:
        return None, 0
    return rows, segments


def _shape(arrays: Arrays, target: Target) -> Shape:
    attrs, device = arrays.attrs, target.default
    elements = prod(arrays.shape[1:])
    item_nbytes = [view.dtype.itemsize for view in arrays.sources if view.shape]
    moved = sum(item_nbytes) + sum(o.type.dtype.itemsize for o in attrs.body.outputs)
    seconds = sum(
        count / (device.flops(name) / device.threads)
        for name, count in body_flops(attrs.body).items()
    )
    frames = sum(f.nbytes for f in arrays.frames.values()) // max(1, arrays.shape[0])
    return Shape(
        arrays.shape[0],
        attrs.radius[0],
        attrs.steps,
        1 + 2 * (len(arrays.shape) - 1) * max(1, arrays.carries),
        max(1, frames),
        moved * elements,
        seconds * elements,
    )

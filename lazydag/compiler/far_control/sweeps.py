"""Stencils on devices: the kernels of all sweeps as lists of launches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lazydag.backends.cuda.launches import queued_launches
from lazydag.backends.cuda.queued import Queued
from lazydag.compiler.session import host_target
from lazydag.compiler.stencils.plan import Arrays
from lazydag.compiler.stencils.whole import Made, WholeSweeps
from lazydag.ir.attrs import StencilAttrs
from lazydag.ir.node import Node
from lazydag.passes.simplify import Simplify
from lazydag.runtime import Access, Mode, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.backend import CudaBackend
    from lazydag.compiler.far_control.buffers import Buffers


@dataclass(slots=True)
class FarSweeps:
    """A stencil being planned.

    Parameters
    ----------
    arrays
        Over slots of its own.
    places
        Where these are in the plan: a slot, and a byte of it.
    """

    kernel: Node
    backend: CudaBackend
    arrays: Arrays
    places: dict[int, tuple[int, int]]

    def works(self) -> list[Queued]:
        """Return what fills the frames, pairs of sweeps, and the sweeps that are left.

        Two sweeps read and write the same frames as the two before.
        """
        whole, steps = WholeSweeps(self.arrays), self.arrays.attrs.steps
        pairs, left = divmod(steps - 1, 2)
        found, last = [], [*whole.sweep(1)] * left + [*whole.sweep(steps)]
        if self.arrays.frames:
            found.append(self._work(whole.first(), Mode.OUT))
        if pairs:
            twice = [*whole.sweep(1), *whole.sweep(2)]
            found.append(self._work(twice, Mode.INOUT, pairs))
        results = [self._access(view, Mode.OUT) for view in self.arrays.results]
        made = self._work(last, Mode.INOUT)
        return [*found, replace(made, accesses=(*made.accesses, *results))]

    def _work(self, made: Iterable[Made], frames: Mode, times: int = 1) -> Queued:
        """Return kernels as one work, so many times one after the other."""
        name, launches = self.arrays.attrs.body.name, []
        for body, inputs, outputs in made:
            read, written = ([*map(self._moved, each)] for each in (inputs, outputs))
            launches += self.backend.launches(name, body, read, written)
        accesses = [self._access(view, Mode.IN) for view in self.arrays.sources]
        for frame in self.arrays.frames.values():
            slot, start = self.places[frame.slot]
            accesses.append(Access(slot, frames, start, start + frame.nbytes))
        source, seconds = self.kernel.source, 0.0
        return queued_launches(name, launches, accesses, source, seconds, times)

    def _access(self, view: View, mode: Mode) -> Access:
        moved = self._moved(view)
        return Access(moved.slot, mode, *moved.span())

    def _moved(self, view: View) -> View:
        slot, offset = self.places[view.slot]
        return replace(view, slot=slot, offset=view.offset + offset)


def far_sweeps(
    kernel: Node,
    attrs: StencilAttrs,
    sources: Sequence[View],
    results: dict[int, View],
    backend: CudaBackend,
    buffers: Buffers,
) -> list[Queued]:
    """Return the work of a stencil on a device.

    Parameters
    ----------
    sources, results
        Where they lie; results by their number.
    buffers
        Gives memory for frames.
    """
    attrs = replace(attrs, body=Simplify()(attrs.body, host_target()))
    given = [replace(v, slot=number, offset=0) for number, v in enumerate(sources)]
    arrays = Arrays(attrs, given, list(results))
    places = {k: (view.slot, view.offset) for k, view in enumerate(sources)}
    for own, view in zip(arrays.results, results.values(), strict=True):
        places[own.slot] = view.slot, view.offset
    for frame in arrays.frames.values():
        made = buffers.array((frame.nbytes,), np.dtype(np.uint8))
        places[frame.slot] = made.slot, 0
    return FarSweeps(kernel, backend, arrays, places).works()

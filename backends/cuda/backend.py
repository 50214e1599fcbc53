"""The CUDA backend: kernels as launches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.space import strides_of
from lazydag.backends.cuda.capability import runs
from lazydag.backends.cuda.device import GpuDevice
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import THREADS, GridKernel
from lazydag.backends.cuda.grid_plan import GridPlan
from lazydag.backends.cuda.plans import plan_grid, print_grid
from lazydag.backends.cuda.queued import Lane, Queued, Stub
from lazydag.backends.cuda.streams import Order, launch_block, room_nbytes
from lazydag.backends.cuda.touched import Operand
from lazydag.errors import SourceLine, UnsupportedError
from lazydag.ir.graph import Graph
from lazydag.runtime import Access, Mode, View


@dataclass(slots=True)
class CudaBackend:
    """Makes launches of kernels for one GPU; texts are kept by form."""

    device: GpuDevice
    runs_programs: ClassVar[bool] = False
    _kernels: dict[GridForm, GridKernel] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name in options and displays: the device's."""
        return self.device.name

    def lower_kernel(
        self,
        name: str,
        body: Graph,
        inputs: Sequence[View],
        outputs: Sequence[View],
        tile: tuple[int, ...],  # noqa: ARG002 -- a grid is what a GPU has instead
        *,
        source: SourceLine | None = None,
        seconds: float = 0.0,
    ) -> Queued:
        """Return the work that computes a kernel; see `Backend.lower_kernel`.

        Raises
        ------
        UnsupportedError
            If nothing on the device computes it.
        """
        if not runs(body):
            what = f"kernel {name} cannot run on {self.device.name}"
            raise UnsupportedError(what, at=source)
        plan = plan_grid(body, inputs, outputs)
        kernel = self._kernel(plan.form, body)
        operands = [_operand(plan, k, view) for k, view in enumerate(plan.views)]
        handle = self.device.load(name, kernel, operands)
        words = plan.words([view.offset for view in plan.views])
        places = [(plan.places[k], view.slot) for k, view in enumerate(plan.views)]
        grid = (max(1, min(plan.items, self.device.blocks)), THREADS)

        def block(order: Order) -> NDArray[np.int64]:
            return launch_block(self.device.driver, order, handle, grid, words, places)

        accesses = [Access(v.slot, Mode.IN, *v.span()) for v in inputs]
        accesses += [Access(v.slot, Mode.OUT, *v.span()) for v in outputs]
        return Queued(
            name,
            self.device,
            Lane.COMPUTE,
            Stub("launch", block),
            tuple(accesses),
            source,
            seconds,
            room_nbytes=room_nbytes(len(words)),
        )

    def _kernel(self, form: GridForm, body: Graph) -> GridKernel:
        known = self._kernels.get(form)
        if known is None:
            known = self._kernels[form] = print_grid(form, body)
        return known


def _operand(plan: GridPlan, number: int, view: View) -> Operand:
    """Return what a kernel does to an operand, from the address in its word on."""
    start, stop = View(0, view.dtype, view.shape, strides_of(view)).span()
    word = plan.places[number]
    shift = plan.template[word]
    return Operand(word, int(start - shift), int(stop - shift), view.mode)

"""The CUDA backend: kernels as launches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from lazydag.backends.cuda.capability import runs
from lazydag.backends.cuda.device import GpuDevice
from lazydag.backends.cuda.grid import GridKernel
from lazydag.backends.cuda.grids import Form, is_grid, plan_grids, print_form
from lazydag.backends.cuda.launches import Launch, launch_of, queued_launches
from lazydag.backends.cuda.library import queued_call
from lazydag.backends.cuda.library.table import library_call
from lazydag.backends.cuda.queued import Queued
from lazydag.errors import SourceLine, UnsupportedError
from lazydag.ir.graph import Graph
from lazydag.runtime import Access, Mode, View
from lazydag.runtime.placeholders import written


@dataclass(slots=True)
class CudaBackend:
    """Makes launches of kernels for one GPU; texts are kept by form."""

    device: GpuDevice
    runs_programs: ClassVar[bool] = False
    _kernels: dict[Form, GridKernel] = field(default_factory=dict)

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

        For a call that can fail, a view for its codes follows the outputs.

        Raises
        ------
        UnsupportedError
            If nothing on the device computes it.
        """
        if not runs(body):
            what = f"kernel {name} cannot run on {self.device.name}"
            raise UnsupportedError(what, at=source)
        if not is_grid(body):
            call = library_call(body)
            assert call is not None
            given = self.device, name, call, inputs, outputs
            return queued_call(*given, source, seconds)
        accesses = [Access(v.slot, Mode.IN, *v.span()) for v in inputs]
        accesses += map(written, outputs)
        launches = self.launches(name, body, inputs, outputs)
        return queued_launches(name, launches, accesses, source, seconds)

    def launches(
        self,
        name: str,
        body: Graph,
        inputs: Sequence[View],
        outputs: Sequence[View],
    ) -> list[Launch]:
        """Return the launches that compute a body by grids of ours, in their order."""
        return [
            launch_of(self.device, name, self._kernel(plan.form, body), plan)
            for plan in plan_grids(body, inputs, outputs)
        ]

    def _kernel(self, form: Form, body: Graph) -> GridKernel:
        known = self._kernels.get(form)
        if known is None:
            known = self._kernels[form] = print_form(form, body)
        return known

"""The work of a kernel: what computes it, by what it is and where it was placed."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from lazydag.backends.backend import Backend
from lazydag.backends.evaluation import call_arguments, evaluator
from lazydag.backends.work import Work
from lazydag.compiler import devices
from lazydag.compiler.joined import joined_tasks
from lazydag.compiler.planned_region import PlannedRegion
from lazydag.compiler.programs import program_for, run_program, wished_tile
from lazydag.compiler.scatters import scatter_tasks
from lazydag.compiler.session import host_target
from lazydag.compiler.spawned import FarTask
from lazydag.compiler.staging import Staging
from lazydag.compiler.tiled import is_tiled
from lazydag.compiler.whereabouts import Past
from lazydag.compiler.writes import write_tasks
from lazydag.ir.attrs import KernelAttrs, bodies_of
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.passes.place.streamed import is_streamed
from lazydag.passes.work import cost_key, product_of, update_of, write_of
from lazydag.runtime import CallTask, Slot, View


class Control(Protocol):
    """Makes what loops and branches are."""

    @property
    def is_inner(self) -> bool:
        """Whether all is part of other work on a device, which waits for it."""
        ...

    def near(self, body: Graph, inputs: Sequence[View]) -> Callable[..., None]:
        """Return what runs that of a kernel's body on the host, for such inputs."""
        ...

    def far(
        self,
        kernel: Node,
        inputs: Sequence[View],
        outputs: Sequence[View],
        slots: list[Slot],
        spaces: dict[int, str],
    ) -> list[Work]:
        """Return the work that a kernel is on a device."""
        ...


@dataclass(frozen=True, slots=True)
class Placed:
    """A kernel, and where its arrays lie.

    Parameters
    ----------
    seconds
        The estimate of it.
    in_place
        Whether what it changes lies where the result will.
    """

    kernel: Node
    inputs: Sequence[View]
    outputs: Sequence[View]
    seconds: float
    in_place: bool

    @property
    def attrs(self) -> KernelAttrs:
        """What is computed, and where."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        return self.kernel.attrs

    @property
    def body(self) -> Graph:
        """What is computed."""
        return self.attrs.body

    @property
    def is_control(self) -> bool:
        """Whether it is a loop or a branch."""
        return bool(bodies_of(self.body.outputs[0].attrs))

    @property
    def key(self) -> Hashable:
        """The same for kernels that do the same to the same buffers."""
        kernel = self.kernel
        look = (self.attrs, kernel.source, wished_tile(kernel))
        return (*look, self.in_place, *self.inputs, *self.outputs)


@dataclass(frozen=True, slots=True)
class KernelWorks:
    """Makes the work of kernels.

    Parameters
    ----------
    staging
        The host's backend, the target, slots and spaces of the plan, to which what
        kernels need is appended.
    control
        Makes what loops and branches are; None to evaluate them node by node.
    """

    staging: Staging
    control: Control | None
    # Loops that were written out do the same to the same buffers, again and again.
    _known: dict[Hashable, Sequence[Work | FarTask]] = field(default_factory=dict)

    def works(self, placed: Placed, past: Past) -> Sequence[Work | FarTask]:
        """Return the work of a kernel, of which the last is what its cost is for.

        Parameters
        ----------
        past
            The work of the plan before it.
        """
        key = placed.key
        if key not in self._known:
            self._known[key] = self._made(placed, past)
        return self._known[key]

    def _made(self, placed: Placed, past: Past) -> Sequence[Work | FarTask]:
        backend = self._backend(placed)
        return (
            self._program_tasks(placed, backend, past)
            or self._far_control(placed)
            or self._far_tasks(placed, backend)
            or self._kernel_tasks(placed, backend)
        )

    def _backend(self, placed: Placed) -> Backend:
        kernel, way = placed.kernel, placed.attrs.device
        is_near = devices.is_near(kernel) or is_tiled(way) or is_streamed(kernel)
        return self.staging.host if is_near else devices.backend_of(kernel)

    def _program_tasks(
        self, placed: Placed, backend: Backend, past: Past
    ) -> Sequence[Work | FarTask]:
        """Return the tasks of a kernel that a tile program computes; none of others."""
        at, kernel = self.staging, placed.kernel
        arrays = (kernel, placed.inputs, placed.outputs)
        aim = host_target() if at.target is None else at.target
        if is_tiled(placed.attrs.device):
            from lazydag.compiler.groups import tiled_tasks  # noqa: PLC0415 -- with BLAS

            return tiled_tasks(*arrays, at.slots, past, aim, backend)
        program = program_for(placed.body) if backend.runs_programs else None
        if program is None:
            return []
        region = PlannedRegion(at.slots, kernel.source, aim)
        run_program(program, *arrays, region)
        return region.tasks()

    def _far_control(self, placed: Placed) -> list[Work]:
        """Return the work of a loop or branch on a device; none of other kernels."""
        at, control, kernel = self.staging, self.control, placed.kernel
        if control is None or devices.is_near(kernel) or not placed.is_control:
            return []
        arrays = (kernel, placed.inputs, placed.outputs)
        return _keyed(kernel, control.far(*arrays, at.slots, at.spaces))

    def _far_tasks(self, placed: Placed, backend: Backend) -> list[Work]:
        """Return the tasks of a kernel that only devices compute so; none of others."""
        if devices.is_near(placed.kernel):
            return []
        from lazydag.compiler.far_works import far_tasks  # noqa: PLC0415 -- GPUs

        arrays = (placed.kernel, placed.inputs, placed.outputs)
        return far_tasks(*arrays, backend, self.staging, placed.seconds)

    def _kernel_tasks(self, placed: Placed, backend: Backend) -> list[Work]:
        """Return the tasks of a kernel that one backend computes."""
        run = self._near_control(placed)
        if run is None:
            return _keyed(placed.kernel, _tasks(placed, backend))
        views = call_arguments(placed.inputs, placed.outputs)
        name, source = placed.body.name, placed.kernel.source
        call = CallTask(name, run, views, source, placed.seconds)
        return _keyed(placed.kernel, [call])

    def _near_control(self, placed: Placed) -> Callable[..., None] | None:
        """Return what runs a loop or branch on the host; None for other kernels."""
        if not (devices.is_near(placed.kernel) and placed.is_control):
            return None
        if self.control is None:
            return evaluator(placed.body)
        return self.control.near(placed.body, placed.inputs)


def _keyed(kernel: Node, works: Sequence[Work]) -> list[Work]:
    """Return work of which the last takes the time of a kernel."""
    *before, last = works
    name, bucket = cost_key(kernel)
    return [*before, replace(last, key=name, bucket=bucket)]


def _tasks(placed: Placed, backend: Backend) -> list[Work]:
    kernel, inputs, outputs = placed.kernel, placed.inputs, placed.outputs
    attrs, seconds, in_place = placed.attrs, placed.seconds, placed.in_place
    if write_of(attrs.body) is not None:
        (out,) = outputs
        return write_tasks(kernel, inputs, out, backend, seconds, in_place=in_place)
    if update_of(attrs.body) is not None:
        (out,) = outputs
        return scatter_tasks(kernel, inputs, out, backend, seconds, in_place=in_place)
    if product_of(attrs.body) is not None:
        return joined_tasks(kernel, inputs, outputs, backend, seconds)
    task = backend.lower_kernel(
        attrs.body.name,
        attrs.body,
        inputs,
        outputs,
        attrs.tile or (),
        source=kernel.source,
        seconds=seconds,
    )
    return [task]

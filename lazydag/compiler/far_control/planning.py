"""From the kernel of a loop or branch on a device to the work that it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lazydag.backends.work import Work
from lazydag.compiler.bodies import BodyPlanner
from lazydag.compiler.far_control.branches import far_branch
from lazydag.compiler.far_control.buffers import Buffers
from lazydag.compiler.far_control.loops import FarLoop
from lazydag.compiler.far_control.operation import Operation
from lazydag.compiler.far_control.sweeps import far_sweeps
from lazydag.ir.attrs import BranchAttrs, KernelAttrs, LoopAttrs, StencilAttrs
from lazydag.ir.node import Node
from lazydag.runtime import View

if TYPE_CHECKING:
    from lazydag.backends.cuda.backend import CudaBackend


def control_works(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    backend: CudaBackend,
    buffers: Buffers,
    planner: BodyPlanner,
) -> list[Work]:
    """Return the work of a kernel that is a loop or branch; the last is itself.

    Parameters
    ----------
    planner
        Plans bodies for the device.
    """
    made = Operation(kernel, inputs, outputs, backend, buffers, planner)
    attrs = made.first.attrs
    if isinstance(attrs, StencilAttrs):
        return _sweeps(made, attrs)
    if isinstance(attrs, LoopAttrs):
        work = made.work(*FarLoop(made, attrs).planned())
    else:
        assert isinstance(attrs, BranchAttrs)
        work = made.work(*far_branch(made, attrs))
    return [*made.before, work]


def _sweeps(made: Operation, attrs: StencilAttrs) -> list[Work]:
    """Return a stencil as work."""
    assert isinstance(made.kernel.attrs, KernelAttrs)
    nodes = made.kernel.attrs.body.outputs
    numbers = [node.attrs.output for node in nodes]  # type: ignore[union-attr]
    sources = [made.source(number) for number in range(len(made.first.srcs))]
    results = dict(zip(numbers, made.outputs, strict=True))
    given = made.kernel, attrs, sources, results
    return [*made.before, *far_sweeps(*given, made.backend, made.buffers)]

"""What loops, branches and stencils on devices have in common: operands and results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lazydag.backends.cuda.queued import Lane, Queued
from lazydag.backends.work import Work
from lazydag.compiler.bodies import BodyPlanner
from lazydag.compiler.far_control import runs
from lazydag.compiler.far_control.bodies import Error, FarBody, far_body
from lazydag.compiler.far_control.buffers import Buffers
from lazydag.compiler.far_control.put import PutSteps
from lazydag.compiler.views import contiguous_strides
from lazydag.errors import KernelError, LazydagError
from lazydag.ir.attrs import KernelAttrs, ParamAttrs
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import Node, array_type
from lazydag.ir.types import ArrayType
from lazydag.runtime import Mode, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.backend import CudaBackend


@dataclass(slots=True)
class Operation:
    """A loop, branch or stencil being planned.

    Attributes
    ----------
    before
        Work that makes operands ready.
    """

    kernel: Node
    inputs: Sequence[View]
    outputs: Sequence[View]
    backend: CudaBackend
    buffers: Buffers
    planner: BodyPlanner
    before: list[Work] = field(default_factory=list)

    @property
    def first(self) -> Node:
        """The operation, or the first of its results that is wanted."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        return self.kernel.attrs.body.outputs[0]

    @property
    def results(self) -> dict[int, runs.Place]:
        """Where the results go that are wanted."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        nodes = self.kernel.attrs.body.outputs
        return {
            node.attrs.output: self.buffers.place(view, Mode.OUT)  # type: ignore[union-attr]
            for node, view in zip(nodes, self.outputs, strict=True)
        }

    def source(self, number: int) -> View:
        """Return where a source lies."""
        src = self.first.srcs[number]
        if isinstance(src.attrs, ParamAttrs):
            return self.inputs[src.attrs.slot]
        type_ = array_type(src)
        target = self.buffers.array(type_.sizes, type_.dtype)
        self._compute(make_graph("constant", [], [src], Stage.SIMPLIFIED), [], target)
        return replace(target, mode=Mode.IN)

    def compact(self, number: int) -> runs.Place:
        """Return where a source lies without gaps."""
        view = self.source(number)
        if view.strides not in {None, contiguous_strides(view.shape, view.dtype)}:
            target = self.buffers.array(view.shape, view.dtype)
            self.copy(view, target)
            view = replace(target, mode=Mode.IN)
        return self.buffers.place(view, Mode.IN)

    def copy(self, source: View, target: View) -> None:
        """Append a copy of an array."""
        own = param(0, ArrayType(source.shape, source.dtype))
        body = make_graph("copy", [own], [own], Stage.SIMPLIFIED)
        self._compute(body, [source], target)

    def _compute(self, body: Graph, inputs: Sequence[View], target: View) -> None:
        source = self.kernel.source
        self.before.append(
            self.backend.lower_kernel(
                body.name, body, inputs, [target], (), source=source
            )
        )

    def body(self, graph: Graph, carries: int = 0, first: int = 0) -> FarBody:
        """Return a body, planned for the device."""
        return far_body(graph, self.planner, self.buffers, carries, first)

    def work(
        self, steps: Callable[[runs.Buffers], None], errors: Sequence[Error]
    ) -> Queued:
        """Return the loop or branch as work."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        return Queued(
            self.kernel.attrs.body.name,
            self.backend.device,
            Lane.COMPUTE,
            PutSteps(steps, self.buffers),
            tuple(self.buffers.accesses),
            self.kernel.source,
            error=_one_of(errors),
        )


def _one_of(errors: Sequence[Error]) -> Error | None:
    """Return the error of what one of several kernels tells."""
    if len(errors) > 1:
        return _somewhere
    return errors[0] if errors else None


def _somewhere(_: int) -> LazydagError:
    return KernelError("a kernel failed in a step of a loop or branch on a device")

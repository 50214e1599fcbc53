"""Loops and branches: from the body of their kernel to what a call task calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from lazydag.backends.evaluation import evaluator
from lazydag.backends.work import Work
from lazydag.compiler import devices
from lazydag.compiler.bodies import BodyPlan, giving, plan_body
from lazydag.compiler.branches import Branch
from lazydag.compiler.kernel_works import Control
from lazydag.compiler.layout import Layout
from lazydag.compiler.loops import Loop
from lazydag.compiler.lower import Lowered, lower
from lazydag.compiler.operands import Operands
from lazydag.compiler.pipeline import BODY_PIPELINE, kernel_costs, stages
from lazydag.compiler.session import session
from lazydag.compiler.stencils import plan_sweeps
from lazydag.compiler.views import contiguous_strides
from lazydag.cost.target import Target
from lazydag.errors import UnsupportedError
from lazydag.ir.attrs import BranchAttrs, LoopAttrs, ParamAttrs, StencilAttrs
from lazydag.ir.graph import Graph, make_graph
from lazydag.ir.node import Node
from lazydag.ir.reference import evaluate_graph
from lazydag.passes.memory_plan import MemoryPlan
from lazydag.passes.pins import without_pins
from lazydag.passes.plan_memory import plan_memory
from lazydag.runtime import Slot, View


def control_for(target: Target) -> Control:
    """Return what makes loops and branches runnable on a target."""
    return _Control(target)


@dataclass(frozen=True, slots=True)
class _Control:
    target: Target
    is_inner: bool = False

    def near(self, body: Graph, inputs: Sequence[View]) -> Callable[..., None]:
        """Return what runs a loop or branch on the host; see `Control`."""
        near = replace(self.target, devices=(self.target.default,))
        return _on_the_host(near, body, inputs)

    def far(
        self,
        kernel: Node,
        inputs: Sequence[View],
        outputs: Sequence[View],
        slots: list[Slot],
        spaces: dict[int, str],
    ) -> list[Work]:
        """Return the work of a loop or branch on a device; see `Control`."""
        from lazydag.compiler.far_control.buffers import Buffers  # noqa: PLC0415 -- GPUs
        from lazydag.compiler.far_control.planning import (  # noqa: PLC0415 -- same
            control_works,
        )

        backend = devices.backend_of(kernel)
        device = self.target.device(backend.name)
        alone = replace(self.target, devices=(device,), links=())
        buffers = Buffers(backend.device, slots, spaces)
        planner = partial(_planned, alone, is_inner=True)
        return control_works(kernel, inputs, outputs, backend, buffers, planner)


def _on_the_host(
    target: Target, body: Graph, inputs: Sequence[View]
) -> Callable[..., None]:
    """Plan the bodies of a loop or branch, the only op of a kernel's body."""
    first = body.outputs[0]
    sources = [_source(src) for src in first.srcs]
    wanted = [node.attrs.output for node in body.outputs]  # type: ignore[union-attr]
    if isinstance(first.attrs, StencilAttrs):
        return _stencil(target, body, sources, inputs, wanted)
    layouts = [_layout(s, inputs) for s in sources]
    operands = Operands(sources, len(inputs), wanted)
    planner = partial(_planned, target)
    if isinstance(first.attrs, LoopAttrs):
        plan = _loop(first.attrs, wanted, layouts, planner)
        return Loop(first.attrs, plan, operands)
    assert isinstance(first.attrs, BranchAttrs)
    plans = [
        plan_body(giving(each, wanted), layouts[1:], planner)
        for each in first.attrs.bodies
    ]
    return Branch(plans, operands)


def _stencil(
    target: Target,
    body: Graph,
    sources: Sequence[Any],
    inputs: Sequence[View],
    wanted: Sequence[int],
) -> Callable[..., None]:
    """Return what makes the sweeps of a stencil; without kernels NumPy does."""
    attrs = body.outputs[0].attrs
    assert isinstance(attrs, StencilAttrs)
    views = [_source_view(slot, source, inputs) for slot, source in enumerate(sources)]
    operands = Operands(sources, len(inputs), wanted)
    try:
        return plan_sweeps(attrs, views, wanted, operands, target)
    except UnsupportedError:
        return evaluator(body)


def _source_view(slot: int, source: Any, inputs: Sequence[View]) -> View:
    """Return how a source lies, from its first element on, as an array in a slot."""
    if isinstance(source, int):
        view = inputs[source]
        strides = view.strides or contiguous_strides(view.shape, view.dtype)
        return View(slot, view.dtype, view.shape, strides)
    return View(slot, source.dtype, source.shape, source.strides)


def _loop(
    attrs: LoopAttrs, wanted: Sequence[int], layouts: list[Layout], planner: Any
) -> BodyPlan:
    carries, rows = attrs.carries, attrs.rows
    stacks = [output for output in wanted if output >= carries]
    body = giving(attrs.body, [*range(carries), *stacks])
    # Carries have buffers of their own, and a row is an array without the first axis.
    plain: list[Layout] = [None] * (1 + carries)
    cut = [None if each is None else each[1:] for each in layouts[carries:][:rows]]
    given = [*plain, *cut, *layouts[carries + rows :]]
    return plan_body(body, given, planner, carries, 1)


def _source(src: Node) -> Any:
    """Return the slot of a parameter, or the value of a constant."""
    if isinstance(src.attrs, ParamAttrs):
        return src.attrs.slot
    (value,) = evaluate_graph(make_graph("constant", [], [src]), [])
    return np.array(value)


def _layout(source: Any, inputs: Sequence[View]) -> Layout:
    if not isinstance(source, int):
        return None
    view = inputs[source]
    if view.strides == contiguous_strides(view.shape, view.dtype):
        return None
    return view.strides


def _planned(
    target: Target,
    graph: Graph,
    layouts: Sequence[Layout],
    replaced: Mapping[int, int],
    *,
    is_inner: bool = False,
) -> tuple[Graph, Lowered, MemoryPlan]:
    """Plan a body; parameters in `replaced` may be written over."""
    placed = stages(without_pins(graph), target, pipeline=BODY_PIPELINE)[-1]
    memory = plan_memory(placed, target, replaced)
    costs = kernel_costs(placed, target, corrected=False)
    control = _Control(target, is_inner)
    backend = session().backend
    aim = None if is_inner else target
    lowered = lower(placed, memory, layouts, backend, costs, control, aim)
    return placed, lowered, memory

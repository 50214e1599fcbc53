"""Task graphs compute what their graphs say, however the arguments lie."""

import numpy as np
import pytest
from hypothesis import given, settings

from lazydag.backends.reference.backend import ReferenceBackend
from lazydag.compiler.layout import layout_of
from lazydag.compiler.lower import lower
from lazydag.compiler.pipeline import kernel_costs, stages
from lazydag.compiler.plan import Plan
from lazydag.compiler.session import memory_pool
from lazydag.errors import UnsupportedError
from lazydag.ir.graph import Graph
from lazydag.ir.ops import Kind
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.text import parse
from lazydag.passes.plan_memory import plan_memory
from lazydag.runtime import CallTask, Role
from tests.compiler.layouts import any_layout
from tests.passes.programs import do, graph_of, inputs
from tests.passes.targets import LAPTOP, WITH_GPU
from tests.passes.test_pipeline import assert_same_bits
from tests.strategies import USUAL_KINDS, arrays_for, graphs, seeds

ALL_KINDS = (*USUAL_KINDS, Kind.LIBRARY)


def plan_of(graph: Graph, arrays, target=LAPTOP) -> Plan:
    """Return a plan whose tasks evaluate kernels node by node."""
    found = stages(graph, target, checked=True)
    memory = plan_memory(found[-1], target)
    layouts = [layout_of(a) for a in arrays]
    costs = kernel_costs(found[-1], target)
    lowered = lower(found[-1], memory, layouts, ReferenceBackend(), costs)
    return Plan(found, lowered, memory, target, memory_pool())


def run_alone(plan: Plan, arrays):
    """Run the tasks one after the other on plain memory, without an executor."""
    lowered, graph = plan.lowered, plan.lowered.task_graph
    memory = [np.zeros(s.nbytes, np.uint8) for s in graph.slots]
    for slot, (array, start) in enumerate(zip(arrays, lowered.starts, strict=True)):
        ready = array
        if slot in lowered.compact:
            ready = np.ascontiguousarray(array).reshape(array.shape)
        size = graph.slots[slot].nbytes
        strides = ready.strides if ready.size else None
        window = np.ndarray(ready.shape, ready.dtype, memory[slot], -start, strides)
        assert not ready.size or -start + ready.itemsize <= size
        window[...] = ready
    for task in graph.tasks:
        assert isinstance(task, CallTask)
        task.function(*(array_at(memory, view) for view in task.arguments))
    return [array_at(memory, view) for view in lowered.outputs]


def array_at(memory, view):
    return np.ndarray(
        view.shape, view.dtype, memory[view.slot], view.offset, view.strides
    )


@settings(max_examples=200)
@given(graphs(kinds=ALL_KINDS), seeds)
def test_any_layout_gives_the_same_bits(graph, seed):
    rng = np.random.default_rng(seed)
    arrays = [any_layout(a, rng) for a in arrays_for(graph, seed)]
    plan = plan_of(graph, arrays)
    expected = evaluate_graph(plan.graphs[-1], arrays)
    assert_same_bits(run_alone(plan, arrays), expected)


@settings(max_examples=60)
@given(graphs(kinds=ALL_KINDS), seeds)
def test_plans_run_on_the_executor(graph, seed):
    rng = np.random.default_rng(seed)
    arrays = [any_layout(a, rng) for a in arrays_for(graph, seed)]
    before = [a.copy() for a in arrays]
    plan = plan_of(graph, arrays)
    results = plan.run(arrays)
    assert_same_bits(results, evaluate_graph(plan.graphs[-1], arrays))
    assert_same_bits(arrays, before)
    for i, result in enumerate(results):
        others = (*arrays, *results[:i])
        assert not any(np.shares_memory(result, other) for other in others)


def test_a_reshape_of_an_argument_with_gaps_copies_it():
    graph = parse(
        """graph @f(%x: f64[3,4], %y: f64[12])  stage=traced
             %0: f64[12] = reshape %x
             %1 = add %0 %y
             return %1"""
    )
    x, y = np.arange(12.0).reshape(4, 3).T, np.ones(24)[::2]
    plan = plan_of(graph, [x, y])
    assert plan.lowered.compact == {0}
    (result,) = run_alone(plan, [x, y])
    np.testing.assert_array_equal(result, x.reshape(12) + y)


def test_a_reshape_that_is_a_view_does_not():
    graph = parse(
        """graph @f(%x: f64[4,1,3])  stage=traced
             %0: f64[4,3,1] = reshape %x
             %1 = neg %0
             return %1"""
    )
    x = np.arange(24.0).reshape(4, 1, 6)[:, :, ::2]
    plan = plan_of(graph, [x])
    assert not plan.lowered.compact
    (result,) = run_alone(plan, [x])
    np.testing.assert_array_equal(result, -x.reshape(4, 3, 1))


def test_reversed_arguments_begin_before_their_first_element():
    graph = parse(
        """graph @f(%x: f64[5])  stage=traced
             %0 = neg %x
             return %0"""
    )
    x = np.arange(10.0)[::-2]
    plan = plan_of(graph, [x])
    assert plan.lowered.starts == (-64,)
    assert plan.task_graph.slots[0].nbytes == 72
    np.testing.assert_array_equal(run_alone(plan, [x])[0], -x)


def test_slots_are_as_large_as_strides_reach():
    graph = parse(
        """graph @f(%x: f64[4,4], %y: f64[0,4])  stage=traced
             %0 = neg %x
             %1 = neg %y
             return %0, %1"""
    )
    x, y = np.zeros((8, 8))[::2, ::2], np.zeros((0, 4))
    slots = plan_of(graph, [x, y]).task_graph.slots
    params = [s.nbytes for s in slots if s.role is Role.PARAM]
    assert params == [8 * (6 * 8 + 6 + 1), 0]


def test_other_devices_are_refused_before_anything_runs():
    (x,) = inputs("f64[20000000]")
    value = x
    for _ in range(4):
        value = do("pow", value, x)
    graph = graph_of([x], value)
    array = np.broadcast_to(1.0, x.type.shape)
    with pytest.raises(UnsupportedError, match=r"on gpu:0.*there is no backend"):
        plan_of(graph, [array], WITH_GPU)


def test_a_product_that_overflows_says_nothing():
    graph = parse(
        """graph @f(%x: f32[2,2])  stage=traced
             %0: f32[2,2] = matmul %x %x
             return %0"""
    )
    x = np.full((2, 2), 1e30, np.float32)
    plan = plan_of(graph, [x])
    (result,) = plan.run([x])
    assert np.isposinf(result).all()

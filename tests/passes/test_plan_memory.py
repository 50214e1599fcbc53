"""Buffers: reused when free, written over only where that is safe, and no more."""

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.ir.attrs import GetAttrs, KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reference import evaluate_graph
from lazydag.passes.memory_plan import MemoryPlan, value_of
from lazydag.passes.plan_memory import plan_memory
from lazydag.runtime import Role
from tests.passes.programs import (
    LARGE,
    do,
    graph_of,
    inputs,
    planned,
    reduce,
    spread,
    transpose,
)
from tests.passes.targets import FOUR_GPUS, LAPTOP, WITH_GPU
from tests.passes.test_pipeline import assert_same_bits
from tests.strategies import USUAL_KINDS, arrays_for, graphs, seeds

SIZE = 8 * LARGE
X = f"f64[{LARGE}]"


def temporaries(plan: MemoryPlan) -> list[int]:
    return [s.nbytes for s in plan.slots if s.role is Role.TEMPORARY]


def steps_apart(x, count):
    """A chain that cannot be fused, since each step needs a sum of the one before."""
    for _ in range(count):
        x = do("exp", do("sub", x, reduce("sum", x)))
        x = do("pow", x, x)
    return x


def run_in_slots(graph: Graph, plan: MemoryPlan, arrays):
    """Evaluate step by step, each value in its slot's memory alone."""
    memory = [np.zeros(slot.nbytes, np.uint8) for slot in plan.slots]

    def load(node):
        if node.op.kind is Kind.MOVEMENT:
            return node.op.evaluate(node.attrs, load(node.srcs[0]))
        value = value_of(node)
        if value is None:
            return arrays[node.attrs.slot]
        slot = plan.buffers[value].slot
        raw = memory[slot][: node.type.nbytes].view(node.type.dtype)
        return raw.reshape(node.type.shape)

    for step in plan.steps:
        operands = [load(s).copy() for s in step.srcs]
        results = operands
        if isinstance(step.attrs, KernelAttrs):
            results = evaluate_graph(step.attrs.body, operands)
        for index, result in enumerate(results):
            raw = np.ascontiguousarray(result).reshape(-1).view(np.uint8)
            memory[plan.buffers[step, index].slot][: raw.size] = raw
    return [load(o).copy() for o in graph.outputs]


ALL_KINDS = (*USUAL_KINDS, Kind.LIBRARY)


@settings(max_examples=150)
@given(graphs(kinds=ALL_KINDS), seeds, st.sampled_from((LAPTOP, WITH_GPU, FOUR_GPUS)))
def test_values_survive_in_their_slots(graph, seed, target):
    placed = planned(graph, target)
    plan = plan_memory(placed, target)
    arrays = arrays_for(graph, seed)
    result = run_in_slots(placed, plan, arrays)
    assert_same_bits(result, evaluate_graph(placed, arrays))


@given(graphs(kinds=ALL_KINDS, max_nodes=20))
def test_lifetimes_in_a_slot_do_not_overlap(graph):
    placed = planned(graph)
    plan = plan_memory(placed, LAPTOP)
    wanted = {value_of(o) for o in placed.outputs}
    lives: dict[int, list[tuple[int, int]]] = {}
    for value, buffer in plan.buffers.items():
        # An output lives on; what is written in place begins where the other ends.
        end = len(plan.steps) if value in wanted else buffer.last
        start = buffer.first + (0.5 if buffer.in_place else 0)
        lives.setdefault(buffer.slot, []).append((start, end))
    for spans in lives.values():
        spans.sort()
        for (_, end), (start, _) in pairwise(spans):
            assert start > end


@given(graphs(kinds=ALL_KINDS))
def test_slots_hold_what_lies_in_them(graph):
    placed = planned(graph)
    plan = plan_memory(placed, LAPTOP)
    for (step, index), buffer in plan.buffers.items():
        item = step.type.items[index]
        assert plan.slots[buffer.slot].nbytes >= item.nbytes
    for output in placed.outputs:
        slot = plan.slots[plan.buffers[value_of(output)].slot]
        assert slot.role is Role.OUTPUT
        assert slot.nbytes == output.type.nbytes
    own = sum(s.nbytes for s in plan.slots if s.role is not Role.PARAM)
    assert plan.peak_nbytes == own


def test_a_long_chain_takes_turns():
    (x,) = inputs(X)
    placed = planned(graph_of([x], reduce("sum", steps_apart(x, 10))))
    large = [n for n in temporaries(plan_memory(placed, LAPTOP)) if n >= SIZE]
    assert 1 <= len(large) <= 2


def test_the_last_reader_writes_over_its_operand():
    x, y = inputs(X, X)
    value = do("exp", do("mul", x, reduce("sum", do("pow", x, y))))
    outer = do("pow", do("sub", value, reduce("amax", value)), y)
    plan = plan_memory(planned(graph_of([x, y], outer)), LAPTOP)
    assert plan.peak_nbytes < 1.1 * SIZE


def test_a_transposed_operand_is_not_written_over():
    (x,) = inputs("f64[1024,1024]")
    root = do("pow", x, x)
    value = do("pow", root, reduce("sum", root))
    plan = plan_memory(planned(graph_of([x], do("matmul", value, value))), LAPTOP)
    kernel = OPS["kernel"]
    calls = [k for k in plan.steps if k.op is kernel and "matmul" in k.attrs.body.name]
    assert not any(plan.buffers[k, 0].in_place for k in calls)
    t = do("sub", transpose(root), reduce("sum", root))
    plan = plan_memory(planned(graph_of([x], t)), LAPTOP)
    last = plan.steps[-1]
    assert not plan.buffers[last, 0].in_place


def test_a_broadcast_operand_is_not_written_over():
    r, x = inputs("f64[1000]", "f64[1000,1000]")
    row = do("matmul", spread(r, (1, 1000)), x)
    plan = plan_memory(planned(graph_of([r, x], do("add", x, row))), LAPTOP)
    assert not any(b.in_place for b in plan.buffers.values())


def test_an_operand_read_later_is_not_written_over():
    (x,) = inputs("f64[500,500]")
    first = do("matmul", x, x)
    second = do("exp", first)
    third = do("matmul", second, first)
    plan = plan_memory(planned(graph_of([x], third)), LAPTOP)
    assert not any(b.in_place for b in plan.buffers.values())


def test_outputs_are_never_temporaries_of_others():
    (x,) = inputs("f64[500,500]")
    first = do("matmul", x, x)
    second = do("exp", first)
    third = do("matmul", second, x)
    placed = planned(graph_of([x], first, third))
    plan = plan_memory(placed, LAPTOP)
    slots = [plan.buffers[value_of(o)].slot for o in placed.outputs]
    assert len(set(slots)) == 2
    assert not any(b.in_place for b in plan.buffers.values())


def test_two_operands_make_room_for_two_outputs():
    (x,) = inputs("f64[500,500]")
    a, b = do("matmul", x, x), do("matmul", x, transpose(x))
    plan = plan_memory(planned(graph_of([x], do("add", a, b), do("sub", a, b))), LAPTOP)
    last = plan.steps[-1]
    assert plan.buffers[last, 1].in_place  # a is made where the first output will be
    assert plan.peak_nbytes == 2 * 8 * 500 * 500


def test_a_scalar_does_not_take_a_large_buffer():
    (x,) = inputs("f64[500,500]")
    a = do("matmul", x, x)
    b = do("matmul", a, a)
    total = reduce("sum", b)
    c = do("matmul", do("mul", x, total), x)
    d = reduce("sum", do("matmul", c, x))
    plan = plan_memory(planned(graph_of([x], do("add", d, total))), LAPTOP)
    large = [n for n in temporaries(plan) if n >= 8 * 500 * 500]
    assert len(large) == 2


def test_each_space_has_its_peak():
    (x,) = inputs(f"f64[{20 * LARGE}]")
    value = x
    for _ in range(4):
        value = do("pow", value, x)
    placed = planned(graph_of([x], value), WITH_GPU)
    plan = plan_memory(placed, WITH_GPU)
    nbytes = x.type.nbytes
    # The copy of x, in the argument's order, and what becomes of it there; the
    # result's copy here.
    assert plan.peaks == {"ram": nbytes, "gpu0": 2 * nbytes}
    assert [type(s.attrs) is KernelAttrs for s in plan.steps] == [False, True, False]


def test_nothing_to_plan():
    (x,) = inputs("f64[0,3]")
    plan = plan_memory(planned(graph_of([x], do("exp", x))), LAPTOP)
    assert plan.peak_nbytes == 0


@pytest.mark.parametrize("count", [3000])
def test_long_schedules_are_planned_quickly(count):
    (x,) = inputs("f64[4,4]")
    values, random = [x], Random(0)
    for _ in range(count):  # in no order that could be rolled up
        pair = [values[-1], transpose(values[-1])]
        random.shuffle(pair)
        values.append(do("matmul", *pair))
    placed = planned(graph_of([x], values[-1]))
    plan = plan_memory(placed, LAPTOP)
    assert len(temporaries(plan)) == 2
    assert isinstance(placed.outputs[0].attrs, GetAttrs)

"""Pins: what they bind, where results stay, and that they change no bit."""

from random import Random

import pytest
from hypothesis import given

from lazydag.compiler import plan
from lazydag.errors import TargetError
from lazydag.ir import attrs as a
from lazydag.ir.graph import Stage, make_graph, rebuild, with_sources
from lazydag.ir.node import const, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.text import dump, parse
from lazydag.ir.types import F64
from lazydag.passes.pins import bound
from lazydag.passes.place import Place
from lazydag.passes.place.copies import space_of
from tests.compiler.test_plans import assert_same_bits
from tests.passes.programs import (
    do,
    graph_of,
    inputs,
    kernels,
    planned,
    reduce,
    spread,
    transpose,
)
from tests.passes.targets import FOUR_GPUS, LAPTOP, WITH_GPU
from tests.strategies import arrays_for, graphs, seeds

SMALL = "f64[1000]"


def pin(value, device, *, made=True):
    return make(OPS["pin"], value, attrs=a.PinAttrs(device, made))


def devices(graph):
    return [kernel.attrs.device for kernel in kernels(graph)]


def copies(graph):
    return [n.attrs.space for n in graph.nodes() if isinstance(n.attrs, a.CopyAttrs)]


def ends(graph, target=FOUR_GPUS):
    return [space_of(output, target) for output in graph.outputs]


def test_what_makes_a_pinned_array_runs_there():
    (x,) = inputs(SMALL)
    here = planned(graph_of([x], do("exp", x)), FOUR_GPUS)
    there = planned(graph_of([x], pin(do("exp", x), "gpu:2")), FOUR_GPUS)
    assert devices(here) == ["cpu:0"]
    assert devices(there) == ["gpu:2"]
    assert copies(there) == ["gpu2"]
    assert ends(there) == ["gpu2"]


def test_so_does_what_is_computed_for_it_alone():
    (x,) = inputs("f64[100,100]")
    first = do("matmul", x, x)
    second = do("matmul", first, first)
    graph = graph_of([x], pin(second, "gpu:1"))
    assert devices(planned(graph, FOUR_GPUS)) == ["gpu:1", "gpu:1"]
    graph = graph_of([x], pin(second, "gpu:1"), do("neg", first))
    assert bound(graph.nodes(), graph.outputs) == {second: "gpu:1"}


def test_up_to_other_pins():
    (x,) = inputs("f64[300,300]")
    near = pin(do("matmul", x, x), "cpu")
    placed = planned(graph_of([x], pin(do("matmul", near, x), "gpu:0")), FOUR_GPUS)
    assert devices(placed) == ["cpu:0", "gpu:0"]


def test_large_work_stays_where_it_is_pinned():
    (x,) = inputs("f64[4000,4000]")
    value = do("matmul", x, x)
    assert devices(planned(graph_of([x], value), WITH_GPU)) == ["gpu:0"]
    assert devices(planned(graph_of([x], pin(value, "cpu")), WITH_GPU)) == ["cpu:0"]


def test_what_is_moved_only_is_made_where_it_is_fast():
    (x,) = inputs("f64[4000,4000]")
    value = pin(do("matmul", x, x), "cpu", made=False)
    placed = planned(graph_of([x], value), WITH_GPU)
    assert devices(placed) == ["gpu:0"]
    assert ends(placed, WITH_GPU) == ["ram"]


def test_any_gpu_will_do_for_a_kind():
    (x,) = inputs(SMALL)
    values = [pin(do(name, x), "gpu") for name in ("exp", "log")]
    placed = planned(graph_of([x], *values), FOUR_GPUS)
    assert all(name.startswith("gpu:") for name in devices(placed))
    assert all(space.startswith("gpu") for space in ends(placed))
    assert "ram" not in copies(placed)


def test_what_is_bound_otherwise_is_another_kernel():
    (x,) = inputs("f64[100000]")
    value = do("exp", x)
    graph = graph_of([x], pin(do("add", value, x), "gpu:0"), do("mul", value, x))
    placed = planned(graph, FOUR_GPUS)
    assert sorted(set(devices(placed))) == ["cpu:0", "gpu:0"]


def test_arguments_are_copied_and_nothing_else():
    (x,) = inputs(SMALL)
    placed = planned(graph_of([x], pin(x, "gpu:3")), FOUR_GPUS)
    assert kernels(placed) == []
    assert copies(placed) == ["gpu3"]
    assert ends(placed) == ["gpu3"]


def test_constants_and_views_become_arrays_of_their_own():
    (x,) = inputs("f64[30,20]")
    ones = spread(const(1.0, F64), (30, 20))
    outputs = pin(ones, "gpu:0"), pin(spread(x, (5, 30, 20)), "gpu:1")
    placed = planned(graph_of([x], *outputs, transpose(outputs[0])), FOUR_GPUS)
    assert ends(placed) == ["gpu0", "gpu1", "gpu0"]
    assert set(devices(placed)) == {"gpu:0", "gpu:1"}


def test_a_result_that_is_wanted_twice_is_in_both_places():
    (x,) = inputs("f64[4000,4000]")
    value = do("matmul", x, x)
    placed = planned(graph_of([x], value, pin(value, "gpu:0")), WITH_GPU)
    assert devices(placed) == ["gpu:0"]
    assert ends(placed, WITH_GPU) == ["ram", "gpu0"]
    assert copies(placed) == ["gpu0", "ram"]


def test_what_no_gpu_computes_is_moved_there():
    (x,) = inputs("f64[100,100]")
    graph = graph_of([x], pin(do("matmul", x, x), "gpu:0"))
    tiled = planned(graph, WITH_GPU, Stage.TILED)
    placed = Place(can_run=lambda _: False)(tiled, WITH_GPU)
    assert devices(placed) == ["cpu:0"]
    assert ends(placed, WITH_GPU) == ["gpu0"]


def test_a_device_that_is_not_there():
    (x,) = inputs(SMALL)
    with pytest.raises(TargetError, match="pinned to gpu:0, which is not there"):
        planned(graph_of([x], pin(do("exp", x), "gpu:0")), LAPTOP)


def test_reasons_name_the_pin():
    (x,) = inputs(SMALL)
    placed = planned(graph_of([x], pin(do("exp", x), "gpu:2")), FOUR_GPUS)
    (note,) = [note for note in placed.notes if note.by == "place"]
    assert note.reason.startswith("gpu:2 (pinned to gpu:2: ")


def test_pins_that_disagree_bind_nobody():
    (x,) = inputs(SMALL)
    value = reduce("sum", x)
    outputs = pin(value, "gpu:0"), pin(value, "gpu:1")
    graph = graph_of([x], *outputs)
    assert bound(graph.nodes(), graph.outputs) == {}
    assert ends(planned(graph, FOUR_GPUS)) == ["gpu0", "gpu1"]


def test_pins_are_written_and_read():
    (x,) = inputs(SMALL)
    graph = graph_of([x], pin(pin(x, "gpu:0"), "cpu", made=False))
    text = dump(graph)
    assert "pin[device=gpu:0] %p0" in text
    assert "made=False" in text
    assert parse(text) is graph


def pinned_anywhere(graph, random, names):
    """Pin some of the nodes of a graph."""

    def visit(node, srcs):
        node = with_sources(node, srcs)
        is_array = node.op.kind not in {Kind.GROUP, Kind.SOURCE}
        wanted = is_array and random.random() < 0.4
        return pin(node, random.choice(names)) if wanted else node

    return make_graph(graph.name, graph.params, rebuild(graph.outputs, visit))


@given(graph=graphs(), seed=seeds)
def test_pins_change_no_bit(graph, seed):
    pinned = pinned_anywhere(graph, Random(seed), ["cpu", "cpu:0"])
    arrays = arrays_for(graph, seed)
    assert_same_bits(plan(pinned).run(arrays), plan(graph).run(arrays))


@given(graph=graphs(), seed=seeds)
def test_any_graph_with_pins_is_placed(graph, seed):
    names = ["cpu", "gpu", "gpu:0", "gpu:3"]
    pinned = pinned_anywhere(graph, Random(seed), names)
    placed = planned(pinned, FOUR_GPUS)
    for output, end in zip(pinned.outputs, ends(placed), strict=True):
        if isinstance(output.attrs, a.PinAttrs):
            home = "cpu" if end == "ram" else "gpu"
            assert output.attrs.device[:3] == home

"""Places: who runs where, and what is copied for it."""

from collections import Counter
from random import Random

import pytest

from lazydag.cost.estimate import estimate
from lazydag.ir.attrs import CopyAttrs, FunctionAttrs, KernelAttrs
from lazydag.ir.graph import Stage
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.passes.place import Place
from lazydag.passes.place.timeline import Timeline
from lazydag.passes.work import kernel_work
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
from tests.passes.targets import FOUR_GPUS, LAPTOP, SOCKETS, WITH_GPU

COPY = OPS["copy"]
BIG = "f64[20000000]"


def device(kernel):
    return kernel.attrs.device


def devices(graph):
    return [device(k) for k in kernels(graph)]


def copies(graph):
    """Return the spaces that are copied to."""
    return [n.attrs.space for n in graph.nodes() if isinstance(n.attrs, CopyAttrs)]


def stage_after(x, count=4):
    """Work that is worth a transfer, and ends in a kernel of its own."""
    value = x
    for _ in range(count):
        value = do("pow", value, x)
    return do("sub", value, reduce("amax", value))


def test_one_device_takes_all():
    (x,) = inputs(BIG)
    placed = planned(graph_of([x], stage_after(x)), LAPTOP)
    assert set(devices(placed)) == {"cpu:0"}
    assert not copies(placed)


def test_a_chain_stays_on_the_gpu():
    (x,) = inputs(BIG)
    placed = planned(graph_of([x], stage_after(stage_after(stage_after(x)))), WITH_GPU)
    large = [k for k in kernels(placed) if k.srcs[0].type.size == x.type.size]
    assert len(large) == 4
    assert set(map(device, large)) == {"gpu:0"}
    moved = [n for n in placed.nodes() if n.op is COPY and n.type == x.type]
    assert [n.attrs.space for n in moved] == ["gpu0", "ram"]


def test_a_chain_moves_though_no_step_of_it_would():
    # Each product of matrices takes less here than there and back; ten do not.
    (x,) = inputs("f64[50,50]")

    def chain(count):
        value = x
        for _ in range(count):
            value = do("matmul", value, x)
        return planned(graph_of([x], value), WITH_GPU)

    assert set(devices(chain(1))) == {"cpu:0"}
    assert set(devices(chain(12))) == {"gpu:0"}
    assert copies(chain(12)) == ["gpu0", "ram"]


def test_a_small_op_is_not_worth_the_transfer():
    (x,) = inputs("f64[1000]")
    placed = planned(graph_of([x], do("pow", x, x)), WITH_GPU)
    assert devices(placed) == ["cpu:0"]


def test_what_was_made_on_the_gpu_for_nothing_but_writing_is_not():
    # Nothing goes there, but 160 MB would have to come back.
    (s,) = inputs("f64[]")
    placed = planned(graph_of([s], spread(s, (20_000_000,))), WITH_GPU)
    assert devices(placed) == ["cpu:0"]


def test_two_readers_share_a_copy():
    x, y = inputs("f64[3000,3000]", "f64[3000,3000]")
    first, second = do("matmul", x, y), do("matmul", x, transpose(y))
    placed = planned(graph_of([x, y], do("add", first, second)), WITH_GPU)
    assert set(devices(placed)) == {"gpu:0"}
    assert Counter(copies(placed)) == {"gpu0": 2, "ram": 1}


def test_views_are_taken_of_copies():
    x, r = inputs("f64[5000,4000]", "f64[4000]")
    value = do("pow", x, spread(r, (5000, 4000)))
    for _ in range(3):
        value = do("pow", value, x)
    placed = planned(graph_of([x, r], value), WITH_GPU)
    assert devices(placed) == ["gpu:0"]
    moved = {n.srcs[0] for n in placed.nodes() if n.op is COPY}
    assert {x, r} <= moved


def test_outputs_return_home_once():
    (x,) = inputs(BIG)
    value = stage_after(x)
    placed = planned(graph_of([x], value, value), WITH_GPU)
    assert placed.outputs[0] is placed.outputs[1]
    assert placed.outputs[0].op is COPY
    assert placed.outputs[0].attrs.space == "ram"


def test_independent_chains_spread_over_the_gpus():
    params = inputs(*["f64[4000,4000]"] * 4)
    values = [do("matmul", p, do("matmul", p, p)) for p in params]
    placed = planned(graph_of(params, *values), FOUR_GPUS)
    places = Counter(devices(placed))
    assert places == {f"gpu:{i}": 2 for i in range(4)}
    # Each chain stays where it began.
    assert len(copies(placed)) == 8


def test_two_sockets_share_the_work():
    params = inputs(*["f64[3000,3000]"] * 2)
    placed = planned(graph_of(params, *(do("matmul", p, p) for p in params)), SOCKETS)
    assert sorted(devices(placed)) == ["cpu:0", "cpu:1"]
    assert sorted(copies(placed)) == ["ram", "ram1"]


def test_tiles_are_those_of_the_device():
    (x,) = inputs(BIG)
    placed = planned(graph_of([x], stage_after(x)), WITH_GPU)
    first = kernels(placed)[0].attrs
    assert isinstance(first, KernelAttrs)
    assert first.device == "gpu:0"
    assert first.tile is not None
    assert -(-20_000_000 // first.tile[0]) == pytest.approx(128, abs=1)


def test_reasons_name_the_alternatives():
    (x,) = inputs(BIG)
    placed = planned(graph_of([x], stage_after(x)), WITH_GPU)
    notes = [n for n in placed.notes if n.by == "place"]
    assert len(notes) == len(kernels(placed))
    assert "gpu:0 ends at" in notes[0].reason
    assert "cpu:0 ends at" in notes[0].reason


def test_the_pass_is_pure():
    (x,) = inputs(BIG)
    tiled = planned(graph_of([x], stage_after(x)), WITH_GPU, Stage.TILED)
    assert Place()(tiled, WITH_GPU) is Place()(tiled, WITH_GPU)


def test_a_gap_is_filled():
    line = Timeline()
    line.add(0.0, 1.0)
    line.add(3.0, 4.0)
    assert line.gap(0.0, 2.0) == 1.0
    assert line.gap(0.0, 2.5) == 4.0
    assert line.gap(1.5, 1.5) == 1.5
    assert line.gap(1.5, 1.6) == 4.0
    line.add(1.0, 3.0)
    assert (line.starts, line.ends) == ([0.0], [4.0])
    assert line.gap(0.0, 1.0) == 4.0


def test_a_kernel_without_time_takes_none():
    line = Timeline()
    line.add(1.0, 1.0)
    assert line.gap(0.0, 5.0) == 0.0


@pytest.mark.parametrize("count", [2000])
def test_many_kernels_are_placed_quickly(count):
    params = inputs(*["f64[100,100]"] * 4)
    values, random = list(params), Random(0)
    for _ in range(count):  # in no order that could be rolled up
        values.append(do("matmul", values[-random.randint(1, 4)], values[-1]))
    placed = planned(graph_of(params, *values[-4:]), FOUR_GPUS)
    assert len(kernels(placed)) == count


def test_a_gpu_takes_all_its_threads_for_a_product_that_a_kernel_finishes():
    x, y = inputs("f64[4096,4096]", "f64[4096,4096]")
    (alone,) = kernels(planned(graph_of([x, y], do("matmul", x, y)), WITH_GPU))
    joined = do("mul", do("matmul", x, y), do("sqrt", x))
    (finished,) = kernels(planned(graph_of([x, y], joined), WITH_GPU))
    far = WITH_GPU.device("gpu:0")
    seconds = [estimate(kernel_work(k, far), far).seconds for k in (alone, finished)]
    assert seconds[1] < 1.2 * seconds[0]


def spectrum(order):
    (x,) = inputs(f"f64[{order},{order}]")
    attrs = FunctionAttrs("eigvalsh")
    return graph_of([x], make(OPS["function"], x, attrs=attrs))


def test_a_small_spectrum_is_not_worth_its_launches():
    placed = planned(spectrum(200), WITH_GPU)
    assert set(devices(placed)) == {"cpu:0"}


def test_a_large_spectrum_is():
    placed = planned(spectrum(3000), WITH_GPU)
    assert set(devices(placed)) == {"gpu:0"}

"""Schedules: links and memories are limited; of several strategies the best wins."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.cost.target import Link, Space, Target
from lazydag.ir.attrs import PinAttrs
from lazydag.ir.graph import Stage
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.passes.place.costs import Costs
from lazydag.passes.place.flow import Flow
from lazydag.passes.place.links import Links, Move
from lazydag.passes.place.ranks import by_rank, remaining
from lazydag.passes.place.schedule import Schedule
from lazydag.passes.place.strategies import at_home, at_once, best, decided
from lazydag.passes.place.ways import Ways
from lazydag.passes.tile import Tile
from tests.passes.programs import do, graph_of, inputs, kernels, planned, reduce
from tests.passes.targets import FOUR_GPUS, GB, WITH_GPU, cpu, gpu, links


def problem(graph, target):
    """Return what strategies decide about."""
    tiled = planned(graph, target, Stage.TILED)
    flow = Flow.of(tiled, kernels(tiled), target)
    return flow, Costs(target, Ways(target, Tile()))


def heft(graph, target):
    """Return the schedule by earliest ends alone."""
    flow, costs = problem(graph, target)
    schedule = Schedule(flow, costs, remaining(flow, costs))
    return decided(at_once, by_rank(flow, costs), schedule)


def ours(graph, target):
    return best(*problem(graph, target))


def devices(graph, target):
    return Counter(k.attrs.device for k in kernels(planned(graph, target)))


def chain(count, shape="f64[50,50]"):
    (x,) = inputs(shape)
    value = x
    for _ in range(count):
        value = do("matmul", value, x)
    return graph_of([x], value)


def with_memory(target, nbytes):
    """Return a target whose GPUs have so much memory."""
    spaces = tuple(
        replace(s, nbytes=nbytes) if s.name.startswith("gpu") else s
        for s in target.spaces
    )
    return replace(target, spaces=spaces)


def test_a_chain_that_should_move_together_ends_earlier_than_by_heft():
    graph = chain(12, "f64[44,44]")
    assert set(devices(chain(1, "f64[44,44]"), WITH_GPU)) == {"cpu:0"}
    assert set(devices(graph, WITH_GPU)) == {"gpu:0"}
    assert ours(graph, WITH_GPU).end < 0.8 * heft(graph, WITH_GPU).end


def test_a_chain_that_should_stay_ends_no_later():
    graph = chain(2)
    assert ours(graph, WITH_GPU).end == heft(graph, WITH_GPU).end


@given(seed=st.integers(0, 10**6), count=st.integers(1, 30))
def test_nothing_ends_later_than_by_heft(seed, count):
    params = inputs(*["f64[200,200]"] * 4)
    values, random = list(params), Random(seed)
    for _ in range(count):
        name = random.choice(["matmul", "matmul", "pow", "add"])
        values.append(do(name, *random.choices(values[-6:], k=2)))
    graph = graph_of(params, *values[-2:])
    assert ours(graph, FOUR_GPUS).end <= heft(graph, FOUR_GPUS).end


def test_transfers_wait_for_their_link():
    link, back = Link("ram", "gpu0", 1.0, 10.0), Link("gpu0", "ram", 1.0, 10.0)
    each = Move((link,), 40.0, 0.0)
    found = Links()
    assert found.arrivals([each, each, Move((back,), 40.0, 0.0)]) == [5.0, 10.0, 5.0]
    assert found.arrivals([each]) == [5.0]
    found.arrivals([Move((link,), 40.0, 2.0)], decided=True)
    assert found.arrivals([each, Move((link,), 10.0, 0.0)]) == [12.0, 14.0]
    assert found.arrivals([Move((link,), 10.0, 0.0)]) == [2.0]
    assert found.arrivals([Move((back, link), 10.0, 0.0)]) == [9.0]
    assert found.arrivals([Move((), 10.0, 3.0)]) == [3.0]


def test_host_and_device_work_at_once():
    # A device as fast as the host: half of the work each.
    slow = replace(
        gpu(),
        flops_per_s=cpu(8).flops_per_s,
        bytes_per_s=cpu(8).bytes_per_s,
        threads=8,
    )
    target = Target(
        (cpu(8), slow),
        (Space("ram", 64 * GB), Space("gpu0", 80 * GB)),
        links("ram", "gpu0"),
    )
    params = inputs(*["f64[5000000]"] * 6)
    values = []
    for p in params:
        value = p
        for _ in range(6):
            value = do("pow", value, p)
        values.append(reduce("sum", value))
    found = devices(graph_of(params, *values), target)
    large = {name: count for name, count in found.items() if count > 1}
    assert set(large) == {"cpu:0", "gpu:0"}


def test_what_does_not_fit_stays():
    graph = chain(3, "f64[4000,4000]")
    assert set(devices(graph, WITH_GPU)) == {"gpu:0"}
    # Two or three matrices of 128 MB are touched at a time.
    assert set(devices(graph, with_memory(WITH_GPU, 500 << 20))) == {"gpu:0"}
    assert set(devices(graph, with_memory(WITH_GPU, 200 << 20))) == {"cpu:0"}


def test_what_does_not_fit_into_one_memory_is_spread():
    # All products are there until the largest element of them is known. Of different
    # shapes, they are divided by it in kernels of their own.
    params = inputs(*(f"f64[{n},{n}]" for n in range(4000, 4006)))
    values = [do("matmul", p, p) for p in params]
    largest = reduce("amax", values[0])
    for value in values[1:]:
        largest = do("maximum", largest, reduce("amax", value))
    graph = graph_of(params, *(do("div", value, largest) for value in values))

    def found(gpus, nbytes):
        target = replace(FOUR_GPUS, devices=FOUR_GPUS.devices[: 1 + gpus])
        return ours(graph, with_memory(target, nbytes))

    def used(decided):
        return {options[0].way.name for options in decided.options.values()}

    assert used(found(1, 80 * GB)) == {"gpu:0"}
    assert used(found(1, 600 << 20)) == {"gpu:0", "cpu:0"}
    assert found(2, 600 << 20).end < 0.7 * found(1, 600 << 20).end


def test_what_is_there_one_after_the_other_has_room():
    # Kernels are decided breadth first, but run depth first.
    params = inputs(*(f"f64[{n},4000]" for n in range(4000, 4016)))
    values = []
    for p in params:
        value = do("exp", p)
        for _ in range(3):
            value = do("sub", value, reduce("amax", value))
        values.append(value)
    target = with_memory(WITH_GPU, 600 << 20)
    graph = graph_of(params, *values)
    assert ours(graph, target).end < 1.1 * ours(graph, WITH_GPU).end


def test_what_takes_less_than_a_transfer_is_not_scheduled():
    small, large = chain(2, "f64[16,16]"), chain(2, "f64[44,44]")
    for graph, is_quick in ((small, True), (large, False)):
        tiled = planned(graph, WITH_GPU, Stage.TILED)
        ways = Ways(WITH_GPU, Tile())
        found = at_home(tiled, kernels(tiled), ways)
        assert bool(found) == is_quick
        chosen = {
            k: options[0].way for k, options in ours(graph, WITH_GPU).options.items()
        }
        assert {way.name for way in chosen.values()} == {"cpu:0"}
        assert not found or found == chosen
    (note, *_) = [n for n in planned(small, WITH_GPU).notes if n.by == "place"]
    assert "all kernels together take less than a transfer" in note.reason


def test_what_is_wanted_elsewhere_is_scheduled_however_small():
    (x,) = inputs("f64[4]")
    value = make(OPS["pin"], do("neg", x), attrs=PinAttrs("gpu:0", made=False))
    tiled = planned(graph_of([x], value), WITH_GPU, Stage.TILED)
    assert not at_home(tiled, kernels(tiled), Ways(WITH_GPU, Tile()))


@pytest.mark.parametrize("count", [1, 4])
def test_ends_count_the_way_home(count):
    params = inputs(*["f64[4000,4000]"] * count)
    values = [do("matmul", p, p) for p in params]
    found = ours(graph_of(params, *values), WITH_GPU)
    nbytes = 8 * 4000**2
    transfer = nbytes / 20e9
    work = 2 * 4000**3 / 30e12
    # There one after the other, and back as they are finished.
    assert found.end == pytest.approx((count + 1) * transfer + work, rel=0.05)

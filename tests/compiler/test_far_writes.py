"""Writes, gathers and scatters that are placed on a device: as on the host."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lazydag.compiler import plan
from lazydag.errors import BoundsError, UnsupportedError
from lazydag.ir.attrs import GatherAttrs, ScatterAttrs, SliceAttrs
from lazydag.ir.node import const, make
from lazydag.ir.ops import OPS, Kind
from lazydag.passes.regions import whole
from lazydag.passes.rules.match import spread
from tests.compiler.test_devices import device, far_kernels, faults_of
from tests.compiler.test_plans import assert_same_bits
from tests.devices.machine import far_target
from tests.passes.programs import do, graph_of, inputs
from tests.strategies import arrays_for, graphs, seeds

__all__ = ["device"]

KINDS = (
    Kind.ELEMENTWISE,
    Kind.MOVEMENT,
    Kind.REDUCTION,
    Kind.SOURCE,
    Kind.WRITE,
)
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
FAR = far_target()
RNG = np.random.default_rng(0)


def checked(device, graph, *arrays):
    """Compare a plan on the device with one on the host."""
    planned = plan(graph, target=FAR)
    assert far_kernels(planned)
    for _ in range(2):
        assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not faults_of(device)
    return planned


@settings(shared, max_examples=60)
@given(graph=graphs(kinds=KINDS), seed=seeds)
def test_any_graph_with_writes_has_the_same_bits(device, graph, seed):
    arrays = arrays_for(graph, seed)
    try:
        planned = plan(graph, target=FAR)
    except UnsupportedError:
        assume(False)
    assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not faults_of(device)


def test_what_is_around_a_region_is_copied(device):
    params = inputs("f64[200,300]")
    (x,) = params
    region = SliceAttrs((1, 1), (198, 298), (1, 1))
    inner = make(OPS["slice"], x, attrs=region)
    written = make(OPS["write"], x, do("mul", inner, 2.0), attrs=region)
    again = make(OPS["write"], written, do("exp", inner), attrs=region)
    checked(device, graph_of(params, written, again), RNG.standard_normal((200, 300)))


@settings(shared, max_examples=25)
@given(st.data())
def test_what_is_found_is_written_elsewhere(device, data):
    """Positions are computed on the device, and so is what becomes of the elements."""
    shape = data.draw(st.tuples(*[st.integers(2, 30)] * 2))
    how = data.draw(st.sampled_from(["set", "add", "maximum"]))
    seed = data.draw(st.integers(0, 99))
    params = inputs(f"f64[{shape[0]},{shape[1]}]", "i64[50]")
    x, positions = params
    one = spread(const(1, np.dtype(np.int64)), (50,))
    there = make(OPS["mod"], make(OPS["add"], positions, one), _extent(shape[0]))
    taken = make(OPS["gather"], x, there, attrs=GatherAttrs((0,)))
    base = do("mul", x, 3.0)
    attrs = ScatterAttrs(whole(shape), (0,), 0, how)
    changed = make(OPS["scatter"], base, taken, there, attrs=attrs)
    rng = np.random.default_rng(seed)
    arrays = rng.standard_normal(shape), rng.integers(-99, 99, 50)
    checked(device, graph_of(params, taken, changed), *arrays)


def _extent(extent):
    return spread(const(extent, np.dtype(np.int64)), (50,))


@pytest.mark.parametrize("wrong", [40, -41])
def test_what_is_not_there_is_an_error_at_its_line(device, wrong):
    params = inputs("f64[40]", "i64[5000]")
    x, positions = params
    taken = make(OPS["gather"], x, positions, attrs=GatherAttrs((0,)))
    graph = graph_of(params, do("exp", taken))
    planned = plan(graph, target=FAR)
    assert far_kernels(planned)
    values, where = RNG.standard_normal(40), np.zeros(5000, np.int64)
    wanted = plan(graph).run([values, where])
    assert_same_bits(planned.run([values, where]), wanted)
    where[4321] = wrong
    with pytest.raises(BoundsError, match=f"{wrong} .*axis 0 with size 40"):
        planned.run([values, where])
    where[4321] = 0
    assert_same_bits(planned.run([values, where]), wanted)
    assert not faults_of(device)


def lookups(count):
    """Return a graph of lookups that follow each other."""
    params = inputs("f64[40]", *["i64[100]"] * count)
    x, *positions = params
    found = [make(OPS["gather"], x, p, attrs=GatherAttrs((0,))) for p in positions]
    return graph_of(params, *(do("exp", each) for each in found))


def test_the_first_of_several_failures_is_told(device):
    planned = plan(lookups(3), target=FAR)
    values, fine = RNG.standard_normal(40), np.zeros(100, np.int64)
    with pytest.raises(BoundsError, match="77"):
        planned.run([values, fine, fine + 77, fine + 88])
    planned.run([values, fine, fine, fine])
    assert not faults_of(device)


def test_runs_at_the_same_time_do_not_hear_of_each_other(device):
    planned = plan(lookups(1), target=FAR)
    values = RNG.standard_normal(40)

    def is_found(place):
        try:
            planned.run([values, np.full(100, place)])
        except BoundsError:
            return False
        return True

    places = [30, 50] * 10
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(is_found, places))
    assert found == [place < 40 for place in places]
    assert not faults_of(device)


def test_random_numbers_are_those_of_the_host(device):
    params = inputs("u64[300]", "u64[300]", "u64[300]")
    words = make(OPS["philox"], *params)
    arrays = RNG.integers(0, 1 << 63, (3, 300)).astype(np.uint64)
    checked(device, graph_of(params, words), *arrays)

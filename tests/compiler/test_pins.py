"""Pinned arrays on two GPUs, neither of which is there, and the host."""

from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import plan
from lazydag.compiler.devices import attach, detach
from lazydag.cost.target import Space, Target
from lazydag.ir import attrs as a
from lazydag.ir.ops import OPS, Kind
from tests.compiler.test_plans import assert_same_bits
from tests.passes.programs import do, graph_of, inputs, transpose
from tests.passes.targets import GB, cpu, gpu, links
from tests.passes.test_pins import pin, pinned_anywhere
from tests.strategies import arrays_for, graphs, seeds

TWO = Target(
    (cpu(2), gpu(0), gpu(1)),
    (Space("ram", 64 * GB), Space("gpu0", 80 * GB), Space("gpu1", 80 * GB)),
    (*links("ram", "gpu0"), *links("ram", "gpu1"), *links("gpu0", "gpu1", 300e9)),
    name="two gpus",
)
KINDS = (
    Kind.ELEMENTWISE,
    Kind.MOVEMENT,
    Kind.REDUCTION,
    Kind.SOURCE,
    Kind.WRITE,
)
NAMES = ["cpu", "gpu", "gpu:0", "gpu:1"]


@pytest.fixture
def machine():
    first = SimulatedDevice()
    made = [first, SimulatedDevice("gpu:1", "gpu1", beside=first)]
    for device in made:
        attach(device)
    yield made
    for device in made:
        detach(device.name)


def here(results):
    return [np.asarray(result) for result in results]


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(kinds=KINDS), seed=seeds)
def test_any_graph_has_the_same_bits_wherever_it_is_pinned(machine, graph, seed):
    pinned = pinned_anywhere(graph, Random(seed), NAMES)
    arrays = arrays_for(graph, seed)
    results = plan(pinned, target=TWO).run(arrays)
    assert_same_bits(here(results), plan(graph).run(arrays))
    assert [device.faults for device in machine] == [[], []]


def test_results_are_where_they_are_pinned(machine):
    (x,) = inputs("f64[30,20]")
    value = do("abs", x)
    outputs = (
        pin(value, "gpu:0"),
        pin(value, "gpu:1", made=False),
        value,
        pin(transpose(x), "gpu:1"),
        pin(x, "gpu:0"),
    )
    array = np.random.default_rng(0).standard_normal((30, 20))
    results = plan(graph_of([x], *outputs), target=TWO).run([array])
    places = [getattr(result, "device", "cpu") for result in results]
    assert places == ["gpu:0", "gpu:1", "cpu", "gpu:1", "gpu:0"]
    assert_same_bits(here(results), [np.abs(array)] * 3 + [array.T, array])
    before = array.copy()
    array += 1  # none of them looks at it
    assert_same_bits(here(results[4:]), [before])


def test_kernels_run_where_they_are_pinned(machine):
    (x,) = inputs("f64[50,50]")
    near = pin(do("add", do("abs", x), x), "cpu")
    far = pin(do("mul", near, x), "gpu:1")
    planned = plan(graph_of([x], do("sub", far, x)), target=TWO)
    nodes = planned.graphs[-1].nodes()
    placed = [n.attrs.device for n in nodes if isinstance(n.attrs, a.KernelAttrs)]
    assert placed[:2] == ["cpu:0", "gpu:1"]
    assert OPS["pin"] not in {node.op for node in nodes}
    array = np.random.default_rng(1).standard_normal((50, 50))
    (found,) = planned.run([array])
    assert_same_bits([found], [(np.abs(array) + array) * array - array])

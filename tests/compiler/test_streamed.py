"""Kernels whose operands visit a device in pieces: the bits of the whole."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import layout_of, plan
from lazydag.compiler.devices import attach, detach
from lazydag.compiler.pipeline import PIPELINE
from lazydag.cost.target import Space, Target
from lazydag.errors import UnsupportedError
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Stage
from lazydag.ir.ops import Kind
from lazydag.passes.place import Place, streamed
from lazydag.passes.place.streamed import Streamed
from tests.compiler.layouts import laid_out
from tests.compiler.simulation import simulated_seconds
from tests.compiler.test_plans import assert_same_bits
from tests.passes.programs import do, graph_of, inputs, reduce, spread, transpose
from tests.passes.targets import GB, cpu, gpu, links
from tests.strategies import arrays_for, graphs, seeds

KINDS = (Kind.ELEMENTWISE, Kind.MOVEMENT, Kind.REDUCTION, Kind.SOURCE)


def target(*nbytes, flops_per_s=1e-3, name="streaming"):
    """A host that copies fast and computes slowly, and GPUs with so much memory."""
    host = replace(cpu(), flops_per_s={"f64": flops_per_s}, bytes_per_s=1e15)
    return Target(
        (host, *(gpu(k) for k in range(len(nbytes)))),
        (Space("ram", 64 * GB), *(Space(f"gpu{k}", n) for k, n in enumerate(nbytes))),
        tuple(link for k in range(len(nbytes)) for link in links("ram", f"gpu{k}")),
        name=name,
    )


SMALL = target(1 << 20)


@pytest.fixture(autouse=True)
def _only_streamed(monkeypatch):
    place = Place(can_run=lambda _: False, offers=(Streamed(),))
    monkeypatch.setitem(PIPELINE, Stage.PLACED, (place,))
    monkeypatch.setattr(streamed, "PIECE_NBYTES", 100_000)


@pytest.fixture
def device():
    made = SimulatedDevice()
    attach(made)
    yield made
    detach(made.name)


def ways_of(planned):
    nodes = planned.graphs[-1].nodes()
    return [n.attrs.device for n in nodes if isinstance(n.attrs, KernelAttrs)]


def program():
    """Operands that repeat along one axis and the other; all forms of reductions."""
    x, row, column = inputs("f64[300,200]", "f64[200]", "f64[300,1]")
    value = do("mul", do("add", do("exp", x), row), spread(column, (300, 200)))
    sums = [reduce("sum", value, *axes) for axes in ((0,), (1,), (0, 1))]
    return graph_of([x, row, column], value, transpose(value), *sums)


def test_pieces_have_the_bits_of_the_whole(device):
    graph, rng = program(), np.random.default_rng(0)
    arrays = [rng.standard_normal(node.type.sizes) for node in graph.params]
    planned = plan(graph, target=SMALL)
    assert "gpu:0/streamed" in ways_of(planned)
    for _ in range(2):
        assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not device.faults


def test_arguments_may_lie_anyhow(device):
    graph, rng = program(), np.random.default_rng(1)
    for _ in range(3):
        arrays = [rng.standard_normal(node.type.sizes) for node in graph.params]
        lying = [laid_out(array, rng) for array in arrays]
        planned = plan(graph, [layout_of(array) for array in lying], SMALL)
        assert_same_bits(planned.run(lying), plan(graph).run(arrays))
    assert not device.faults


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(kinds=KINDS), seed=seeds)
def test_any_graph_has_the_same_bits(device, monkeypatch, graph, seed):
    monkeypatch.setattr(streamed, "PIECE_NBYTES", 64)
    arrays = arrays_for(graph, seed)
    planned = plan(graph, target=SMALL)
    assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not device.faults


def test_several_devices_take_turns():
    made = [SimulatedDevice(f"gpu:{k}", f"gpu{k}") for k in range(2)]
    for each in made:
        attach(each)
    graph, rng = program(), np.random.default_rng(2)
    arrays = [rng.standard_normal(node.type.sizes) for node in graph.params]
    planned = plan(graph, target=target(1 << 20, 1 << 20))
    assert "gpu:0+gpu:1/streamed" in ways_of(planned)
    assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    for each in made:
        assert not each.faults
        detach(each.name)


def test_without_a_device_a_plan_is_refused():
    with pytest.raises(UnsupportedError, match="for which there is no backend"):
        plan(program(), target=SMALL)


@pytest.mark.parametrize("reduces", [False, True])
def test_what_is_larger_than_the_device_takes_little_more_than_its_transfers(
    device, monkeypatch, reduces
):
    monkeypatch.setattr(streamed, "PIECE_NBYTES", 64 << 20)
    params = inputs(*["f64[100000000]"] * 2)  # 1.6 GB come, up to 0.8 GB return
    value = do("add", do("exp", params[0]), params[1])
    graph = graph_of(params, reduce("sum", value) if reduces else value)
    planned = plan(graph, target=target((2 << 30) // 3, flops_per_s=1e8))
    assert "gpu:0/streamed" in ways_of(planned)
    bound = 1.6e9 / 20e9
    assert simulated_seconds(planned) < 1.1 * bound

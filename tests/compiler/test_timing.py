"""What devices took is remembered, and counts when plans are placed."""

from dataclasses import replace

import numpy as np
import pytest

from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import kernel_costs, plan
from lazydag.compiler.devices import attach, detach
from lazydag.compiler.far import is_told
from lazydag.compiler.queues import TIMED_SECONDS
from lazydag.compiler.session import session
from lazydag.cost.history import History
from lazydag.passes.work import cost_key
from tests.compiler.test_devices import FAR, chain
from tests.compiler.test_plans import assert_same_bits
from tests.passes.programs import do, graph_of, inputs, kernels

LARGE = "f64[700,700]"


@pytest.fixture
def device():
    made = SimulatedDevice()
    attach(made)
    yield made
    detach(made.name)


@pytest.fixture
def history(monkeypatch):
    """Remember nothing of other tests, and let them know nothing of these."""
    fresh = History()
    monkeypatch.setattr(session(), "history", fresh)
    return fresh


def slow(target, flops_per_s):
    """Return a target whose GPU is slow enough to be timed."""
    gpu = target.device("gpu:0")
    flops = dict.fromkeys(gpu.flops_per_s, flops_per_s)
    return replace(target, devices=(target.default, replace(gpu, flops_per_s=flops)))


def test_long_work_is_timed(device, history):
    (x,) = inputs(LARGE)
    graph = graph_of([x], do("exp", do("mul", x, x)))
    target = slow(FAR, 2e10)
    planned = plan(graph, target=target)
    array = np.random.default_rng(0).standard_normal((700, 700))
    results = [planned.run([array]) for _ in range(3)]
    (kernel,) = kernels(planned.graphs[-1])
    (cost,) = kernel_costs(planned.graphs[-1], target).values()
    assert cost.seconds > TIMED_SECONDS
    # A millisecond for each work, by the clock of simulated devices.
    factor = history.factor(*cost_key(kernel), "gpu:0")
    assert factor == pytest.approx(1e-3 / cost.seconds)
    assert history.factor(*cost_key(kernel), "cpu:0") == 1.0
    assert device.faults == []
    for each in results:
        assert_same_bits(each, plan(graph).run([array]))


def test_short_work_is_not(device, history):
    arrays = list(np.random.default_rng(0).standard_normal((2, 300, 200)))
    planned = plan(chain(), target=FAR)
    planned.run(arrays)
    planned.measure(arrays)
    assert len(history) == 0


def test_times_are_looked_at_now_and_then():
    assert all(map(is_told, range(9)))
    assert not is_told(63)
    assert is_told(128)

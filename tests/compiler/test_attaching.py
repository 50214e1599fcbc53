"""GPUs of this machine are attached when the first plan wants them."""

from dataclasses import replace

import numpy as np
import pytest

from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import devices, plan
from lazydag.cost.nvidia import gpus_of
from lazydag.errors import UnsupportedError
from tests.compiler.test_devices import FAR, chain
from tests.compiler.test_plans import assert_same_bits
from tests.cost.test_gpus import Driver


@pytest.fixture
def made(monkeypatch):
    """Let the machine have GPUs, and remember those that are attached."""
    found = []

    def device(gpu):
        found.append(SimulatedDevice(gpu.device, gpu.space))
        return found[-1]

    monkeypatch.setattr(devices, "usable_gpus", lambda: gpus_of(Driver(2)))
    monkeypatch.setattr(devices, "_device", device)
    yield found
    for each in found:
        devices.detach(each.name)


def test_a_plan_attaches_the_gpus_that_it_runs_on(made):
    arrays = list(np.random.default_rng(0).standard_normal((2, 300, 200)))
    plan(chain())
    assert made == []
    for _ in range(2):
        results = plan(chain(), target=FAR).run(arrays)
    assert [device.name for device in made] == ["gpu:0"]
    assert_same_bits(results, plan(chain()).run(arrays))
    assert made[0].faults == []


def test_a_target_may_have_more_than_there_are(made):
    gpu = replace(FAR.device("gpu:0"), name="gpu:7", space="gpu7")
    link = replace(FAR.links[0], dst="gpu7"), replace(FAR.links[1], src="gpu7")
    spaces = (FAR.spaces[0], replace(FAR.spaces[1], name="gpu7"))
    target = replace(FAR, devices=(FAR.default, gpu), spaces=spaces, links=link)
    with pytest.raises(UnsupportedError, match="from ram to gpu7"):
        plan(chain(), target=target)
    assert made == []

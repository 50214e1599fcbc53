"""A machine with a GPU that nothing goes to unless a person says so."""

from contextlib import contextmanager

import numpy as np
import pytest

from lazydag.compiler import cache
from lazydag.compiler.session import session
from lazydag.cost.target import Space, Target
from tests.devices.machine import attached, devices_of, take_faults
from tests.passes.targets import GB, cpu, gpu, links

NEAR = Target(
    (cpu(1e9), gpu()),
    (Space("ram", 64 * GB), Space("gpu0", 80 * GB)),
    links("ram", "gpu0", 1e6),
    name="near",
)
X = np.random.default_rng(0).standard_normal((40, 50))


@contextmanager
def machine(kind):
    devices = devices_of(kind)
    with attached(devices), pytest.MonkeyPatch.context() as patch:
        patch.setitem(vars(session()), "target", NEAR)
        cache.clear()
        yield devices[0]
        cache.clear()
    assert take_faults(devices) == []


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.gpu)])
def device(request):
    """Return a GPU."""
    with machine(request.param) as found:
        yield found


@pytest.fixture
def simulated():
    """Return a GPU of which all is known."""
    with machine("simulated") as found:
        yield found


def allocated(device):
    """Return how many pieces of memory a simulated GPU has given away."""
    return len(device.simulation._memory)


def on_gpu(array):
    """Return the elements of an array, which are on a GPU."""
    assert array.device == "gpu:0"
    assert array.is_computed
    return np.asarray(array)

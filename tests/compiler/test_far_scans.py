"""Running sums in plans for a device: the bits are those of the host's programs."""

import numpy as np
import pytest

from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import plan
from lazydag.compiler.devices import attach, detach
from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from tests.compiler.test_devices import FAR, far_kernels
from tests.compiler.test_plans import assert_same_bits
from tests.passes.programs import do, graph_of, inputs


@pytest.fixture
def device():
    made = SimulatedDevice()
    attach(made)
    yield made
    detach(made.name)


@pytest.mark.parametrize("shape", [(150_001,), (500, 3, 90), (40, 5000)])
@pytest.mark.parametrize("axis", [0, -1])
def test_running_sums(device, shape, axis):
    dims = ",".join(map(str, shape))
    params = inputs(f"f64[{dims}]")
    options = (("axis", axis % len(shape)),)
    doubled = do("add", params[0], params[0])
    sums = make(OPS["function"], doubled, attrs=FunctionAttrs("cumsum", options, 0))
    graph = graph_of(params, do("mul", sums, doubled))
    arrays = [np.random.default_rng(0).standard_normal(shape)]
    planned = plan(graph, target=FAR)
    assert len(far_kernels(planned)) == 3
    for _ in range(2):
        assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not device.faults

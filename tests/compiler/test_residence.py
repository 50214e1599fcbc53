"""Arguments that lie on devices, and results that stay there."""

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from lazydag.backends.cuda.memory import placed
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import layout_of, plan
from lazydag.compiler.devices import attach, detach
from lazydag.compiler.layout import Located
from lazydag.errors import UnsupportedError, UsageError
from lazydag.ir.attrs import CopyAttrs
from lazydag.runtime.device_array import DeviceArray
from tests.compiler.test_devices import FAR, KINDS, chain
from tests.compiler.test_plans import assert_same_bits
from tests.strategies import arrays_for, graphs, seeds


@pytest.fixture
def device():
    made = SimulatedDevice()
    attach(made)
    yield made
    detach(made.name)


def run_far(graph, arrays, device, which=None):
    """Run a plan with arrays on the device; return it and its outputs."""
    which = range(len(arrays)) if which is None else which
    given_ = [
        placed(device, array) if k in which else array for k, array in enumerate(arrays)
    ]
    planned = plan(graph, [layout_of(array) for array in given_], FAR)
    return planned, planned.run(given_)


def copies_of(planned):
    nodes = planned.graphs[-1].nodes()
    return [node.attrs.space for node in nodes if isinstance(node.attrs, CopyAttrs)]


def normal(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def test_nothing_is_copied_where_all_is_on_the_device(device):
    arrays = [normal(300, 200), normal(300, 200)]
    planned, found = run_far(chain(), arrays, device)
    assert not copies_of(planned)
    assert all(isinstance(each, DeviceArray) for each in found)
    assert {each.device for each in found} == {"gpu:0"}
    assert_same_bits([each.on_host() for each in found], plan(chain()).run(arrays))
    assert not device.faults


def test_results_of_arrays_in_two_places_come_home(device):
    arrays = [normal(300, 200), normal(300, 200)]
    _, found = run_far(chain(), arrays, device, which=[0])
    assert all(isinstance(each, np.ndarray) for each in found)
    assert_same_bits(found, plan(chain()).run(arrays))
    assert not device.faults


def test_results_are_arguments_of_the_next_run(device):
    arrays = [normal(300, 200), normal(300, 200)]
    _, (first, *_) = run_far(chain(), arrays, device)
    other = placed(device, arrays[1])
    planned = plan(chain(), [layout_of(first), layout_of(other)], FAR)
    second = planned.run([first, other])
    (expected, *_) = plan(chain()).run(arrays)
    wanted = plan(chain()).run([expected, arrays[1]])
    assert_same_bits([each.on_host() for each in second], wanted)
    del first, other, second
    assert not device.faults


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(kinds=KINDS), seed=seeds, where=st.randoms(use_true_random=False))
def test_any_graph_with_arguments_anywhere(device, graph, seed, where):
    arrays = arrays_for(graph, seed)
    which = [k for k in range(len(arrays)) if where.random() < 0.5]
    try:
        _, found = run_far(graph, arrays, device, which)
    except UnsupportedError:
        assume(False)
    assert_same_bits([np.asarray(each) for each in found], plan(graph).run(arrays))
    assert not device.faults


def test_arguments_may_lie_anyhow(device):
    whole = placed(device, normal(400, 600))
    size = whole.dtype.itemsize
    strides = (2 * size, 600 * size)
    part = DeviceArray(whole.address, (300, 200), whole.dtype, strides, whole.memory)
    assert layout_of(part) == Located(strides, "gpu0", "gpu:0")
    planned = plan(chain(), [layout_of(part)] * 2, FAR)
    found = planned.run([part, part])
    arrays = [part.on_host(), part.on_host()]
    assert_same_bits([each.on_host() for each in found], plan(chain()).run(arrays))
    assert not device.faults


def test_arguments_from_elsewhere_are_refused(device):
    planned, _ = run_far(chain(), [normal(300, 200)] * 2, device)
    with pytest.raises(UsageError, match="lies in gpu0, but its argument in the mem"):
        planned.run([normal(300, 200)] * 2)
    with pytest.raises(UsageError, match=r"is float64\[300, 200\]"):
        planned.run([placed(device, normal(3))] * 2)


def test_memory_of_results_is_given_back(device):
    arrays = [normal(300, 200), normal(300, 200)]
    _, found = run_far(chain(), arrays, device)
    before = len(device.simulation._memory)
    del found
    assert len(device.simulation._memory) < before
    assert not device.faults

"""Plans on GPUs, of which none is there: results have the bits of plans without."""

import ctypes
import gc
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import lazydag as ld
from lazydag.backends.cuda.cupy_device import CupyDevice
from lazydag.backends.cuda.plans import is_grid
from lazydag.backends.cuda.queued import Lane
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.backends.cuda.streams import Order, copy_block
from lazydag.backends.cuda.stubs import stub_addresses
from lazydag.compiler import layout_of, plan
from lazydag.compiler.devices import attach, detach
from lazydag.compiler.far import Far
from lazydag.compiler.queues import Handles
from lazydag.cost.target import Space, Target
from lazydag.errors import UnsupportedError
from lazydag.ir.attrs import CopyAttrs, KernelAttrs
from lazydag.ir.ops import Kind
from lazydag.runtime import address_of
from tests.compiler.layouts import laid_out
from tests.compiler.test_plans import assert_same_bits
from tests.passes.programs import do, graph_of, inputs, reduce, reshape, transpose
from tests.passes.targets import GB, cpu, gpu, links
from tests.strategies import arrays_for, graphs, seeds

KINDS = (Kind.ELEMENTWISE, Kind.MOVEMENT, Kind.REDUCTION, Kind.SOURCE)
#: A host so far behind that all goes to the GPU.
FAR = Target(
    (cpu(1), gpu()),
    (Space("ram", 64 * GB), Space("gpu0", 80 * GB)),
    links("ram", "gpu0", 1e15),
    name="far",
)


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.gpu)])
def device(request):
    made = SimulatedDevice() if request.param == "simulated" else CupyDevice()
    attach(made)
    yield made
    detach(made.name)


def faults_of(device):
    """Return the hazards that were found; a real device looks for none."""
    return device.faults if isinstance(device, SimulatedDevice) else []


def far_kernels(planned):
    nodes = planned.graphs[-1].nodes()
    kernels = [node.attrs for node in nodes if isinstance(node.attrs, KernelAttrs)]
    return [attrs for attrs in kernels if attrs.device == "gpu:0"]


def chain():
    params = inputs("f64[300,200]", "f64[300,200]")
    x, y = params
    product = do("mul", do("exp", do("add", x, y)), x)
    return graph_of(params, product, reduce("sum", product, 1), transpose(product))


def test_a_chain_runs_on_the_device(device):
    graph = chain()
    arrays = list(np.random.default_rng(0).standard_normal((2, 300, 200)))
    planned = plan(graph, target=FAR)
    assert far_kernels(planned)
    for _ in range(3):
        assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not faults_of(device)


def test_plans_that_are_gone_leave_their_events_to_others():
    arrays = list(np.random.default_rng(0).standard_normal((2, 300, 200)))
    device, made = SimulatedDevice(), []

    def event():
        made.append(device.simulation.event())
        return made[-1]

    attach(device)
    with patch.object(SimulatedDevice, "event", lambda _: event()):
        for _ in range(3):
            planned = plan(chain(), target=FAR)
            planned.run(arrays)
            del planned
            gc.collect()
    detach(device.name)
    assert 0 < len(made) == len({*made}) < 8
    assert not device.faults


def test_arguments_may_lie_anyhow(device):
    graph, rng = chain(), np.random.default_rng(1)
    for _ in range(8):
        arrays = list(rng.standard_normal((2, 300, 200)))
        lying = [laid_out(array, rng) for array in arrays]
        planned = plan(graph, [layout_of(array) for array in lying], FAR)
        assert_same_bits(planned.run(lying), plan(graph).run(arrays))
    assert not faults_of(device)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(kinds=KINDS), seed=seeds)
def test_any_graph_has_the_same_bits(device, graph, seed):
    arrays = arrays_for(graph, seed)
    try:
        planned = plan(graph, target=FAR)
    except UnsupportedError:
        assume(False)
    assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not faults_of(device)


def test_without_a_device_a_plan_is_refused():
    with pytest.raises(
        UnsupportedError, match="between memory spaces, from ram to gpu0"
    ):
        plan(chain(), target=FAR)


def test_work_is_done_before_memory_is_given_back_after_a_failure():
    device = SimulatedDevice()
    far = Far({1: (device, 80)}, Handles({2: (device, Lane.IN)}, {}))
    source = np.arange(10.0)
    bases = [address_of(source)]
    with pytest.raises(ZeroDivisionError), far.bound(bases):
        block = copy_block(
            device.driver, Order(2, context=device.context), (1, 0), (0, 0), 80
        )
        kernel = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)
        table = np.array(bases)
        put = kernel(stub_addresses()["copy"])
        assert not put(block.ctypes.data, table.ctypes.data)
        raise ZeroDivisionError
    assert not device.faults


def test_copies_go_both_ways(device):
    planned = plan(chain(), target=FAR)
    nodes = planned.graphs[-1].nodes()
    spaces = [node.attrs.space for node in nodes if isinstance(node.attrs, CopyAttrs)]
    assert {"gpu0", "ram"} == {*spaces}
    assert all(is_grid(attrs.body) for attrs in far_kernels(planned))


@pytest.mark.parametrize("index", [np.s_[::-1, ::2], np.s_[:, 3:4], np.s_[5:9, 7]])
def test_slices_are_copied_with_their_gaps(device, index):
    x = np.random.default_rng(2).standard_normal((300, 200))
    function = ld.jit(lambda x: (x[index] * 2, (x + 1)[index] + x[index]))
    graph = function.trace(x)
    assert_same_bits(
        plan(graph, target=FAR).run([x]), [x[index] * 2, (x + 1)[index] + x[index]]
    )
    assert not faults_of(device)


def test_a_reshape_of_an_argument_that_lies_by_columns(device):
    (x,) = params = inputs("f64[300,200]")
    graph = graph_of(params, do("exp", reshape(x, 60000)))
    array = np.asfortranarray(np.random.default_rng(2).standard_normal((300, 200)))
    planned = plan(graph, [layout_of(array)], FAR)
    assert far_kernels(planned)
    assert_same_bits(planned.run([array]), plan(graph).run([array.copy("C")]))
    assert not faults_of(device)

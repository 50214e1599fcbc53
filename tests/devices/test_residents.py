"""Programs of every kind whose arguments lie on a device, as do their results."""

import numpy as np
import pytest

import lazydag as ld
from lazydag.backends.cuda.memory import placed
from lazydag.compiler import layout_of, plan
from lazydag.ir.residence import residence_of
from lazydag.runtime.device_array import DeviceArray
from tests.compiler.test_plans import assert_same_bits
from tests.devices.catalogue import PROGRAMS
from tests.devices.machine import attached, devices_of, far_target, take_faults


@pytest.fixture(
    scope="module", params=["simulated", pytest.param("real", marks=pytest.mark.gpu)]
)
def devices(request):
    found = devices_of(request.param)
    with attached(found):
        yield found


@pytest.mark.parametrize(
    "program", PROGRAMS[::3], ids=lambda p: p.name.replace(" ", "-")
)
def test_bits_are_those_of_the_host(devices, program):
    graph, arrays = program.traced()
    far = [placed(devices[0], array) for array in arrays]
    with np.errstate(all="ignore"):
        planned = plan(graph, [layout_of(array) for array in far], far_target())
        found = planned.run(far)
        wanted = plan(graph).run(arrays)
    places = residence_of(graph.outputs, dict.fromkeys(graph.params, "gpu:0"))
    for each, output in zip(found, graph.outputs, strict=True):
        assert isinstance(each, DeviceArray) == (places[output] == "gpu:0")
    assert_same_bits([np.asarray(each) for each in found], wanted)
    assert not take_faults(devices)


N = 48
SQUARE = np.random.default_rng(2).standard_normal((N, N))
DEFINITE = SQUARE @ SQUARE.T + N * np.eye(N)
FUNCTIONS = {
    "cholesky": lambda a: [ld.linalg.cholesky(a)],
    "solve": lambda a: [ld.linalg.solve(a, a[0])],
    "inv": lambda a: [ld.linalg.inv(a), ld.linalg.det(a)],
    "qr": lambda a: [*ld.linalg.qr(a)],
    "eigh": lambda a: [ld.linalg.eigvalsh(a)],
    "svd": lambda a: [ld.linalg.svdvals(a)],
    "fft": lambda a: [ld.fft.fft(a), ld.fft.irfft(ld.fft.rfft(a))],
    "sort": lambda a: [ld.sort(a), ld.argsort(a, axis=0), *ld.topk(a, 3)],
    "sums": lambda a: [ld.cumulative_sum(a, axis=0), ld.cumulative_max(a, axis=1)],
    "products": lambda a: [a @ a, a @ a[0], ld.tensordot(a, a, axes=2)],
    "stencil": lambda a: [
        ld.fori_loop(0, 3, lambda _, x: x * 0.5 + ld.roll(x, 1, axis=0), a)
    ],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_whole_arrays(devices, name):
    function = ld.jit(FUNCTIONS[name])
    graph = function.trace(DEFINITE)
    far = placed(devices[0], DEFINITE)
    found = plan(graph, [layout_of(far)], far_target()).run([far])
    wanted = plan(graph).run([DEFINITE])
    assert all(isinstance(each, DeviceArray) for each in found)
    for x, y in zip(found, wanted, strict=True):
        scale = np.abs(y).max()
        assert np.allclose(np.asarray(x), y, rtol=1e-9, atol=1e-9 * scale)
    assert not take_faults(devices)

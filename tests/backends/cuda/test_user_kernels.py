"""People's scalar functions in kernels for GPUs."""

import math

import numpy as np
import pytest

import lazydag as ld
from lazydag.backends import backend
from lazydag.backends.cuda.emulate import EmulatedBackend
from lazydag.backends.cuda.grids import is_grid, plan_grids, print_form
from lazydag.backends.cuda.ptx import Capability, ptx_of
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import plan
from lazydag.compiler.devices import attach, detach
from lazydag.errors import KernelError
from lazydag.ir.attrs import ReduceAttrs
from lazydag.runtime import Mode
from tests.backends.kernels import graph_of, op, params_of, run, same_bits, view_of
from tests.backends.test_user_kernels import call, collatz, is_small, picky, timid
from tests.compiler.test_devices import FAR, far_kernels
from tests.compiler.test_plans import assert_same_bits
from tests.devices.assembler import assemble, has_assembler

CPU, GRID = backend("cpu"), EmulatedBackend()
RNG = np.random.default_rng(0)


def elementary(x, y):
    return math.exp(-x) + math.sin(x * 40.0) + math.atan2(y, x) + math.log1p(abs(y))


def remainders(x, y):
    if y > 0.5:
        return x % y + np.fmod(x, 0.3)
    return x // 0.25 + float(np.floor(y))


def powers(x, n):
    total = x
    for k in range(n):
        total += x**k / (k + 1)
    return total ** np.float32(0.5) if total > 0 else total


FUNCTIONS = {
    elementary: ("f8", "f8"),
    remainders: ("f8", "f8"),
    powers: ("f4", "i8"),
    collatz: ("i8",),
    is_small: ("f4",),
    picky: ("f8",),
}


def arguments(dtypes, size=300):
    return [
        RNG.integers(1, 9, size).astype(t)
        if t == "i8"
        else RNG.normal(size=size).astype(t)
        for t in dtypes
    ]


def body_of(function, arrays):
    params = params_of(*arrays)
    return graph_of(params, call(function, *params))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_bits_are_those_of_the_processor(function):
    arrays = arguments(FUNCTIONS[function])
    body = body_of(function, arrays)
    assert is_grid(body)
    found = [np.zeros(300, body.outputs[0].type.dtype) for _ in range(2)]
    for each, out in zip((CPU, GRID), found, strict=True):
        run(each, body, arrays, [out])
    assert same_bits(*found)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_elementary_functions_are_ours(dtype):
    x = RNG.normal(size=500).astype(dtype)
    out = np.zeros_like(x)
    run(CPU, body_of(_exponential, [x]), [x], [out])
    assert same_bits(out, np.asarray(ld.exp(x)))


def _exponential(x):
    return np.exp(x)


def test_what_stays_on_the_host():
    x = RNG.normal(size=10)
    assert not is_grid(body_of(_gamma, [x]))


def _gamma(x):
    return math.gamma(x)


def ptx_for(function, capability):
    arrays = arguments(FUNCTIONS[function])
    body = body_of(function, arrays)
    out = np.zeros(300, body.outputs[0].type.dtype)
    views = [view_of(k, array) for k, array in enumerate(arrays)]
    written = view_of(len(views), out, Mode.OUT)
    (made,) = plan_grids(body, views, [written])
    return ptx_of(print_form(made.form, body), capability)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_functions_are_ptx_without_shortcuts(function):
    text = ptx_for(function, Capability(8, 0))
    assert ".extern" not in text
    assert ".ftz" not in text
    assert ".approx" not in text


@has_assembler
@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_assembler_takes_functions(function, tmp_path):
    capability = Capability(9, 0)
    assemble(ptx_for(function, capability), capability, tmp_path)


@pytest.fixture
def device():
    made = SimulatedDevice()
    attach(made)
    yield made
    detach(made.name)


@pytest.mark.parametrize("values", [(5.0, ""), (1.0, "timid"), (11.0, "picky")])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_what_a_function_raises_is_told(device, values, axis):
    value, name = values
    x = np.full((300, 200), 5.0)
    (param,) = params = params_of(x)
    nodes = [call(picky, param), call(timid, param)]
    if axis is not None:
        nodes = [op("sum", n, attrs=ReduceAttrs((axis,))) for n in nodes]
    graph = graph_of(params, *nodes)
    planned = plan(graph, target=FAR)
    assert far_kernels(planned)
    wanted = planned.run([x])
    x[123, 45] = value
    if name:
        with pytest.raises(KernelError, match=f"{name}, decorated with"):
            planned.run([x])
        x[123, 45] = 5.0
    assert_same_bits(planned.run([x]), wanted)
    assert not device.faults


def test_in_a_plan_for_a_device(device):
    arrays = arguments(("f8", "f8"), 200_000)
    x, y = params = params_of(*arrays)
    graph = graph_of(params, op("mul", call(elementary, op("add", x, y), y), x))
    planned = plan(graph, target=FAR)
    assert far_kernels(planned)
    assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not device.faults

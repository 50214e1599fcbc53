"""Loops and branches on a device: the bits are those of the host."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest

import lazydag as ld
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import plan
from lazydag.compiler.devices import attach, detach
from lazydag.errors import TargetError
from lazydag.ir.attrs import CopyAttrs, bodies_of
from lazydag.passes.work import kernel_work
from tests.array.control.test_loops import STEPS
from tests.compiler.test_devices import FAR, far_kernels
from tests.compiler.test_plans import assert_same_bits
from tests.passes import programs
from tests.passes.targets import LAPTOP, WITH_GPU

#: A host that is never worth it.
SLOW = replace(
    FAR, devices=(replace(FAR.default, task_overhead_seconds=1.0), *FAR.devices[1:])
)


@pytest.fixture
def device():
    made = SimulatedDevice()
    attach(made)
    yield made
    detach(made.name)


def control_of(planned):
    """Return the loops and branches that run on the device."""
    bodies = [each.body.outputs[0] for each in far_kernels(planned)]
    return [node for node in bodies if bodies_of(node.attrs)]


def assert_far(device, function, *args):
    """Check that a loop or branch runs on the device, with the bits of the host."""
    graph = ld.jit(function).trace(*args)
    planned = plan(graph, target=SLOW)
    assert control_of(planned)
    arrays = [np.asarray(arg) for arg in args]
    wanted = plan(graph).run(arrays)
    for _ in range(2):
        assert_same_bits(planned.run(arrays), wanted)
    assert not device.faults
    return planned


def values(*shape):
    return np.random.default_rng(0).standard_normal(shape)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("count", [4, 5])
def test_steps_of_all_kinds(device, step, count):
    def function(a, b):
        def body(i, carry):
            return step(i, *carry)

        return ld.fori_loop(0, count, body, (a, b))

    assert_far(device, function, values(12), values(12))


@pytest.mark.parametrize("reverse", [False, True])
def test_rows_and_stacks(device, reverse):
    def function(rows, start, scale):
        def body(carry, row):
            following = carry * 0.5 + row * scale
            return following, (following - 1.0, row, ld.sum(following))

        return ld.scan(body, start, rows, reverse=reverse)

    assert_far(device, function, values(7, 20), values(20), values())


def test_rows_of_arrays_that_lie_otherwise(device):
    def function(rows, start):
        return ld.scan(lambda c, row: (c + row, c * row), start, rows.T)

    assert_far(device, function, values(20, 6), values(20))


def test_numbers_of_steps(device):
    def function(x):
        return ld.fori_loop(3, 9, lambda i, c: c * i + ld.sin(c), x)

    assert_far(device, function, values(40))


def test_what_goes_on_while_a_value_is_large(device):
    def function(x):
        def goes_on(state):
            return ld.sum(ld.abs(state[0])) > 1.0

        def body(state):
            return state[0] * 0.7, state[1] + 1

        return ld.while_loop(goes_on, body, (x, 0))

    assert_far(device, function, values(300))


def test_branches(device):
    def function(x, y):
        return ld.cond(ld.sum(x) > ld.sum(y), ld.exp, lambda a: a * 2.0, x)

    x, y = values(30), np.ones(30)
    for pair in ((x, y), (y, x)):
        assert_far(device, function, *pair)


def test_loops_in_loops_and_branches_in_them(device):
    def function(x):
        def inner(j, c):
            return ld.cond(ld.sum(c) > j, lambda a: a * 0.5, lambda a: a + 0.25, c)

        def outer(i, c):
            return ld.fori_loop(0, 3, inner, c + i)

        return ld.fori_loop(0, 4, outer, x)

    assert_far(device, function, values(25))


def test_carries_stay_on_the_device(device):
    def function(x):
        return ld.sum(ld.fori_loop(0, 50, lambda i, c: c + ld.cos(c), ld.exp(x)))

    planned = assert_far(device, function, values(500))
    nodes = planned.graphs[-1].nodes()
    assert sum(isinstance(node.attrs, CopyAttrs) for node in nodes) == 2


def test_products_are_calls_of_the_library(device):
    def function(a, x):
        def body(i, v):
            w = a @ v
            return w / ld.sqrt(ld.sum(w * w))

        return ld.fori_loop(0, 6, body, x)

    assert_far(device, function, values(64, 64), values(64))


def test_an_index_that_is_not_there_is_an_error(device):
    def function(x, i):
        return ld.fori_loop(0, 3, lambda _, c: c[i] + 1.0, x)

    x, index = values(10), np.arange(10)[::-1].copy()
    planned = assert_far(device, function, x, index)
    index[3] = 10
    with pytest.raises(IndexError):
        planned.run([x, index])


def test_what_the_host_has_to_look_at_keeps_a_loop_there(device):
    def function(a):
        return ld.fori_loop(0, 3, lambda i, c: ld.linalg.inv(c) + ld.eye(5), a)

    planned = plan(ld.jit(function).trace(values(5, 5)), target=SLOW)
    assert not control_of(planned)


@pytest.mark.parametrize(("size", "is_far"), [(2000, False), (1 << 20, True)])
def test_each_step_is_a_launch(device, size, is_far):
    def function(x):
        return ld.fori_loop(0, 200, lambda i, c: c * 0.5 + ld.exp(c), x)

    graph = ld.jit(function).trace(values(size))
    assert bool(control_of(plan(graph, target=WITH_GPU))) == is_far


def test_steps_of_a_device_move_their_arrays_each_time():
    def function(x, steps):
        return ld.stencil(lambda u: u[-1] + u[1], boundary="wrap")(x, steps=steps)

    def work(steps, target):
        graph = ld.jit(lambda x: function(x, steps)).trace(values(1000))
        (kernel,) = programs.kernels(programs.planned(graph, target))
        device = target.devices[-1]
        return kernel_work(kernel, device)

    one, many = work(1, WITH_GPU), work(50, WITH_GPU)
    assert (many.nbytes, many.tiles) == (50 * one.nbytes, 50 * one.tiles)
    assert work(50, LAPTOP).nbytes == work(1, LAPTOP).nbytes


def test_several_threads_run_one_plan(device):
    def function(x):
        less = ld.while_loop(lambda c: ld.sum(c) > 1.0, lambda c: c * 0.7, ld.abs(x))
        return ld.cond(ld.sum(less) > 0.9, lambda v: v + 1.0, lambda v: v - 1.0, less)

    graph = ld.jit(function).trace(values(200))
    planned = plan(graph, target=SLOW)
    arrays = [np.random.default_rng(k).standard_normal(200) for k in range(12)]
    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda x: planned.run([x]), arrays))
    for x, results in zip(arrays, found, strict=True):
        assert_same_bits(results, plan(graph).run([x]))
    assert not device.faults


def pinned_loop(inside, around=None):
    """Return a function of a loop in a loop, of which both may name devices."""

    def inner(j, c):
        with ld.scope(inside):
            return ld.exp(-c)

    def outer(i, c):
        return ld.fori_loop(0, 2, inner, c * 0.5) + c

    def function(x):
        with ld.scope(around) if around else nullcontext():
            return ld.fori_loop(0, 3, outer, x)

    return function


@pytest.mark.parametrize(
    ("inside", "around", "where"),
    [
        ("gpu:0", None, "gpu:0"),
        ("cpu", None, "cpu:0"),
        ("cpu", "gpu:0", "gpu:0"),
        ("gpu:0", "cpu", "cpu:0"),
    ],
)
def test_a_body_that_names_a_device_takes_its_loop_there(device, inside, around, where):
    graph = ld.jit(pinned_loop(inside, around)).trace(values(20))
    planned = plan(graph, target=SLOW)
    assert {kernel.attrs.device for kernel in planned.memory.kernels} == {where}
    found = [np.asarray(each) for each in planned.run([values(20)])]
    free = plan(ld.jit(pinned_loop("cpu")).trace(values(20)))
    assert_same_bits(found, [np.asarray(each) for each in free.run([values(20)])])
    assert not device.faults


def test_a_body_may_not_name_what_is_not_there(device):
    graph = ld.jit(pinned_loop("gpu:7")).trace(values(20))
    with pytest.raises(TargetError, match="pinned to gpu:7, which is not there"):
        plan(graph, target=SLOW)

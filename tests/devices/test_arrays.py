"""Arrays on devices: moved, computed there, kept there."""

import gc

import numpy as np
import pytest

import lazydag as ld
from lazydag.backends.cuda import shared
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import cache
from lazydag.compiler.devices import attach, detach
from lazydag.compiler.session import session
from lazydag.cost.target import Space, Target
from tests.devices.near import NEAR, X, allocated, device, on_gpu, simulated
from tests.passes.targets import GB, gpu, links

__all__ = ["device", "simulated"]


def test_to_device_and_back(device):
    x = ld.asarray(X).to_device("gpu:0")
    assert np.array_equal(on_gpu(x), X)
    assert x.to_device("gpu:0") is x
    assert x.to_device("gpu") is x
    back = x.to_device("cpu")
    assert back.device == "cpu"
    assert np.array_equal(np.asarray(back), X)


def test_wishes_for_tiles_are_kept(device):
    x = ld.asarray(X).retile(10).to_device("gpu:0")
    for y in (x, x.to_device("cpu")):
        y[0] = 3.0
        assert y.node.attrs.tile == (10, 10)
        assert np.array_equal(np.asarray(y)[1:], X[1:])


def test_many_elements_come_home(device):
    values = np.arange(1.0, 700_001.0).reshape(700, 1000)
    x = ld.asarray(values).to_device("gpu:0")
    for far, near in ((x, values), (x.T, values.T), (x[::2], values[::2])):
        found = np.asarray(far)
        assert not found.flags.writeable
        assert np.array_equal(found, near)
    back = x.to_device("cpu")
    back[0, 0] = 7.0
    assert (float(back[0, 0]), float(x[0, 0])) == (7.0, 1.0)


def test_there_is_no_such_device(device):
    with pytest.raises(ValueError, match="no device 'gpu:7'"):
        ld.asarray(X).to_device("gpu:7")
    with pytest.raises(ValueError, match="no device ''"):
        ld.asarray(X).to_device("")


def test_results_stay_where_their_arrays_are(device):
    x = ld.asarray(X).to_device("gpu:0")
    y = ld.exp(x) + 1.0
    assert y.device == "gpu:0"
    ld.compute(y)
    assert np.array_equal(on_gpu(y), np.asarray(ld.exp(X) + 1.0))
    assert (y + X).device == "cpu"
    total = (y * x).sum()
    assert total.device == "gpu:0"
    assert float(total) == float((ld.asarray(np.asarray(y)) * X).sum())


def test_an_array_stays_when_elements_are_written(device):
    x = ld.asarray(X).to_device("gpu:0")
    wanted = X.copy()
    x[3:5] = 7.0
    wanted[3:5] = 7.0
    assert x.device == "gpu:0"
    x[:, 1] = X[:, 2]
    wanted[:, 1] = X[:, 2]
    view = x[10:]
    view += 1.0
    wanted[10:] += 1.0
    assert np.array_equal(np.asarray(x), wanted)
    assert np.array_equal(on_gpu(x), wanted)


def test_views_of_arrays_on_a_device(device):
    x = ld.asarray(X).to_device("gpu:0")
    view = x.T[3:7]
    assert view.device == "gpu:0"
    assert np.array_equal(np.asarray(view), X.T[3:7])
    assert float(x[2, 3]) == X[2, 3]
    assert float(view[1, -1]) == X.T[4, -1]
    with pytest.raises(IndexError):
        x[2, 99]
    rows = x[10:20]
    assert rows.is_computed
    assert on_gpu(rows).tolist() == X[10:20].tolist()
    whole, part = (a.__cuda_array_interface__["data"][0] for a in (x, rows))
    assert part == whole + 10 * 400
    x += 1.0
    assert np.array_equal(np.asarray(rows), X[10:20] + 1.0)


def test_scope_computes_there(device):
    with ld.scope("gpu:0"):
        y = ld.sin(ld.asarray(X)) * 2.0
        z = y + 1.0
        assert y.device == "gpu:0"
    assert z.device == "gpu:0"
    ld.compute(y, z)
    assert np.array_equal(on_gpu(y), np.asarray(ld.sin(X) * 2.0))
    assert np.array_equal(on_gpu(z), np.asarray(ld.sin(X) * 2.0 + 1.0))


def test_values_wanted_in_a_scope_are_computed_there(device):
    before = ld.cos(X)
    with ld.scope("gpu:0"):
        y = ld.sqrt(ld.asarray(X * X))
        text = np.asarray(y)
        assert before.device == "cpu"
    assert np.array_equal(text, np.sqrt(X * X))
    on_gpu(y)
    assert before.device == "cpu"


def test_scopes_are_nested(device):
    x = ld.asarray(X)
    with ld.scope("gpu:0"):
        a = x * 2.0
        with ld.scope("cpu"):
            b = a + 1.0
        c = b * 3.0
    assert [a.device, b.device, c.device] == ["gpu:0", "cpu", "gpu:0"]
    ld.compute(a, b, c)
    assert [a.device, b.device, c.device] == ["gpu:0", "cpu", "gpu:0"]
    assert np.array_equal(np.asarray(c), (X * 2.0 + 1.0) * 3.0)


def test_errors_name_the_line_in_a_scope(device):
    with ld.scope("gpu:7"):
        y = ld.asarray(X) * 2.0
    with pytest.raises(ld.TargetError, match=r"pinned to gpu:7(.|\n)*X\) \* 2.0"):
        ld.compute(y)


def test_a_scope_ends_when_something_is_raised(device):
    with pytest.raises(ZeroDivisionError), ld.scope("gpu:0"):
        y = ld.asarray(X) + 1.0
        raise ZeroDivisionError
    assert y.device == "gpu:0"
    assert (ld.asarray(X) + 1.0).device == "cpu"


def test_scopes_in_jitted_functions(device):
    @ld.jit
    def f(x):
        with ld.scope("gpu:0"):
            y = ld.exp(x)
        return y, y.to_device("cpu") + 1.0

    far, near = f(X)
    assert np.array_equal(on_gpu(far), np.asarray(ld.exp(X)))
    assert near.device == "cpu"
    assert np.array_equal(np.asarray(near), np.asarray(ld.exp(X) + 1.0))


def test_jitted_functions_in_scopes(device):
    f = ld.jit(lambda x: x * 2.0 + 1.0)
    for _ in range(2):
        with ld.scope("gpu:0"):
            far = f(X)
        assert np.array_equal(on_gpu(far), X * 2.0 + 1.0)
        assert f(X).device == "cpu"


def test_jitted_functions_follow_their_arguments(device):
    f = ld.jit(lambda x, y: (x * y, x.sum()))
    x = ld.asarray(X).to_device("gpu:0")
    for _ in range(3):
        product, total = f(x, x)
        assert np.array_equal(on_gpu(product), X * X)
        assert total.device == "gpu:0"
    mixed, _ = f(x, X)
    assert mixed.device == "cpu"
    assert np.array_equal(np.asarray(mixed), X * X)


def test_jitted_functions_write_into_arrays_on_a_device(device):
    @ld.jit
    def f(x, y):
        x[1:3] = 0.0
        return x + y

    x = ld.asarray(X).to_device("gpu:0")
    wanted = X.copy()
    wanted[1:3] = 0.0
    found = f(x, 1.0)
    assert np.array_equal(on_gpu(x), wanted)
    assert np.array_equal(on_gpu(found), wanted + 1.0)


@pytest.mark.parametrize("strict", [False, True])
def test_arguments_stay_when_arrays_of_the_host_are_written(device, strict):
    @ld.jit(strict=strict)
    def f(x, y):
        assert (x.device, y.device) == ("gpu:0", "cpu")
        x[:, 1] = y
        return (x + 1.0).device == "gpu:0"

    x = ld.asarray(X).to_device("gpu:0")
    wanted = X.copy()
    wanted[:, 1] = X[:, 5]
    f(x, X[:, 5].copy())
    assert np.array_equal(on_gpu(x), wanted)


def test_jitted_functions_run_in_parts(device):
    @ld.jit
    def f(x):
        y = x * 2.0
        if y.sum() > 0:
            return y + 1.0
        return y - 1.0

    x = ld.asarray(np.abs(X)).to_device("gpu:0")
    assert np.array_equal(on_gpu(f(x)), np.abs(X) * 2.0 + 1.0)


def test_results_in_arrays_that_exist(device):
    x = ld.asarray(X).to_device("gpu:0")
    out = np.empty_like(X)
    assert ld.jit(lambda x: x + 1.0).into(out, x) is out
    assert np.array_equal(out, X + 1.0)


def test_functions_that_make_arrays(device):
    made = ld.zeros((3, 4), device="gpu:0")
    assert made.device == "gpu:0"
    assert np.array_equal(np.asarray(made), np.zeros((3, 4)))
    assert ld.asarray(X, device="gpu:0").device == "gpu:0"
    assert ld.ones_like(made).device == "gpu:0"
    assert ld.arange(4, device="gpu").device == "gpu"
    info = ld.__array_namespace_info__()
    assert info.devices() == ("cpu", "gpu:0")
    with ld.scope("gpu:0"):
        assert info.default_device() == "gpu:0"


def test_threads_are_on_no_other_device_afterwards(simulated):
    shared._call(simulated, "enter", 5)
    x = ld.compute(ld.asarray(X).to_device("gpu:0") + 1.0)
    np.asarray(x)
    assert simulated.entered() == 5


def test_arrays_without_elements(device):
    x = ld.asarray(np.zeros((0, 3))).to_device("gpu:0")
    y = ld.compute(x * 2.0)
    assert on_gpu(y).shape == (0, 3)
    assert float(y.sum()) == 0.0


def test_memory_is_given_back(simulated):
    x = ld.asarray(X).to_device("gpu:0")
    count = allocated(simulated)
    y = ld.compute(x + 1.0)
    assert allocated(simulated) == count + 1
    del y
    assert allocated(simulated) == count


def test_garbage_makes_room(simulated, monkeypatch):
    ring = [ld.asarray(X).to_device("gpu:0")]
    ring.append(ring)
    allocate, full = simulated.simulation.allocate, [allocated(simulated)]

    def within_limits(nbytes):
        if allocated(simulated) >= full[0]:
            raise ld.OutOfMemoryError("no room")
        return allocate(nbytes)

    monkeypatch.setattr(SimulatedDevice, "allocate", lambda _, n: within_limits(n))
    with pytest.raises(ld.OutOfMemoryError):
        ld.asarray(X).to_device("gpu:0")
    del ring
    assert np.array_equal(on_gpu(ld.asarray(X).to_device("gpu:0")), X)


def test_plans_are_refused_that_have_no_room_beside_arrays(simulated, monkeypatch):
    x = ld.asarray(X).to_device("gpu:0")
    monkeypatch.setenv("LAZYDAG_DEVICE_MEMORY_LIMIT", "30000")
    y = x + 1.0
    with pytest.raises(ld.OutOfMemoryError, match=r"16 kB of gpu:0; .* arrays have 16"):
        ld.compute(y)
    near = x.to_device("cpu")
    assert np.array_equal(np.asarray(near), X)
    del x, y
    assert near.to_device("gpu:0").device == "gpu:0"


def test_loops_outside_of_functions_stay_there(device):
    x = ld.asarray(X).to_device("gpu:0")
    wanted = X
    for step in range(40):
        x = x * 0.5 + step
        wanted = wanted * 0.5 + step
    assert np.array_equal(np.asarray(x), wanted)
    on_gpu(x)


@pytest.fixture
def two(simulated, monkeypatch):
    other = SimulatedDevice("gpu:1", "gpu1", beside=simulated)
    attach(other)
    spaces = (*NEAR.spaces, Space("gpu1", 80 * GB))
    target = Target(
        (*NEAR.devices, gpu(1)),
        spaces,
        NEAR.links + links("ram", "gpu1", 1e6) + links("gpu0", "gpu1", 1e9),
        name="two",
    )
    monkeypatch.setitem(vars(session()), "target", target)
    yield simulated, other
    gc.collect()
    cache.clear()
    detach(other.name)
    assert other.faults == []


def test_arrays_move_between_devices(two):
    x = ld.asarray(X).to_device("gpu:0")
    y = x.to_device("gpu:1")
    assert (x.device, y.device) == ("gpu:0", "gpu:1")
    assert np.array_equal(np.asarray(y + 1.0), X + 1.0)
    assert (y * 2.0).device == "gpu:1"
    both = x + y
    assert both.device == "cpu"
    assert np.array_equal(np.asarray(both), X + X)


def test_scopes_of_two_devices(two):
    with ld.scope("gpu:0"):
        a = ld.asarray(X) * 2.0
    with ld.scope("gpu:1"):
        b = a + 1.0
        with ld.scope("gpu:0"):
            c = b * a
    ld.compute(a, b, c)
    assert [a.device, b.device, c.device] == ["gpu:0", "gpu:1", "gpu:0"]
    assert np.array_equal(np.asarray(c), (X * 2.0 + 1.0) * (X * 2.0))

"""Arrays of other libraries on a device, and ours for them: nothing is copied."""

import gc

import numpy as np
import pytest

import lazydag as ld
from lazydag.backends.cuda import shared
from lazydag.backends.cuda.memory import Held
from lazydag.compiler import foreign
from lazydag.runtime import address_of, dlpack
from lazydag.runtime.device_array import DeviceArray, contiguous
from tests.devices.near import X, device, machine, simulated

__all__ = ["device", "simulated"]


#: What copies read that are not done yet.
KEPT = []


class Theirs:
    """An array of another library: it is filled on a stream, some time."""

    def __init__(self, device, values, version=3, lying=None):
        self.device, self.values, self.version = device, values, version
        self.shape, self.strides = lying or (values.shape, None)
        self.dtype = values.dtype
        self.address = device.allocate(values.nbytes)
        self.stream = 1 if version < 3 else device.stream()
        self.put(values)

    def put(self, values):
        """Fill it on the stream, which is done when somebody waits for it."""
        self.values = values
        KEPT.append(values)
        with shared.visiting(self.device):
            what = self.address, address_of(values), values.nbytes
            shared._call(self.device, "copy", *what, self.stream)

    @property
    def __cuda_array_interface__(self):
        found = {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.address, False),
            "strides": self.strides,
            "version": self.version,
        }
        return found if self.version < 3 else found | {"stream": self.stream}


class OfDLPack(Theirs):
    """One that speaks DLPack only."""

    __cuda_array_interface__ = property()

    def __init__(self, device, values, *, is_old=False):
        super().__init__(device, values)
        self.is_old = is_old

    def __dlpack_device__(self):
        return 2, 0

    def __dlpack__(self, *, stream=None, **options):
        if self.is_old and options:
            raise TypeError("unexpected keyword")
        event = self.device.event()
        with shared.visiting(self.device):
            shared._call(self.device, "record", event, self.stream)
            shared._call(self.device, "wait", stream, event, 0)
        held = Held(self.device, self, is_ours=False)
        strides = contiguous(self.shape, self.dtype)
        array = DeviceArray(self.address, self.shape, self.dtype, strides, held)
        return dlpack.capsule(array, self.stream, is_versioned=not self.is_old)


@pytest.fixture
def theirs(device):
    return Theirs(device, X.copy())


def test_arguments_are_used_where_they_lie(device, theirs):
    x = ld.asarray(theirs)
    assert x.device == "gpu:0"
    assert x.node.attrs.leaf.data.address == theirs.address
    assert np.array_equal(np.asarray(x * 2.0), X * 2.0)


def test_operators_take_them(device, theirs):
    found = ld.asarray(X).to_device("gpu:0") + theirs
    assert found.device == "gpu:0"
    assert np.array_equal(np.asarray(found), X + X)


def test_jitted_functions_take_them(device, theirs):
    f = ld.jit(lambda x, y: x + y)
    for _ in range(2):
        found = f(theirs, theirs)
        assert found.device == "gpu:0"
        assert np.array_equal(np.asarray(found), X + X)


def test_other_libraries_that_name_no_stream(device):
    old = Theirs(device, X.copy(), version=2)
    assert np.array_equal(np.asarray(ld.asarray(old) + 1.0), X + 1.0)


def test_what_others_write_later_is_seen(device, theirs):
    x = ld.asarray(theirs)
    assert np.array_equal(np.asarray(x + 1.0), X + 1.0)
    twice = 2.0 * X
    theirs.put(twice)
    assert np.array_equal(np.asarray(x + 1.0), twice + 1.0)
    theirs.put(X)
    assert np.array_equal(np.asarray(x), X)


def test_elements_may_lie_anyhow(device):
    lying = (20, 40), (16, 320)
    shown = np.lib.stride_tricks.as_strided(X, *lying)
    part = Theirs(device, X.copy(), lying=lying)
    found = ld.asarray(part)
    assert np.array_equal(np.asarray(found), shown)
    assert np.array_equal(np.asarray(found.reshape(-1) + 1.0), shown.reshape(-1) + 1.0)


def test_results_do_not_follow_what_others_write(device, theirs):
    @ld.jit
    def f(x):
        return x, x + 1.0

    same, _ = f(theirs)
    theirs.put(np.zeros_like(X))
    device.settle()
    assert np.array_equal(np.asarray(same), X)


def test_results_are_handed_on(device):
    x = ld.compute(ld.asarray(X).to_device("gpu:0") + 1.0)
    interface = x.__cuda_array_interface__
    assert interface["version"] == 3
    assert interface["stream"] is None
    assert interface["strides"] is None
    assert (interface["shape"], interface["typestr"]) == ((40, 50), "<f8")
    assert foreign.adopted(x.node.attrs.leaf.data).address == interface["data"][0]
    assert not hasattr(ld.asarray(X), "__cuda_array_interface__")


def test_what_was_handed_on_stays_when_the_array_changes(simulated):
    x = ld.compute(ld.asarray(X).to_device("gpu:0") + 1.0)
    address = x.__cuda_array_interface__["data"][0]
    x += 1.0
    ld.compute(x)
    assert x.__cuda_array_interface__["data"][0] != address
    assert simulated.holds(address)
    del x
    assert not simulated.holds(address)


def test_lazy_arrays_are_computed_when_they_are_handed_on(device):
    x = ld.asarray(X).to_device("gpu:0") * 2.0
    assert not x.is_computed
    assert x.__dlpack_device__() == (2, 0)
    assert x.is_computed


@pytest.mark.parametrize("version", [None, (1, 0), (1, 1)])
def test_dlpack_of_results(simulated, version):
    x = ld.compute(ld.asarray(X).to_device("gpu:0") + 1.0)
    address = x.__cuda_array_interface__["data"][0]
    read = dlpack.read(x.__dlpack__(max_version=version, stream=simulated.stream()))
    assert read.device == (2, 0)
    assert (read.address, read.shape, read.dtype) == (address, X.shape, X.dtype)
    assert read.strides == (400, 8)
    del x
    gc.collect()
    assert simulated.holds(address)
    del read
    assert not simulated.holds(address)


def test_memory_is_kept_until_its_readers_are_done(device):
    x = ld.compute(ld.asarray(X).to_device("gpu:0") + 1.0)
    stream, target = device.stream(), np.empty_like(X)
    read = dlpack.read(x.__dlpack__(stream=stream))
    with shared.visiting(device):
        what = address_of(target), read.address, X.nbytes
        shared._call(device, "copy", *what, stream)
    del x, read
    gc.collect()
    assert np.array_equal(target, X + 1.0)


def test_capsules_that_nobody_reads(simulated):
    x = ld.compute(ld.asarray(X).to_device("gpu:0") + 1.0)
    address = x.__cuda_array_interface__["data"][0]
    x.__dlpack__()
    capsule = x.__dlpack__(max_version=(1, 0))
    del x
    assert simulated.holds(address)
    del capsule
    assert not simulated.holds(address)


def test_dlpack_of_copies(device):
    x = ld.asarray(X).to_device("gpu:0")
    address = x.__cuda_array_interface__["data"][0]
    read = dlpack.read(x.__dlpack__(copy=True))
    assert read.address != address
    held = Held(device, read.owner, is_ours=False)
    copy = DeviceArray(read.address, read.shape, read.dtype, read.strides, held)
    assert np.array_equal(np.asarray(copy), X)
    with pytest.raises(BufferError, match="are handed on as they lie"):
        x.__dlpack__(dl_device=(2, 1))


def test_capsules_are_read_once(device):
    x = ld.asarray(X).to_device("gpu:0")
    capsule = x.__dlpack__()
    dlpack.read(capsule)
    with pytest.raises(ValueError, match="was read before"):
        dlpack.read(capsule)


def test_numpy_gets_a_copy_of_results(device):
    x = ld.asarray(X).to_device("gpu:0")
    assert np.array_equal(np.from_dlpack(x, device="cpu"), X)
    with pytest.raises(BufferError):
        x.__dlpack__(dl_device=(1, 0), copy=False)
    with pytest.raises(ValueError, match="have to be copied"):
        np.asarray(x, copy=False)


@pytest.mark.parametrize("is_old", [False, True])
def test_dlpack_of_others(device, is_old):
    theirs = OfDLPack(device, X.copy(), is_old=is_old)
    x = ld.from_dlpack(theirs)
    assert x.device == "gpu:0"
    assert np.array_equal(np.asarray(x - 1.0), X - 1.0)
    assert ld.from_dlpack(theirs, device="cpu").device == "cpu"
    with pytest.raises(ValueError, match="without a copy"):
        ld.from_dlpack(theirs, device="cpu", copy=False)
    assert ld.from_dlpack(theirs, copy=True).device == "gpu:0"


def test_others_are_kept_while_they_are_needed(device):
    theirs = OfDLPack(device, X.copy())
    gc.collect()
    before = len(dlpack._lent)
    x = ld.from_dlpack(theirs) + 1.0
    assert len(dlpack._lent) == before + 1
    ld.compute(x)
    assert len(dlpack._lent) == before


@pytest.mark.parametrize("kind", ["f4", "i2", "u1", "c16", "?"])
def test_kinds_of_elements(device, kind):
    values = (np.arange(12).reshape(3, 4) % 2).astype(kind)
    x = ld.asarray(values).to_device("gpu:0")
    read = dlpack.read(x.__dlpack__())
    assert read.dtype == values.dtype
    assert np.array_equal(np.asarray(ld.asarray(Theirs(device, values))), values)


def test_what_is_no_array_of_a_device(simulated):
    class Masked(Theirs):
        @property
        def __cuda_array_interface__(self):
            return super().__cuda_array_interface__ | {"mask": self}

    with pytest.raises(ld.UsageError, match="mask"):
        ld.asarray(Masked(simulated, X.copy()))
    elsewhere = Theirs(simulated, X.copy())
    elsewhere.address = 64
    with pytest.raises(ld.UnsupportedError, match="plans do not run on"):
        ld.asarray(elsewhere)
    odd = Theirs(simulated, X.copy())
    odd.address += 3
    with pytest.raises(ld.UsageError, match="no multiple of 8"):
        ld.asarray(odd)


@ld.jit
def halved(x, y):
    x *= 0.5
    x[0] = y
    return x.sum()


HALVED = X * 0.5
HALVED[0] = 3.0


def test_jitted_functions_write_into_them(device, theirs):
    total = halved(theirs, 3.0)
    assert np.array_equal(np.asarray(ld.asarray(theirs)), HALVED)
    assert np.allclose(float(total), HALVED.sum())
    with ld.scope("cpu"):
        halved(theirs, 7.0)
    assert np.asarray(ld.asarray(theirs))[0, 0] == 7.0


def test_results_go_into_them(device, theirs):
    f = ld.jit(lambda x: x * 4.0)
    for x in (X, ld.asarray(X).to_device("gpu:0"), theirs):
        f.into(theirs, x)
        assert np.array_equal(np.asarray(ld.asarray(theirs))[0], 4.0 * X[0])
        theirs.put(X.copy())
    with pytest.raises(ld.UsageError, match="not contiguous"):
        f.into(Theirs(device, X.copy(), lying=((40, 50), (8, 320))), X)
    with pytest.raises(ld.ShapeError):
        f.into(theirs, X[:3])


def test_targets_on_a_device_that_are_refused(device, theirs):
    both = ld.jit(lambda x, y: x.fill(1.0) or x + y)
    with pytest.raises(ld.UsageError, match="shares memory with argument 1"):
        both(theirs, theirs)
    part = Theirs(device, X.copy(), lying=((20, 40), (16, 320)))
    with pytest.raises(ld.UsageError, match="not contiguous"):
        halved(part, 1.0)


def test_functions_that_are_not_traced(device, theirs):
    @ld.jit
    def f(x):
        for i in range(x.shape[0]):
            for j in range(x.shape[1]):
                x[i, j] = x[i, j] * 0.5 + 1.0
        return x[0, 0]

    f(theirs)
    assert np.allclose(np.asarray(ld.asarray(theirs)), X * 0.5 + 1.0)


#: How a library makes an array on a device of one of NumPy, or of whatever lies there.
MADE = {
    "cupy": lambda cupy, x: cupy.asarray(x),
    "torch": lambda torch, x: torch.as_tensor(x, device="cuda"),
}


@pytest.mark.gpu
@pytest.mark.parametrize("name", MADE)
def test_libraries_that_are_there(name):
    library, make = pytest.importorskip(name), MADE[name]
    with machine("real"):
        theirs = make(library, X)
        address = theirs.__cuda_array_interface__["data"][0]
        for x in (ld.asarray(theirs), ld.from_dlpack(theirs)):
            assert x.device == "gpu:0"
            assert x.__cuda_array_interface__["data"][0] == address
            y = ld.compute(x + 1.0)
            assert np.array_equal(np.asarray(y), X + 1.0)
            here = y.__cuda_array_interface__["data"][0]
            for back in (make(library, y), library.from_dlpack(y)):
                assert back.__cuda_array_interface__["data"][0] == here
                assert bool((back == theirs + 1.0).all())

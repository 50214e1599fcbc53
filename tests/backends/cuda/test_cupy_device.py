"""What a GPU is asked for by way of CuPy, neither of which is there."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from lazydag.backends.cuda import cupy_device
from lazydag.backends.cuda.cupy_device import CupyDevice
from lazydag.backends.cuda.touched import Reach
from lazydag.errors import MissingLibraryError, OutOfMemoryError
from lazydag.runtime import Mode, address_of


class NoMemoryError(MemoryError):
    """CuPy's error."""


class CudaError(RuntimeError):
    """CUDA's error, as CuPy raises it."""


class Cupy:
    """As much of CuPy as devices call; writes down what it is asked for."""

    def __init__(self):
        self.said = []
        said = self.said.append
        self.cuda = SimpleNamespace(
            Stream=self._stream,
            UnownedMemory=lambda address, nbytes, _owner, _device: (address, nbytes),
            MemoryPointer=lambda memory, offset: (*memory, offset),
            memory=SimpleNamespace(OutOfMemoryError=NoMemoryError),
            Device=lambda _number: Entered(self.said),
            runtime=SimpleNamespace(
                free=lambda _address: self._fail(),
                CUDARuntimeError=CudaError,
                streamWaitEvent=lambda *given: said(("wait", *given)),
                eventRecord=lambda *given: said(("record", *given)),
                eventSynchronize=lambda event: said(("synchronize", event)),
                eventElapsedTime=lambda start, stop: said((start, stop)) or 250.0,
            ),
        )

    def ndarray(self, shape, dtype, pointer, strides):
        return shape, dtype, pointer, strides

    def _fail(self):
        raise CudaError

    def _stream(self, *, non_blocking):
        assert non_blocking

        @contextmanager
        def entered():
            self.said.append("stream 5")
            yield
            self.said.append("left")

        made = entered()
        made.ptr = 5
        return made


@pytest.fixture
def cupy():
    return Cupy()


@pytest.fixture
def device(cupy):
    found = object.__new__(CupyDevice)
    found.number, found._library = 0, cupy
    found._handles, found._streams = [], {}
    found._device = Entered(cupy.said)
    return found


class Entered:
    """A device of CuPy's."""

    def __init__(self, said):
        self.said = said

    def __enter__(self):
        self.said.append("device")

    def __exit__(self, *_error):
        pass

    def use(self):
        self.said.append("context")

    def synchronize(self):
        self.said.append("settle")
        raise CudaError


def test_calls_are_put_on_their_stream_between_its_events(device, cupy):
    x = np.zeros((4, 6))[::-1, ::2]
    stream = device.stream()
    cupy.said.clear()
    device.call(
        "sum",
        lambda library, *arrays: cupy.said.append((library is cupy, arrays)),
        [Reach(x, Mode.IN)],
        stream,
        [7, 8],
        [9],
    )
    first = address_of(x) - 3 * 48
    pointer = first, 3 * 48 + 2 * 16 + 8, 3 * 48
    assert cupy.said == [
        *("device", "context", "stream 5", ("wait", 5, 7), ("wait", 5, 8)),
        (True, ((x.shape, x.dtype, pointer, x.strides),)),
        *(("record", 9, 5), "left"),
    ]


def test_working_memory_may_be_exhausted(device):
    def call(_library):
        raise NoMemoryError

    with pytest.raises(OutOfMemoryError, match="sum has no working memory left"):
        device.call("sum", call, [], device.stream(), [], [9])


def test_times_are_there_when_they_are_asked_for(device, cupy):
    assert device.elapsed_seconds(1, 2) == 0.25
    assert cupy.said == ["device", ("synchronize", 2), (1, 2)]


def test_what_failed_is_not_told_again_by_those_who_settle(device, cupy):
    device.settle()
    assert cupy.said == ["settle"]


def test_drivers_may_be_too_old(cupy, monkeypatch):
    monkeypatch.setattr(cupy_device, "cupy_library", lambda: cupy)
    monkeypatch.setattr(cupy_device, "cuda_driver", lambda: None)
    with pytest.raises(MissingLibraryError, match="CuPy cannot work on gpu:3"):
        CupyDevice(3)


def test_cupy_has_what_it_is_asked_for(device, cupy):
    there = pytest.importorskip("cupy")
    for name in vars(cupy.cuda.runtime):
        assert hasattr(there.cuda.runtime, name)
    for name in vars(cupy.cuda):
        assert hasattr(there.cuda, name)

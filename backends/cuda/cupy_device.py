"""A GPU of this machine, by way of CuPy: its memory pool, streams, events, modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.driver import Driver, cuda_driver
from lazydag.backends.cuda.grid import GridKernel
from lazydag.backends.cuda.ptx import ENTRY, Capability, ptx_of
from lazydag.backends.cuda.touched import Operand, Reach
from lazydag.errors import MissingLibraryError, OutOfMemoryError
from lazydag.runtime import address_of

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.backends.cuda.library import Call

PORTABLE: Final = 1
"""Flag of memory of the host that is pinned for all devices."""

MAPPED: Final = 3
"""Memory of the host that all devices have at the same address, by CUDA's flags."""
BLOCKS_EACH: Final = 8
"""Blocks of threads for each multiprocessor: as many as fit at a time."""


def cupy_library() -> Any:
    """Return CuPy.

    Raises
    ------
    MissingLibraryError
        If it cannot be imported.
    """
    try:
        import cupy
    except ImportError as error:
        raise MissingLibraryError(
            f"CuPy cannot be imported: {error}",
            remedy="Install it: pip install 'lazydag[cuda]'.",
        ) from None
    return cupy


@dataclass(slots=True, eq=False)
class CupyDevice:
    """A GPU; see `lazydag.backends.cuda.device.GpuDevice`.

    Parameters
    ----------
    number
        Its number among those of the machine.

    Raises
    ------
    MissingLibraryError
        If CuPy or the driver is not there, or older than the other wants.
    """

    number: int = 0
    driver: Driver = field(init=False)
    context: int = field(init=False)
    blocks: int = field(init=False)
    capability: Capability = field(init=False)
    _library: Any = field(init=False)
    _device: Any = field(init=False)
    _modules: dict[int, tuple[GridKernel, Any]] = field(default_factory=dict)
    _handles: list[Any] = field(default_factory=list)
    _streams: dict[int, Any] = field(default_factory=dict)
    _memory: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._library = cupy = cupy_library()
        self.driver = cuda_driver()
        self._device = cupy.cuda.Device(self.number)
        try:
            with self._device:
                cupy.cuda.runtime.free(0)  # makes the context
                self.context = int(cupy.cuda.driver.ctxGetCurrent())
        except cupy.cuda.runtime.CUDARuntimeError as error:
            raise MissingLibraryError(
                f"CuPy cannot work on {self.name}: {error}",
                remedy="Update NVIDIA's driver, or set LAZYDAG_DEVICES=cpu.",
            ) from None
        found = self._device.attributes["MultiProcessorCount"]
        self.blocks = BLOCKS_EACH * int(found)
        major, minor = divmod(int(self._device.compute_capability), 10)
        self.capability = Capability(major, minor)

    @property
    def name(self) -> str:
        """Name in targets."""
        return f"gpu:{self.number}"

    @property
    def space(self) -> str:
        """Name of its memory in targets."""
        return f"gpu{self.number}"

    def load(
        self,
        name: str,  # noqa: ARG002 -- drivers name functions by their modules
        kernel: GridKernel,
        operands: Sequence[Operand],  # noqa: ARG002 -- hardware checks nothing
    ) -> int:
        """Return the handle of a kernel; its PTX is compiled the first time."""
        known = self._modules.get(id(kernel))
        if known is None:
            with self._current():
                module = self._library.cuda.function.Module()
                module.load(ptx_of(kernel, self.capability).encode())
                known = kernel, module.get_function(ENTRY)
            self._modules[id(kernel)] = known
        return int(known[1].ptr)

    @contextmanager
    def _current(self) -> Iterator[None]:
        """Let this thread have the context, which CuPy supposes once it had it."""
        with self._device:
            self._device.use()
            yield

    def call(
        self,
        name: str,
        call: Call,
        reaches: Sequence[Reach],
        stream: int,
        after: Sequence[int],
        recorded: Sequence[int],
    ) -> None:
        """Put a call of CuPy's on a stream.

        Raises
        ------
        OutOfMemoryError
            If the device has no working memory left for it.
        """
        cuda = self._library.cuda
        arrays = (self._array(reach.array) for reach in reaches)
        with self._current(), self._streams[stream]:
            for event in after:
                cuda.runtime.streamWaitEvent(stream, event)
            try:
                call(self._library, *arrays)
            except cuda.memory.OutOfMemoryError as error:
                what = f"{name} has no working memory left on {self.name}: {error}"
                raise OutOfMemoryError(what) from None
            for event in recorded:
                cuda.runtime.eventRecord(event, stream)

    def _array(self, array: NDArray[Any]) -> Any:
        """Return CuPy's array of the same memory."""
        cuda = self._library.cuda
        first, stop = np.lib.array_utils.byte_bounds(array)
        memory = cuda.UnownedMemory(first, max(1, stop - first), self, self.number)
        pointer = cuda.MemoryPointer(memory, address_of(array) - first)
        return self._library.ndarray(
            array.shape, array.dtype, pointer, strides=array.strides
        )

    def reach(self, other: GpuDevice) -> None:
        """Let copies from and to another device's memory not go through the host.

        Where the hardware has no way between them, they do.
        """
        runtime = self._library.cuda.runtime
        number = getattr(other, "number", self.number)
        if runtime.deviceCanAccessPeer(self.number, number):
            with self._device, suppress(runtime.CUDARuntimeError):
                runtime.deviceEnablePeerAccess(number)  # fails if it was before

    def stream(self) -> int:
        """Return a new stream, which waits for no other."""
        with self._device:
            made = self._library.cuda.Stream(non_blocking=True)
        self._streams[int(made.ptr)] = made
        return int(made.ptr)

    def event(self) -> int:
        """Return a new event, which takes no time."""
        with self._device:
            return self._kept(self._library.cuda.Event(disable_timing=True))

    def word(self) -> int:
        """Return the address of a word that the host and the device write to."""
        with self._device:
            return self._kept(self._library.cuda.PinnedMemory(8, MAPPED))

    def timer(self) -> int:
        """Return a new event that takes the time."""
        with self._device:
            return self._kept(self._library.cuda.Event())

    def elapsed_seconds(self, start: int, stop: int) -> float:
        """Return the time between two events that have taken it."""
        runtime = self._library.cuda.runtime
        with self._device:
            runtime.eventSynchronize(stop)  # behind what the run waited for
            return float(runtime.eventElapsedTime(start, stop)) / 1e3

    def _kept(self, handle: Any) -> int:
        self._handles.append(handle)
        return int(handle.ptr)

    def allocate(self, nbytes: int) -> int:
        """Return the address of some memory, out of CuPy's pool.

        Raises
        ------
        OutOfMemoryError
            If the device has not so much left.
        """
        try:
            with self._device:
                memory = self._library.cuda.alloc(max(1, nbytes))
        except self._library.cuda.memory.OutOfMemoryError as error:
            what = f"{self.name} has no {nbytes} bytes left: {error}"
            raise OutOfMemoryError(what) from None
        self._memory[int(memory.ptr)] = memory
        return int(memory.ptr)

    def entered(self) -> int:
        """Return the context that this thread is in; 0 for none."""
        return int(self._library.cuda.driver.ctxGetCurrent())

    def holds(self, address: int) -> bool:
        """Tell whether an address is on it, by what the driver knows."""
        found = self._library.cuda.runtime.pointerGetAttributes(address)
        return bool(found.device == self.number)

    def pin(self, address: int, nbytes: int) -> bool:
        """Keep pages of the host where they are; False if the system refuses."""
        runtime = self._library.cuda.runtime
        try:
            with self._device:
                runtime.hostRegister(address, nbytes, PORTABLE)
        except runtime.CUDARuntimeError:
            return False
        return True

    def unpin(self, address: int) -> None:
        """Let pages of the host move again."""
        with self._device:
            self._library.cuda.runtime.hostUnregister(address)

    def settle(self) -> None:
        """Wait until all work is done, or given up: what failed has been told."""
        with suppress(self._library.cuda.runtime.CUDARuntimeError):
            self._device.synchronize()

    def free(self, address: int) -> None:
        """Give memory back to the pool."""
        del self._memory[address]

"""Arrays that live in the memory of a device: an address there, and how elements lie.

No kernel of the host may touch them. NumPy and other libraries of the host get a copy;
those of devices get the memory itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from lazydag.errors import UsageError
from lazydag.runtime.address import address_of
from lazydag.runtime.dlpack import CUDA, capsule
from lazydag.runtime.mode import Mode
from lazydag.runtime.tasks import View

#: Copies up to this size are kept: programs look at numbers again and again.
SMALL_NBYTES: Final = 1 << 16


class Memory(Protocol):
    """Memory of a device, which stays as long as something refers to this."""

    @property
    def device(self) -> str:
        """Name of the device in targets, such as ``gpu:0``."""
        ...

    @property
    def space(self) -> str:
        """Name of its memory in targets, such as ``gpu0``."""
        ...

    @property
    def is_ours(self) -> bool:
        """Whether nobody else can write into it."""
        ...

    def read(self, target: int, source: int, nbytes: int) -> None:
        """Copy bytes to an address of the host, and wait for them."""
        ...

    def copied(self, array: DeviceArray) -> DeviceArray:
        """Return a copy of an array in it, on the same device."""
        ...

    def write(self, target: int, source: int, nbytes: int, *, is_near: bool) -> None:
        """Copy bytes from the host, or from the same device, and wait for them."""
        ...

    def catch_up(self) -> None:
        """Let what is put on the device come after what its owner does with it."""
        ...

    def finish(self, stream: int) -> None:
        """Wait for what another library does with the memory on its stream."""
        ...


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class DeviceArray:
    """An array on a device, whose values are there.

    Parameters
    ----------
    address
        Of the first element.
    strides
        Bytes from one element to the next along each axis.
    memory
        What keeps the elements where they are.
    """

    address: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]
    memory: Memory
    # The values on the host, once somebody has asked for them.
    _copies: list[NDArray[Any]] = field(default_factory=list)

    @property
    def device(self) -> str:
        """Name of the device in targets."""
        return self.memory.device

    @property
    def space(self) -> str:
        """Name of the device's memory in targets."""
        return self.memory.space

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.size * self.dtype.itemsize

    @property
    def is_contiguous(self) -> bool:
        """Whether elements follow each other in C order."""
        return self.strides == contiguous(self.shape, self.dtype) or not self.size

    def span(self) -> tuple[int, int]:
        """Return the addresses ``[start, stop)`` of all elements."""
        view = View(0, self.dtype, self.shape, self.strides, 0, Mode.IN)
        start, stop = view.span()
        return self.address + start, self.address + stop

    @property
    def is_dense(self) -> bool:
        """Whether little but elements lies between the ends."""
        start, stop = self.span()
        return stop - start <= 2 * self.nbytes + SMALL_NBYTES

    def shown(self, view: Callable[[NDArray[Any]], NDArray[Any]]) -> DeviceArray:
        """Return a view, by what makes one of an array of NumPy that lies alike.

        It must not look at elements.
        """
        memory = np.empty(1, self.dtype)
        alike = as_strided(memory, self.shape, self.strides, writeable=False)
        found = view(alike)
        address = self.address + address_of(found) - address_of(alike)
        return DeviceArray(
            address, found.shape, found.dtype, found.strides, self.memory
        )

    def owned(self) -> DeviceArray:
        """Return the array as it is now, in memory that nobody else writes into."""
        return self if self.memory.is_ours else self.memory.copied(self)

    def on_host(self) -> NDArray[Any]:
        """Return a copy for NumPy, read-only; a small one is kept."""
        if self._copies:
            return self._copies[0]
        start, stop = self.span()
        raw = np.empty(stop - start, np.uint8)
        self.memory.read(address_of(raw), start, raw.nbytes)
        lying = np.ndarray(
            self.shape, self.dtype, raw.data, self.address - start, self.strides
        )
        copy = np.ascontiguousarray(lying).reshape(self.shape)
        copy.flags.writeable = False
        if self.memory.is_ours and copy.nbytes <= SMALL_NBYTES:
            self._copies.append(copy)
        return copy

    def fill(self, values: NDArray[Any] | DeviceArray) -> None:
        """Write values of this shape and dtype into the array, which is contiguous."""
        if isinstance(values, DeviceArray):
            if values.space == self.space and values.is_contiguous:
                source = values.address
                self.memory.write(self.address, source, self.nbytes, is_near=False)
                return
            values = values.on_host()
        near = np.ascontiguousarray(values)
        self.memory.write(self.address, address_of(near), self.nbytes, is_near=True)

    def meets(self, other: DeviceArray) -> bool:
        """Tell whether the bytes between the ends of two arrays meet."""
        (start, stop), (first, last) = self.span(), other.span()
        return self.space == other.space and max(start, first) < min(stop, last)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError(f"the values on {self.device} have to be copied for NumPy")
        return np.array(self.on_host(), dtype=dtype, copy=copy)

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        """What libraries for CUDA know arrays by; elements are not to be changed."""
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.address if self.size else 0, False),
            "strides": None if self.is_contiguous else self.strides,
            "stream": None,  # all work that made it is done
            "version": 3,
        }

    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        """Return the memory itself; a reader of the host gets a copy."""
        if dl_device == (1, 0) and copy is not False:
            return self.on_host().copy().__dlpack__(max_version=max_version)
        if dl_device not in (None, self.__dlpack_device__()):
            raise BufferError(f"the values on {self.device} are handed on as they lie")
        if self.dtype.itemsize and any(s % self.dtype.itemsize for s in self.strides):
            raise BufferError(f"strides of {self.strides} bytes are not whole elements")
        lent = self.memory.copied(self) if copy else self
        return capsule(lent, stream, is_versioned=(max_version or (0, 0)) >= (1, 0))

    def __dlpack_device__(self) -> tuple[int, int]:
        return CUDA, number_of(self.device)


def contiguous(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """Return the strides of an array in C order."""
    steps = [dtype.itemsize]
    for n in reversed(shape[1:]):
        steps.append(steps[-1] * n)
    return tuple(reversed(steps)) if shape else ()


def number_of(device: str) -> int:
    """Return the number in a device's name.

    Raises
    ------
    UsageError
        If it has none.
    """
    kind, _, number = device.partition(":")
    if not number.isdecimal():
        raise UsageError(f"device {device!r} has no number", remedy=f"Use '{kind}:0'.")
    return int(number)

"""What a step puts on a stream: native tasks in one call, others in theirs."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.sequence import sequence_address, sequence_blocks
from lazydag.backends.cuda.queued import MEANINGS
from lazydag.errors import KernelError
from lazydag.runtime import CallTask, KernelTask, Task, View, address_of

#: Addresses by entry; a step's tasks find their slots in it.
Table: TypeAlias = "array[int]"
#: The address of a native kernel, and its block.
Kernel: TypeAlias = tuple[int, NDArray[np.int64]]
#: Puts something on a stream, for a table.
Put: TypeAlias = Callable[[Table], None]

_KERNEL: Final = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)


def script(tasks: Sequence[Task]) -> list[Put]:
    """Return what puts the tasks of a body on a stream, in their order."""
    found: list[Put] = []
    for is_native, group in groupby(tasks, lambda task: isinstance(task, KernelTask)):
        if is_native:
            kernels = [task for task in group if isinstance(task, KernelTask)]
            blocks = [(task.address, task.blocks[0]) for task in kernels]
            found.append(native(blocks))
        else:
            found += [_Call(task) for task in group if isinstance(task, CallTask)]
    return found


def native(kernels: Sequence[Kernel]) -> Put:
    """Return what calls native kernels, each with its block."""
    addresses = [address for address, _ in kernels]
    return _Native(sequence_blocks(addresses, [block[None] for _, block in kernels]))


class _Native:
    """Calls several kernels at once."""

    __slots__ = ("_block", "_keep", "_kernel")

    def __init__(self, blocks: NDArray[np.int64]) -> None:
        self._keep = blocks
        self._block = address_of(blocks)
        self._kernel = _KERNEL(sequence_address())

    def __call__(self, table: Table) -> None:
        code = self._kernel(self._block, table.buffer_info()[0])
        if code:
            meaning = MEANINGS.get(code, f"the driver returned {code}")
            raise KernelError(f"a step cannot be put on a device: {meaning}", code=code)


class _Call:
    """Calls a function with arrays in the places of the table."""

    __slots__ = ("_function", "_views")

    def __init__(self, task: CallTask) -> None:
        self._function = task.function
        self._views = [(view, view.span()[1]) for view in task.arguments]

    def __call__(self, table: Table) -> None:
        self._function(*(_array(table[v.slot], v, end) for v, end in self._views))


def _array(address: int, view: View, nbytes: int) -> NDArray[Any]:
    buffer = (ctypes.c_char * nbytes).from_address(address)
    return np.ndarray(
        view.shape, view.dtype, memoryview(buffer), view.offset, view.strides
    )

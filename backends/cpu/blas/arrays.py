"""Kernels called on NumPy arrays, which native code looks into.

What an operation does depends on the arrays' types, shapes and strides. Once that is
known for some, whether other arrays are the same in all of it is compared by native
code, in the array objects themselves: asking NumPy for shapes takes longer than small
tiles take to compute.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.blas.blocks import Block
from lazydag.backends.cpu.blas.stubs import NO_MEMORY
from lazydag.backends.cpu.native import native
from lazydag.runtime.engine.memory import call, call_kernel, load, load32, store

Array: TypeAlias = NDArray[Any]

# Results that no kernel has. The arrays are others than those that were looked at:
OTHERS: Final = 1 << 40
# Two arrays that have to be apart begin at the same element:
OVERLAP: Final = OTHERS + 1

# Where a tuple has its length and its items.
LENGTH: Final = object.__basicsize__
ITEMS: Final = tuple.__basicsize__

# Where an array object has its fields, in bytes. NumPy's binary interface fixes them.
TYPE: Final = object.__basicsize__ - 8
DATA: Final = object.__basicsize__
NDIM: Final = DATA + 8
SHAPE: Final = DATA + 16
STRIDES: Final = DATA + 24
DTYPE: Final = DATA + 40
FLAGS: Final = DATA + 48
ALIGNED_AND_WRITEABLE: Final = 0x500

# What a call knows, in bytes from its first word: these, a record for each array, and
# the pairs of arrays that have to be apart.
COUNT: Final = 0
KERNEL: Final = 8
BLOCK: Final = 16
PAIRS: Final = 24
MALLOC: Final = 32
FREE: Final = 40
RECORDS: Final = 48
RECORD_NBYTES: Final = 64
MOST_AXES: Final = 2


def matches(record: int, array: int) -> int:
    """Return 1 if an array is as its record says, else 0."""
    if load(array + TYPE) != load(record):
        return 0
    ndim = load32(array + NDIM)
    if load(array + DTYPE) != load(record + 8) or ndim != load(record + 16):
        return 0
    if load32(array + FLAGS) & ALIGNED_AND_WRITEABLE != load(record + 24):
        return 0
    shape = load(array + SHAPE)
    strides = load(array + STRIDES)
    axis = 0
    while axis < ndim:
        known = record + 32 + 16 * axis
        if load(shape + 8 * axis) != load(known):
            return 0
        if load(strides + 8 * axis) != load(known + 8):
            return 0
        axis += 1
    return 1


def check(known: int, arrays: int) -> int:
    """Return 0 if a tuple has arrays that a call can take, else what is wrong."""
    count = load(known + COUNT)
    if load(arrays + LENGTH) != count:
        return OTHERS
    i = 0
    while i < count:
        record = known + RECORDS + RECORD_NBYTES * i
        if matches(record, load(arrays + ITEMS + 8 * i)) == 0:
            return OTHERS
        i += 1
    pair = known + RECORDS + RECORD_NBYTES * count
    last = pair + 16 * load(known + PAIRS)
    while pair < last:
        if data(arrays, load(pair)) == data(arrays, load(pair + 8)):
            return OVERLAP
        pair += 16
    return 0


def data(arrays: int, i: int) -> int:
    """Return where the first element of an array in a tuple is."""
    return load(load(arrays + ITEMS + 8 * i) + DATA)


def run_on(known: int, arrays: int) -> int:
    """Run a call's kernel on a tuple of arrays, if it can take them."""
    wrong = check(known, arrays)
    if wrong != 0:
        return wrong
    count = load(known + COUNT)
    bases = call(load(known + MALLOC), 8 * count)
    if bases == 0:
        return NO_MEMORY
    i = 0
    while i < count:
        store(bases + 8 * i, data(arrays, i))
        i += 1
    code = call_kernel(load(known + KERNEL), load(known + BLOCK), bases)
    call(load(known + FREE), bases)
    return code


@cache
def _functions() -> tuple[Any, Any]:
    functions = (matches, data, check, run_on)
    checks, runs = native(functions, ("check", "run_on"))
    kinds = ctypes.c_int64, ctypes.c_void_p, ctypes.py_object
    # A check is over sooner than the GIL could be let go.
    return ctypes.PYFUNCTYPE(*kinds)(checks), ctypes.CFUNCTYPE(*kinds)(runs)


@cache
def _allocator() -> list[int]:
    """Return the addresses of malloc and free."""
    library = ctypes.cdll.msvcrt if os.name == "nt" else ctypes.CDLL(None)
    functions = library.malloc, library.free
    return [ctypes.cast(function, ctypes.c_void_p).value or 0 for function in functions]


class ArrayCall:
    """A kernel for arrays of certain types, shapes and strides.

    Parameters
    ----------
    block
        The kernel and its arguments.
    arrays
        Arrays as it is made for, of two axes at most.
    apart
        Pairs of numbers of arrays that must not begin at the same element.

    Attributes
    ----------
    check
        Returns 0 if a tuple has such arrays, else `OTHERS` or `OVERLAP`.
    run
        Runs the kernel on a tuple of such arrays, without the GIL, and returns what it
        returns. Where it is not run, that is `OTHERS`, `OVERLAP` or `NO_MEMORY`.
    """

    __slots__ = ("_keep", "check", "run")

    check: Callable[[tuple[Any, ...]], int]
    run: Callable[[tuple[Any, ...]], int]

    def __init__(
        self,
        block: Block,
        arrays: Sequence[Array],
        apart: Sequence[tuple[int, int]],
    ) -> None:
        words = [len(arrays), block.kernel, block.words.ctypes.data, len(apart)]
        words += _allocator()
        for array in arrays:
            words += _record(array)
        words += [number for pair in apart for number in pair]
        known = np.array(words, np.int64)
        # Addresses stay true as long as what they are of.
        self._keep = (block, known, [(type(a), a.dtype) for a in arrays])
        check, run = _functions()
        self.check = partial(check, known.ctypes.data)
        self.run = partial(run, known.ctypes.data)


def _record(array: Array) -> list[int]:
    """Return what `matches` compares, `RECORD_NBYTES` long."""
    flags = array.flags.num & ALIGNED_AND_WRITEABLE
    record = [id(type(array)), id(array.dtype), array.ndim, flags]
    for axis in range(MOST_AXES):
        inside = axis < array.ndim
        record += [array.shape[axis], array.strides[axis]] if inside else [0, 0]
    return record

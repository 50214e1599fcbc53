"""The walker: all elements of all rows come, and nothing else is written."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cpu import row_state as rs
from lazydag.backends.cpu.backend import kernel_compiler
from lazydag.backends.cpu.walker import CALL, walker_library

LANES = 8
NEVER = -99


@pytest.fixture(scope="module")
def walk():
    (address,) = kernel_compiler().load(walker_library(CALL))
    return ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)(address)


class Kernel:
    """What a kernel keeps: a state, a table, and the block of a tile."""

    def __init__(self, arrays, kinds, inputs, *, streams=False):
        self.arrays, self.kinds, self.inputs = arrays, kinds, inputs
        dims = arrays[-1].ndim
        records = rs.RECORD_NBYTES * len(arrays)
        self._memory = np.zeros(rs.LINE_NBYTES * 2 + records + 8 * dims, np.uint8)
        skipped = -self._memory.ctypes.data % rs.LINE_NBYTES
        self.state = self._memory[skipped:]
        begins = len(arrays) if streams or rs.BROADCAST in kinds else 0
        words = [len(arrays), inputs, LANES, dims, begins, not streams]
        block = [*arrays[-1].shape]
        for slot, (array, kind) in enumerate(zip(arrays, kinds, strict=True)):
            words += [array.itemsize, rs.CODES[kind]]
            block += [slot, 0, *array.strides]
        self.table, self.block = np.array(words, np.int64), np.array(block, np.int64)
        self.bases = np.array([a.ctypes.data for a in arrays], np.int64)
        self.put(rs.BLOCK, self.block.ctypes.data)
        self.put(rs.BASES, self.bases.ctypes.data)
        self.put(rs.PHASE, rs.OF_TILE)

    def put(self, offset, value):
        self.state[offset : offset + 8].view(np.int64)[0] = value

    def get(self, offset):
        return int(self.state[offset : offset + 8].view(np.int64)[0])

    def vector(self, operand, index):
        """The operand's vector in the run at hand, to read or to write."""
        record = rs.LINE_NBYTES + rs.RECORD_NBYTES * operand
        array, kind = self.arrays[operand], self.kinds[operand]
        step = array.itemsize
        if kind == rs.BROADCAST:
            at = self.state.ctypes.data + record + rs.LINE
        else:
            step = self.get(record + rs.STRIDE) if kind == rs.STRIDED else step
            at = self.get(record + rs.POINTER) + index * step
        size = (LANES - 1) * step + array.itemsize
        raw = np.frombuffer((ctypes.c_uint8 * size).from_address(at), np.uint8)
        return np.lib.stride_tricks.as_strided(
            raw[: array.itemsize].view(array.dtype), (LANES,), (step,)
        )

    def run(self, walk):
        """Add up the inputs; returns how many vectors that took."""
        count = 0
        while walk(self.state.ctypes.data, self.table.ctypes.data):
            assert self.get(rs.INDEX) < self.get(rs.STOP)
            for index in range(self.get(rs.INDEX), self.get(rs.STOP), LANES):
                total = sum(self.vector(k, index) for k in range(self.inputs))
                self.vector(self.inputs, index)[:] = total
                count += 1
        return count


def padded(shape, dtype, step):
    """An array with gaps: behind each row, and between elements unless step is 1."""
    outer = np.full((*shape[:-1], shape[-1] * step + 5), NEVER, dtype)
    return outer, outer[..., : shape[-1] * step : step]


SHAPES = st.lists(st.integers(1, 4), max_size=2).flatmap(
    lambda outer: st.integers(1, 40).map(lambda inner: (*outer, inner))
)


@given(
    SHAPES,
    st.sampled_from(["i1", "i2", "i4", "i8"]),
    st.integers(1, 3),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
)
def test_all_elements(walk, shape, dtype, in_step, out_step, in_place, streams):
    rng = np.random.default_rng(0)
    whole, out = padded(shape, dtype, out_step)
    if in_place:
        first = out
    else:
        _, first = padded(shape, dtype, in_step)
    first[:] = rng.integers(0, 30, shape)
    ones = rng.integers(0, 9, (*shape[:-1], 1)).astype(dtype)
    spread = np.broadcast_to(ones, shape)
    want = first + spread
    kinds = [
        rs.STRIDED if a.strides[-1] != a.itemsize else rs.CONTIGUOUS
        for a in (first, out)
    ]
    kinds.insert(1, rs.BROADCAST)
    kernel = Kernel([first, spread, out], kinds, 2, streams=streams)
    rows = int(np.prod(shape[:-1]))
    assert kernel.run(walk) == rows * -(-shape[-1] // LANES)
    assert np.array_equal(out, want)
    out[:] = NEVER
    assert (whole == NEVER).all()


def test_scratch_rows_reach_over_their_end(walk):
    x, out = np.arange(24.0).reshape(2, 12), np.zeros((2, 16))
    kernel = Kernel([x[:, :11], out[:, :11]], [rs.SCRATCH, rs.SCRATCH], 1)
    kernel.run(walk)
    assert np.array_equal(out[:, :11], x[:, :11])


def test_no_elements(walk):
    x = np.zeros((3, 0))
    assert Kernel([x, x], [rs.CONTIGUOUS, rs.CONTIGUOUS], 1).run(walk) == 0

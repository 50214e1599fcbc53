"""Several kernels as one: their order, their own blocks, the first failure."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cpu.sequence import (
    run_sequence,
    sequence_address,
    sequence_blocks,
)
from lazydag.runtime import address_of

WORDS = ctypes.POINTER(ctypes.c_int64)
KERNEL = ctypes.CFUNCTYPE(ctypes.c_int32, WORDS, ctypes.c_int64)


class Recorder:
    """Kernels that note what they are called with, and fail if their block says so."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int]] = []
        self.kept: list[object] = []

    def kernel(self, name: str) -> int:
        def run(block: ctypes._Pointer[ctypes.c_int64], bases: int) -> int:
            self.calls.append((name, block[0], bases))
            return block[1]

        made = KERNEL(run)
        self.kept.append(made)
        address = ctypes.cast(made, ctypes.c_void_p).value
        assert address is not None
        return address


def native_sequence(block: int, bases: int) -> int:
    kernel = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int64, ctypes.c_int64)
    return kernel(sequence_address())(block, bases)


@pytest.fixture(params=[run_sequence, native_sequence])
def run(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """As Python, and as machine code."""
    found: Callable[[int, int], int] = request.param
    return found


def test_each_kernel_gets_its_block(run: Callable[[int, int], int]) -> None:
    seen = Recorder()
    a, b = seen.kernel("a"), seen.kernel("b")
    first, second = np.array([[10, 0], [20, 0]]), np.array([[11, 0, 7], [21, 0, 7]])
    blocks = sequence_blocks([a, b, a], [first, second, first + np.array([5, 0])])
    assert run(address_of(blocks[1]), 3) == 0
    assert seen.calls == [("a", 20, 3), ("b", 21, 3), ("a", 25, 3)]


@given(st.lists(st.sampled_from((0, 0, 0, 5, -3)), min_size=1, max_size=5))
def test_the_first_failure_ends_it(codes: list[int]) -> None:
    for run in (run_sequence, native_sequence):
        seen = Recorder()
        kernels = [seen.kernel(str(i)) for i in range(len(codes))]
        blocks = [np.array([[i, code]]) for i, code in enumerate(codes)]
        failed = [code for code in codes if code]
        found = run(address_of(sequence_blocks(kernels, blocks)), 0)
        assert found == (failed[0] if failed else 0)
        count = codes.index(failed[0]) + 1 if failed else len(codes)
        assert [name for name, _, _ in seen.calls] == [str(i) for i in range(count)]

"""Kernels called from Python, at once and without the GIL."""

import ctypes
import struct
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from lazydag.backends.cpu.blas.blocks import Block

Caller: TypeAlias = Callable[[Sequence[int]], int]
"""Runs a kernel on operands at the given addresses; returns what the kernel does."""

_KERNEL: Final = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_char_p)


def caller(block: Block) -> Caller:
    """Return the function that runs a block's kernel."""
    kernel: Callable[[int, bytes], int] = _KERNEL(block.kernel)
    words = block.words.ctypes.data
    # The table of bases is packed into bytes, the quickest way to memory from Python.
    table = struct.Struct(f"={len(block.places)}q").pack

    def run(addresses: Sequence[int]) -> int:
        return kernel(words, table(*addresses))

    # The function keeps the block's memory.
    run.block = block  # type: ignore[attr-defined]
    return run

"""The functions that kernels on GPUs may call, all of them for one element."""

from __future__ import annotations

from typing import Final

from lazydag.backends.cpu.mathlib import math_library
from lazydag.backends.cpu.module import Library, Module
from lazydag.backends.cpu.philox import philox_library
from lazydag.backends.cpu.user_calls import LIBRARY as USER
from lazydag.backends.cpu.vector import Call
from lazydag.backends.cuda import printer
from lazydag.backends.cuda.remainder import remainder_library
from lazydag.backends.scalar.math import LIBRARY as MATH
from lazydag.backends.scalar.philox import LIBRARY as PHILOX


def _user_library(call: Call) -> Module:
    from lazydag.backends.cuda.user_kernel import user_library  # loads Numba

    return user_library(call)


LIBRARIES: Final[dict[str, Library]] = {
    MATH: math_library,
    PHILOX: philox_library,
    printer.LIBRARY: remainder_library,
    USER: _user_library,
}
"""What makes their text, by `Function.library`."""

"""What the frontends ask of backends about functions that people write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from lazydag.ir.attrs import UserKernel
from lazydag.ir.types import DType


def user_kernel_dtype(kernel: UserKernel, dtypes: Sequence[DType]) -> DType:
    """Return the element type that a person's scalar function returns.

    Raises
    ------
    DTypeError
        If Numba cannot compile the function for these operands.
    """
    from lazydag.backends.cpu.user_kernel import (  # noqa: PLC0415 -- loads Numba
        result_dtype,
    )

    return result_dtype(kernel.function, tuple(dtypes))


def compile_whole(
    function: FunctionType, plain: Callable[[Any], Any]
) -> Callable[..., Any]:
    """Return a Python function as Numba compiles it; `plain` is what names stand for.

    It, or this, raises `cannot_compile` if that is not possible.
    """
    from lazydag.backends.cpu import whole  # noqa: PLC0415 -- loads Numba

    return whole.compile_whole(function, plain)


def cannot_compile() -> type[Exception]:
    """Return the error of functions that Numba cannot compile."""
    from lazydag.backends.cpu.whole import CannotCompileError  # noqa: PLC0415 -- same

    return CannotCompileError

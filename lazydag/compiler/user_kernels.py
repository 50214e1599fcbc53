"""What the frontends ask of backends about a person's kernels."""

from __future__ import annotations

from collections.abc import Sequence

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

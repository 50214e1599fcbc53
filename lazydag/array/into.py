"""Writing results into NumPy arrays that exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lazydag.array.values import NDArray, Value, on_host
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import ArrayType


def checked(target: Any, type: ArrayType) -> None:
    """Refuse an array that cannot take a result of this type.

    Raises
    ------
    UsageError
        If it is no NumPy array or cannot be written.
    DTypeError, ShapeError
        If its elements or axes are others.
    """
    at = caller_location()
    if not isinstance(target, np.ndarray):
        raise UsageError(f"out is a {target.__class__.__name__}, not a NumPy array", at)
    if target.dtype != type.dtype:
        raise DTypeError(
            f"out has dtype {target.dtype}, but the result is {type}",
            at,
            "Pass an array of the result's dtype, or convert in the function.",
        )
    if target.shape != type.shape:
        raise ShapeError(f"out has shape {target.shape}, but the result is {type}", at)
    if not target.flags.writeable:
        raise UsageError("out is read-only", at, "Pass an array that can be written.")


def run_into(
    run: Callable[..., list[Value]],
    targets: Sequence[NDArray],
    arrays: list[Value],
    captured: list[Value],
) -> None:
    """Run with results in `targets`; those that overlap something are copied there."""
    outs = [
        target if _is_free(target, i, targets, (*arrays, *captured)) else None
        for i, target in enumerate(targets)
    ]
    values = map(on_host, run(arrays, out=outs))
    for target, out, value in zip(targets, outs, values, strict=True):
        if out is None:
            np.copyto(target, value)
        elif not np.may_share_memory(value, out):
            np.copyto(out, value)


def _is_free(
    target: NDArray, place: int, targets: Sequence[NDArray], inputs: Sequence[Value]
) -> bool:
    """Tell whether results can be written into `target` while others are computed."""
    flags = target.flags
    if not (flags.c_contiguous and flags.aligned):
        return False
    others = (*targets[:place], *targets[place + 1 :], *inputs)
    near = [other for other in others if isinstance(other, np.ndarray)]
    return not any(np.may_share_memory(target, other) for other in near)

"""Writing results into NumPy arrays that exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lazydag.array import engine
from lazydag.array.array import Array
from lazydag.array.values import Value, is_on_device
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import ArrayType


def checked(target: Any, type: ArrayType) -> Value:
    """Return an array that exists and can take a result of this type.

    One of NumPy, or the elements of another library's on a device.

    Raises
    ------
    UsageError
        If it is no such array or cannot be written.
    DTypeError, ShapeError
        If its elements or axes are others.
    """
    at = caller_location()
    if not isinstance(target, Array) and is_on_device(target):
        target = engine.adopted(target)
    elif not isinstance(target, np.ndarray):
        raise UsageError(f"out is a {target.__class__.__name__}, not a NumPy array", at)
    if target.dtype != type.dtype:
        raise DTypeError(
            f"out has dtype {target.dtype}, but the result is {type}",
            at,
            "Pass an array of the result's dtype, or convert in the function.",
        )
    if target.shape != type.shape:
        raise ShapeError(f"out has shape {target.shape}, but the result is {type}", at)
    if isinstance(target, np.ndarray):
        is_writable = target.flags.writeable
    else:
        is_writable = target.is_contiguous
    if not is_writable:
        what = "read-only" if isinstance(target, np.ndarray) else "not contiguous"
        raise UsageError(f"out is {what}", at, "Pass an array that can be written.")
    found: Value = target
    return found


def put(target: Value, value: Value) -> None:
    """Write values into an array that takes them."""
    if isinstance(target, np.ndarray):
        np.copyto(target, engine.on_host(value))
    else:
        target.fill(value)


def run_into(
    run: Callable[..., list[Value]],
    targets: Sequence[Value],
    arrays: list[Value],
    captured: list[Value],
) -> None:
    """Run with results in `targets`; those that overlap something are copied there."""
    outs = [
        target if _is_free(target, i, targets, (*arrays, *captured)) else None
        for i, target in enumerate(targets)
    ]
    values = run(arrays, out=outs)
    for target, out, value in zip(targets, outs, values, strict=True):
        is_there = out is not None and isinstance(value, np.ndarray)
        if not (is_there and np.may_share_memory(value, out)):
            put(target, value)


def _is_free(
    target: Value, place: int, targets: Sequence[Value], inputs: Sequence[Value]
) -> bool:
    """Tell whether results can be written into `target` while others are computed."""
    if not isinstance(target, np.ndarray):
        return False
    flags = target.flags
    if not (flags.c_contiguous and flags.aligned):
        return False
    others = (*targets[:place], *targets[place + 1 :], *inputs)
    near = [other for other in others if isinstance(other, np.ndarray)]
    return not any(np.may_share_memory(target, other) for other in near)

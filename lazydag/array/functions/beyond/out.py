"""Writing a result into an array that the caller gave as ``out=``."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array
from lazydag.array.outputs import given
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location


def into(out: Any, name: str, result: Array) -> Any:
    """Return `result`, or `out` with the result in it.

    Parameters
    ----------
    out : Array, ndarray or None
        Where to write it, of its shape.
    name : str
        The function, for messages.
    result : Array
        What is written, converted to another type of the same kind if need be.

    Raises
    ------
    ShapeError
        If `out` has another shape.
    TypeError
        If `out` cannot hold the elements.
    """
    shape = getattr(out, "shape", result.shape)
    if shape != result.shape:
        raise ShapeError(
            f"out= of {name} has shape {shape}, and the result {result.shape}",
            caller_location(),
            f"Give it the result's shape: np.empty({result.shape}).",
        )
    return given(out, result, name)

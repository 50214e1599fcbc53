"""Functions of positions that NumPy computes: rows of `lazydag.ir.functions`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import ShapeError
from lazydag.ir.types import I64, ArrayType

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Types: TypeAlias = Sequence[ArrayType]
Results: TypeAlias = tuple[ArrayType, ...]


def choose(which: NDArray, *choices: NDArray, mode: Any) -> NDArray:
    """Return from each place the element of the choice that its number says."""
    return np.choose(which, choices, mode=mode)


def chosen(types: Types, mode: str) -> Results:
    """Return the choices' dtype, in the shape that all stretch to."""
    del mode
    return (ArrayType(_stretched(types), types[1].dtype),)


def ravel(*positions: NDArray, dims: Any, mode: Any, order: Any) -> NDArray:
    """Return positions in the array flattened."""
    return np.asarray(np.ravel_multi_index(positions, dims, mode=mode, order=order))


def raveled(types: Types, **_options: Any) -> Results:
    """Return positions in the shape that all stretch to."""
    return (ArrayType(_stretched(types), I64),)


def unravel(positions: NDArray, shape: Any, order: Any) -> tuple[NDArray, ...]:
    """Return positions along each axis."""
    return tuple(np.unravel_index(positions, shape, order=order))


def unraveled(types: Types, shape: tuple[int, ...], order: str) -> Results:
    """Return positions for each axis."""
    del order
    return tuple(ArrayType(types[0].shape, I64) for _ in shape)


def _stretched(types: Types) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(each.sizes for each in types))
    except ValueError:
        raise ShapeError(f"{', '.join(map(str, types))} do not stretch") from None

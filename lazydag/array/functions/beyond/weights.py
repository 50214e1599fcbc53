"""Weights beside the elements of an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.shapes import transpose
from lazydag.array.nodes.move import normal_axes
from lazydag.errors import DTypeError, ShapeError
from lazydag.ir.source import caller_location


def check_weights(weights: Any, array: Array, axis: Any) -> Array:
    """Return weights that stretch to the shape of `array`.

    Parameters
    ----------
    weights : array_like
        Of the array's shape, or of the axes that are reduced.
    array : Array
        What they belong to.
    axis : int, tuple of int or None
        What is reduced.

    Raises
    ------
    DTypeError
        If no axis is named that they could belong to.
    ShapeError
        If the shapes do not match.
    """
    heavy = as_array(weights)
    if heavy.shape == array.shape:
        return heavy
    if axis is None:
        raise DTypeError(
            "Axis must be specified when shapes of a and weights differ.",
            caller_location(),
        )
    axes = normal_axes(array.node, axis)
    if heavy.shape != tuple(array.shape[i] for i in axes):
        raise ShapeError(
            "Shape of weights must be consistent with shape of a along specified axis.",
            caller_location(),
            f"They have shape {heavy.shape}, and a has {array.shape}.",
        )
    ordered = transpose(heavy, [int(i) for i in np.argsort(axes)])
    shape = tuple(n if i in axes else 1 for i, n in enumerate(array.shape))
    return ordered.reshape(shape)

"""Results in the place of an argument, as ``overwrite_a`` and ``overwrite_b`` ask."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.assign import assign
from lazydag.array.compute import compute


def over(target: Any, result: Array, *others: Array, asked: bool) -> Array:
    """Change an argument into a result of its type, if that is asked for.

    Parameters
    ----------
    target
        The argument.
    result
        What it becomes.
    *others
        What else is computed from it. Where it changes at once, that is done before.
    asked
        Whether to.

    A lazy array stands for the result from then on, and its memory is used again when
    the result is computed. An array of NumPy's gets the elements at once. Whatever
    else, such as a list or an array of another dtype, stays as it is.

    Returns
    -------
    Array
        What holds the result.
    """
    node = node_of(result)
    if not asked or not isinstance(target, (Array, np.ndarray)):
        return result
    if tuple(target.shape) != node.type.shape or target.dtype != node.type.dtype:
        return result
    if isinstance(target, Array):
        assign(target, node)
        return target
    compute(result, *others)
    np.copyto(target, np.asarray(result))
    return result

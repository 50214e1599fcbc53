"""Means, variances and standard deviations. They take what `reductions` take."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.functions.reductions import Axis
from lazydag.array.nodes import moments
from lazydag.array.nodes.folds import NO_VALUE
from lazydag.array.outputs import into_exactly, mask_node
from lazydag.errors import UsageError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location


def mean(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """Mean of the elements over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.mean([[1.0, 2.0], [3.0, 4.0]], axis=1)
    Array([1.5, 3.5])
    """
    found = moments.mean(node_of(x), axis, dtype, keepdims, mask_node(where))
    return into_exactly(out, found, "divide")


def var(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: float | None = None,
) -> Array:
    """Variance over axes: the mean squared distance to the mean.

    Parameters
    ----------
    x : array_like
        Any shape.
    axis : int, tuple of int or None
        What to reduce; all axes if None.
    dtype : dtype, optional
        To compute in.
    out : Array or ndarray, optional
        Where to write the result.
    ddof : float
        Degrees of freedom that are lost; 1 for the unbiased estimate.
    keepdims : bool
        Keep the axes, with one element each.
    where : array_like of bool
        Which elements count.
    mean : array_like, optional
        The mean, if it is known, with the axes kept.
    correction : float, optional
        The array API's name of `ddof`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.var([1.0, 2.0, 3.0]), ld.var([1.0, 2.0, 3.0], ddof=1)
    (Array(0.66666667), Array(1.))
    """
    lost = degrees_lost(ddof, correction)
    found = _variance(x, axis, dtype, lost, keepdims, where, mean)
    return into_exactly(out, found, "divide")


def std(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    ddof: float = 0,
    keepdims: bool = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: float | None = None,
) -> Array:
    """Standard deviation over axes: the square root of `var`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.std([1.0, 3.0])
    Array(1.)
    """
    lost = degrees_lost(ddof, correction)
    squared = _variance(x, axis, dtype, lost, keepdims, where, mean)
    found = make(OPS["sqrt"], squared, source=caller_location())
    return into_exactly(out, found, "sqrt")


def degrees_lost(ddof: float, correction: float | None) -> float:
    """Return how many degrees of freedom are lost, of which there are two names.

    Raises
    ------
    UsageError
        If both are given.
    """
    if correction is None:
        return ddof
    if ddof:
        raise UsageError(
            "ddof and correction can't be provided simultaneously.",
            caller_location(),
            "They are two names of one number: leave one out.",
        )
    return correction


def _variance(
    x: Any,
    axis: Axis,
    dtype: Any,
    ddof: float,
    keepdims: bool,
    where: Any,
    mean: Any,
) -> Node:
    center = None if mean is NO_VALUE else node_of(mean)
    mask = mask_node(where)
    return moments.variance(node_of(x), axis, dtype, ddof, keepdims, mask, center)

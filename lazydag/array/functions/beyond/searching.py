"""Where elements are: extremes, places in an order, elements that are not zero."""

from __future__ import annotations

from typing import Any, overload

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions import elementwise
from lazydag.array.functions.beyond.lanes import (
    as_array,
    flat_or_along,
    known,
    with_axes,
)
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.finding import nonzero
from lazydag.array.functions.reductions import argmax, argmin
from lazydag.array.functions.taking import take
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import as_shape, normal_axes
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import F64


@stands_for(np.nanargmax)
def nanargmax(
    a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False
) -> Array:
    """Position of the first greatest element that is not NaN.

    Raises
    ------
    ValueError
        When it is computed: if all elements of a lane are NaN.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.nanargmax([np.nan, 1.0, 2.0])
    Array(2)
    """
    return _nan_position("nanargmax", argmax, a, axis, out, keepdims)


@stands_for(np.nanargmin)
def nanargmin(
    a: Any, axis: int | None = None, out: Any = None, *, keepdims: bool = False
) -> Array:
    """Position of the first least element that is not NaN.

    Raises
    ------
    ValueError
        When it is computed: if all elements of a lane are NaN.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.nanargmin([np.nan, 1.0, 2.0])
    Array(1)
    """
    return _nan_position("nanargmin", argmin, a, axis, out, keepdims)


def _nan_position(
    name: str, plain: Any, a: Any, axis: int | None, out: Any, keepdims: bool
) -> Array:
    whole = as_array(a)
    array, at = flat_or_along(whole, axis)
    if array.dtype.kind not in "fc" or not array.shape[at]:
        return plain(whole, axis, out, keepdims=keepdims)  # type: ignore[no-any-return]
    found = Array(call(name, array.node, axis=at))
    if keepdims:
        found = with_axes(found, whole.shape, axis)
    return into(out, name, found)  # type: ignore[no-any-return]


@stands_for(np.digitize)
def digitize(x: Any, bins: Any, right: bool = False) -> Array:
    """Return which bin each element falls into: 0 before the first edge.

    Parameters
    ----------
    x : array_like
        Real numbers.
    bins : array_like
        The edges, one axis, ascending or descending.
    right : bool
        Whether a bin holds its right edge, and not the left one.

    Raises
    ------
    ValueError
        When it is computed: if the edges are in no order.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.digitize([0.2, 6.4, 3.0], [0.0, 1.0, 2.5, 4.0])
    Array([1, 4, 3])
    """
    node, edges = node_of(x), node_of(bins)
    if "c" in (node.type.dtype.kind, edges.type.dtype.kind):
        raise DTypeError("x may not be complex", caller_location())
    if len(edges.type.shape) != 1:
        raise UsageError(f"bins have one axis, not as {edges.type}", caller_location())
    at = caller_location()
    edges = cast(edges, F64, at)  # NumPy looks at their order in this type
    return Array(call("digitize", node, edges, right=bool(right)))


@overload
def where(condition: Any, /) -> tuple[Array, ...]: ...
@overload
def where(condition: Any, x: Any, y: Any, /) -> Array: ...


@stands_for(np.where)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    """Take from `x` where the condition holds, else from `y`; or say where it holds.

    Parameters
    ----------
    condition : array_like
        Whatever is not zero counts as true.
    x, y : array_like, optional
        Both or none of them: without them the result is ``nonzero(condition)``.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.where([True, False], [1, 2], 0)
    Array([1, 0])
    """
    if (x is None) != (y is None):
        raise UsageError("either both or neither of x and y should be given")
    if x is None:
        return nonzero(condition)
    return elementwise.where(condition, x, y)


@stands_for(np.flatnonzero)
def flatnonzero(a: Any) -> Array:
    """Positions of the elements that are not zero, in C order.

    Computes the values: they decide the shape.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.flatnonzero([[0, 5], [6, 0]])
    Array([1, 2])
    """
    return nonzero(as_array(a).reshape(-1))[0]


@stands_for(np.argwhere)
def argwhere(a: Any) -> Array:
    """Positions of the elements that are not zero, one in each row.

    Computes the values: they decide the shape.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.argwhere([[0, 5], [6, 0]])
    Array([[0, 1],
           [1, 0]])
    """
    return known(np.argwhere(as_array(a).values_for("shape")))


@stands_for(np.extract)
def extract(condition: Any, arr: Any) -> Array:
    """Elements of `arr`, in C order, where the condition is not zero.

    Computes the condition: it decides the shape.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.extract([[0, 1], [1, 0]], [[3, 4], [5, 6]])
    Array([4, 5])
    """
    return take(as_array(arr).reshape(-1), flatnonzero(condition))


@stands_for(np.trim_zeros)
def trim_zeros(
    filt: Any, trim: str = "fb", axis: int | tuple[int, ...] | None = None
) -> Array:
    """Leave out what is zero in front and behind, as a view.

    Computes the values: they decide the shape.

    Parameters
    ----------
    filt : array_like
        Any shape.
    trim : {"fb", "f", "b"}
        Whether to trim the front, the back or both.
    axis : int or tuple of int, optional
        Along which to trim; along all axes by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.trim_zeros([0, 0, 1, 0, 2, 0])
    Array([1, 0, 2])
    """
    array, ends = as_array(filt), trim.lower()
    if ends not in ("fb", "bf", "f", "b"):
        raise UsageError(f"unexpected character(s) in `trim`: {trim!r}")
    if axis is None:
        axes = tuple(range(array.ndim))
    else:
        axes = normal_axes(array.node, as_shape(axis))
    found = np.nonzero(array.values_for("shape")) if axes else ()
    key = [slice(None)] * array.ndim
    for i in axes:
        if not found[i].size:
            key[i] = slice(0, 0)
            continue
        start = int(found[i].min()) if "f" in ends else None
        stop = int(found[i].max()) + 1 if "b" in ends else None
        key[i] = slice(start, stop)
    return array[tuple(key)]

"""Arrays from values, shapes and other arrays, with NumPy's arguments.

What says how elements lie in memory, or which class an array has, changes nothing:
``order=``, ``subok=``, ``like=``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions import creation
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.outputs import mask_node, write
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

Shape = int | Sequence[int]


@stands_for(np.array)
def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    ndmax: int = 0,
    like: Any = None,
) -> Array:
    """Make an array of values, lists of them, or lazy arrays in lists.

    Parameters
    ----------
    object : array_like
        The values, which are copied.
    dtype : dtype, optional
        To convert to.
    copy : bool, optional
        False: never; None: only where it has to be.
    order, subok, ndmax, like
        Without meaning.
    ndmin : int
        Axes that there are at least; those of one element come first.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.array([1.0, 2.0])
    >>> np.array([x.sum(), x[1], 7])
    Array([3., 2., 7.])
    """
    del order, subok, ndmax, like
    found = creation.asarray(object, dtype, copy=copy)
    if found.ndim >= ndmin:
        return found
    return found.reshape((1,) * (ndmin - found.ndim) + found.shape)


@stands_for(np.asarray)
def asarray(
    a: Any,
    dtype: Any = None,
    order: Any = None,
    *,
    device: Any = None,
    copy: bool | None = None,
    like: Any = None,
) -> Array:
    """Make an array of values, without copying those of an array.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.asarray([[1, 2], [3, 4]], dtype=float).shape
    (2, 2)
    """
    del order, like
    return creation.asarray(a, dtype, copy=copy, device=device)


@stands_for(np.asanyarray)
def asanyarray(
    a: Any,
    dtype: Any = None,
    order: Any = None,
    *,
    device: Any = None,
    copy: bool | None = None,
    like: Any = None,
) -> Array:
    """Make an array of values, as `asarray` does."""
    return asarray(a, dtype, order, device=device, copy=copy, like=like)


@stands_for(np.ascontiguousarray)
def ascontiguousarray(a: Any, dtype: Any = None, *, like: Any = None) -> Array:
    """Make an array with at least one axis; all lie in C order."""
    return array(a, dtype, copy=None, ndmin=1, like=like)


@stands_for(np.asfortranarray)
def asfortranarray(a: Any, dtype: Any = None, *, like: Any = None) -> Array:
    """Make an array with at least one axis; it lies in C order, as all do."""
    return array(a, dtype, copy=None, ndmin=1, like=like)


@stands_for(np.asarray_chkfinite)
def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Array:
    """Make an array, and compute whether all of its elements are finite.

    Raises
    ------
    UsageError
        If there is an infinity or NaN.
    """
    found = asarray(a, dtype, order)
    if found.dtype.kind in "fc" and not np.isfinite(found).all():
        raise UsageError("array must not contain infs or NaNs", caller_location())
    return found


@stands_for(np.require)
def require(
    a: Any, dtype: Any = None, requirements: Any = None, *, like: Any = None
) -> Array:
    """Make an array that is as NumPy's function would make it: all lazy ones are."""
    names = [requirements] if isinstance(requirements, str) else requirements or ()
    known = {"C", "F", "A", "W", "O", "E"}
    if not {name.upper().split("_")[0][:1] for name in names} <= known:
        raise KeyError(f"unknown requirement among {names}")
    return asarray(a, dtype, like=like)


@stands_for(np.copy)
def copy(a: Any, order: Any = "K", subok: bool = False) -> Array:
    """Make a new array of the same values.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.copy([1, 2])
    Array([1, 2])
    """
    return array(a, order=order, subok=subok)


@stands_for(np.zeros)
def zeros(
    shape: Shape,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Make an array of zeros, f64 by default.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.zeros(shape=2)
    Array([0., 0.])
    """
    del order, like
    return creation.zeros(shape, dtype, device=device)


@stands_for(np.ones)
def ones(
    shape: Shape,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Make an array of ones, f64 by default."""
    del order, like
    return creation.ones(shape, dtype, device=device)


@stands_for(np.empty)
def empty(
    shape: Shape,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Make an array whose values are nobody's business: zeros."""
    return zeros(shape, dtype, order, device=device, like=like)


@stands_for(np.full)
def full(
    shape: Shape,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "C",
    *,
    device: Any = None,
    like: Any = None,
) -> Array:
    """Make an array that is `fill_value` everywhere."""
    del order, like
    return creation.full(shape, fill_value, dtype, device=device)


@stands_for(np.zeros_like)
def zeros_like(
    a: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: Any = None,
) -> Array:
    """Make an array of zeros with the shape and dtype of `a`, unless others are given.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.zeros_like([1, 2, 3], shape=2)
    Array([0, 0])
    """
    return full_like(a, 0, dtype, order, subok, shape, device=device)


@stands_for(np.ones_like)
def ones_like(
    a: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: Any = None,
) -> Array:
    """Make an array of ones with the shape and dtype of `a`, or those given."""
    return full_like(a, 1, dtype, order, subok, shape, device=device)


@stands_for(np.empty_like)
def empty_like(
    prototype: Any,
    /,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: Any = None,
) -> Array:
    """Make an array with the shape and dtype of another, unless others are given."""
    return full_like(prototype, 0, dtype, order, subok, shape, device=device)


@stands_for(np.full_like)
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Shape | None = None,
    *,
    device: Any = None,
) -> Array:
    """Make an array that is `fill_value` everywhere, of the shape and dtype of `a`."""
    del order, subok
    model = node_of(a).type
    extents = model.shape if shape is None else shape
    wanted = model.dtype if dtype is None else dtype
    place = device or getattr(a, "device", None)
    return creation.full(extents, fill_value, wanted, device=place)


@stands_for(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    """Assign `src` to the elements of `dst` for which `where` is true.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.zeros(3)
    >>> np.copyto(x, 7, where=[True, False, True])
    >>> x
    Array([7., 0., 7.])
    """
    if not isinstance(dst, Array | np.ndarray):
        raise TypeError(
            f"copyto() argument 1 must be an array, not {type(dst).__name__}"
        )
    if isinstance(src, bool | int | float | complex):
        src = np.asarray(src, np.result_type(dst.dtype, src))
    write(dst, node_of(src), "copyto", casting, mask_node(where))

"""Functions that make arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from operator import index
from typing import Any

import numpy as np

from lazydag.array import engine
from lazydag.array.array import Array, holding, node_of
from lazydag.array.functions.made import on_device, refused
from lazydag.array.leaves import leaf, plain
from lazydag.array.nodes.broadcast import broadcast_to, cast
from lazydag.array.nodes.dtypes import as_dtype
from lazydag.array.nodes.move import as_shape
from lazydag.array.nodes.scalars import constant
from lazydag.array.operands import as_numpy, holds_lazy
from lazydag.array.tiled import in_tiles
from lazydag.array.tracing import state
from lazydag.array.values import is_on_device
from lazydag.errors import UsageError
from lazydag.ir.attrs import IotaAttrs
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import F64, I64, DType


def asarray(
    obj: Any,
    /,
    dtype: Any = None,
    *,
    copy: bool | None = None,
    device: Any = None,
    blocks: Any = None,
    distribution: Any = None,
) -> Array:
    """Make a lazy array of a NumPy array or a sequence, without copying an array.

    Parameters
    ----------
    obj : array_like
        A lazy array is handed through.
    dtype : dtype, optional
        To convert to.
    copy : bool, optional
        True: take the values as they are now. Otherwise values that change in `obj`
        before they are used are seen.
    device : str, optional
        Where the values are to be; see `Array.to_device`.
    blocks, distribution
        In which tiles to compute with it; see `Array.retile`.

    Raises
    ------
    DTypeError
        If the elements are of a dtype that is not supported.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> x = np.arange(3.0)
    >>> y = ld.asarray(x)
    >>> np.asarray(y) is x
    True
    """
    found = _as_array(obj, dtype, copy)
    return on_device(in_tiles(found, blocks, distribution), device)


def _as_array(obj: Any, dtype: Any, copy: bool | None) -> Array:
    array = obj if isinstance(obj, Array) else _from_values(obj, dtype, copy)
    if copy is False and dtype is not None and array.dtype != dtype:
        raise refused(f"astype({dtype}) without a copy", "Leave out copy=False.")
    if copy and (dtype is None or array.dtype == dtype):
        return array.copy()
    return array if dtype is None else array.astype(dtype, copy=bool(copy))


def _from_values(obj: Any, dtype: Any, copy: bool | None) -> Array:
    """Return a lazy array of what is none yet."""
    if is_on_device(obj):
        return holding(engine.adopted(obj))
    if isinstance(obj, np.ndarray) or hasattr(obj, "__array__"):
        return Array(value=plain(as_numpy(obj)))
    if copy is False and not hasattr(obj, "__dlpack__"):
        raise refused(f"{type(obj).__name__} without a copy", "Leave out copy=False.")
    if isinstance(obj, list | tuple) and holds_lazy(obj):
        return Array(node_of(obj))
    if dtype is not None and isinstance(obj, list | tuple | int | float | complex):
        return Array(value=np.asarray(obj, as_dtype(dtype)))
    return Array(value=plain(as_numpy(obj)))


def array(obj: Any, dtype: Any = None, *, copy: bool | None = True) -> Array:
    """Make a lazy array with a copy of the values.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.array([1, 2, 3])
    Array([1, 2, 3])
    """
    return asarray(obj, dtype, copy=copy)


def full(
    shape: int | Sequence[int],
    fill_value: Any,
    dtype: Any = None,
    *,
    device: Any = None,
    blocks: Any = None,
    distribution: Any = None,
) -> Array:
    """Make an array that is `fill_value` everywhere.

    Parameters
    ----------
    shape : int or sequence of int
        Its extents.
    fill_value : scalar
        The element.
    dtype : dtype, optional
        That of `fill_value` by default.
    device : str, optional
        Where the values are to be; see `Array.to_device`.
    blocks, distribution
        In which tiles to compute with it; see `Array.retile`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.full(2, 7)
    Array([7, 7])
    """
    wanted = None if dtype is None else as_dtype(dtype)
    node = node_of(fill_value)
    if wanted is not None:
        node = cast(node, wanted, caller_location())
    found = Array(broadcast_to(node, _extents(shape)))
    return on_device(in_tiles(found, blocks, distribution), device)


def zeros(
    shape: int | Sequence[int],
    dtype: Any = None,
    *,
    device: Any = None,
    blocks: Any = None,
    distribution: Any = None,
) -> Array:
    """Make an array of zeros, f64 by default; the arguments are as for `full`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.zeros((2, 2))
    Array([[0., 0.],
           [0., 0.]])
    """
    found = _filled(shape, 0, F64 if dtype is None else as_dtype(dtype))
    return on_device(in_tiles(found, blocks, distribution), device)


def ones(
    shape: int | Sequence[int],
    dtype: Any = None,
    *,
    device: Any = None,
    blocks: Any = None,
    distribution: Any = None,
) -> Array:
    """Make an array of ones, f64 by default; the arguments are as for `full`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.ones(2)
    Array([1., 1.])
    """
    found = _filled(shape, 1, F64 if dtype is None else as_dtype(dtype))
    return on_device(in_tiles(found, blocks, distribution), device)


def empty(
    shape: int | Sequence[int],
    dtype: Any = None,
    *,
    device: Any = None,
    blocks: Any = None,
    distribution: Any = None,
) -> Array:
    """Make an array whose values are nobody's business: zeros."""
    return zeros(shape, dtype, device=device, blocks=blocks, distribution=distribution)


def full_like(
    x: Any, /, fill_value: Any, dtype: Any = None, *, device: Any = None
) -> Array:
    """Make an array that is `fill_value` everywhere, of the shape and dtype of `x`."""
    like = Array(node_of(x))
    kind, place = like.dtype if dtype is None else dtype, device or like.device
    return full(like.shape, fill_value, kind, device=place)


def zeros_like(x: Any, /, dtype: Any = None, *, device: Any = None) -> Array:
    """Make an array of zeros, of the shape and dtype of `x`."""
    like = Array(node_of(x))
    kind, place = like.dtype if dtype is None else dtype, device or like.device
    return zeros(like.shape, kind, device=place)


def ones_like(x: Any, /, dtype: Any = None, *, device: Any = None) -> Array:
    """Make an array of ones, of the shape and dtype of `x`."""
    like = Array(node_of(x))
    kind, place = like.dtype if dtype is None else dtype, device or like.device
    return ones(like.shape, kind, device=place)


def empty_like(x: Any, /, dtype: Any = None, *, device: Any = None) -> Array:
    """Make an array of the shape and dtype of `x`."""
    return zeros_like(x, dtype, device=device)


def arange(
    start: Any,
    /,
    stop: Any = None,
    step: Any = 1,
    dtype: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Count from `start` (0 if it is the only number) to before `stop`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.arange(3), ld.arange(1.0, 2.0, 0.25)
    (Array([0, 1, 2]), Array([1.  , 1.25, 1.5 , 1.75]))
    """
    if stop is None:
        start, stop = 0, start
    if step == 0:
        raise UsageError("arange with a step of zero never ends", caller_location())
    numbers = (start, stop, step)
    kind = as_dtype(np.result_type(*numbers) if dtype is None else dtype)
    count = max(ceil((stop - start) / step), 0)
    if all(isinstance(n, int) for n in numbers):
        count = len(range(*numbers))
    # NumPy adds multiples of the difference of the first two elements
    first = kind.type(start)
    # beyond `stop` there may be no such number
    difference = kind.type(start + step) - first if count > 1 else 1
    return on_device(_steps(count, first, difference, kind), device)


def linspace(
    start: complex,
    stop: complex,
    /,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    *,
    device: Any = None,
) -> Array:
    """Make `num` evenly spaced numbers from `start` to `stop`.

    Parameters
    ----------
    start, stop : float or complex
        The ends.
    num : int
        How many numbers.
    endpoint : bool
        Whether `stop` is the last of them.
    dtype : dtype, optional
        f64 by default, or c128.
    device : str, optional
        Where the values are to be; see `Array.to_device`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linspace(0, 1, 5)
    Array([0.  , 0.25, 0.5 , 0.75, 1.  ])
    """
    count = index(num)
    if count < 0:
        raise UsageError(f"number of samples, {count}, is negative", caller_location())
    values = np.linspace(start, stop, count, endpoint)
    found = Array(leaf(values))
    wanted = as_dtype(values.dtype) if dtype is None else as_dtype(dtype)
    if wanted.kind in "iu":
        found = Array(leaf(np.floor(values)))
    return on_device(found.astype(wanted, copy=False), device)


def eye(
    n_rows: int,
    n_cols: int | None = None,
    /,
    k: int = 0,
    dtype: Any = None,
    *,
    device: Any = None,
    blocks: Any = None,
    distribution: Any = None,
) -> Array:
    """Make a matrix with ones on the `k`-th diagonal and zeros elsewhere.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.eye(2)
    Array([[1., 0.],
           [0., 1.]])
    """
    columns = n_rows if n_cols is None else n_cols
    k = min(max(index(k), -n_rows), columns)  # beyond that no int64 may hold it
    on = arange(n_rows)[:, None] + k == arange(columns)
    found = Array(node_of(on)).astype(F64 if dtype is None else dtype)
    return on_device(in_tiles(found, blocks, distribution), device)


def identity(n: int, /, dtype: Any = None) -> Array:
    """Make the identity matrix of size `n`."""
    return eye(n, dtype=dtype)


def _filled(shape: int | Sequence[int], value: int, dtype: DType) -> Array:
    return Array(broadcast_to(constant(value, dtype), _extents(shape)))


def _extents(shape: int | Sequence[int]) -> tuple[int, ...]:
    extents = as_shape(shape)
    if min(extents, default=0) < 0:
        raise UsageError("negative dimensions are not allowed", caller_location())
    return extents


def _steps(count: int, first: Any, difference: Any, dtype: DType) -> Array:
    """Return ``first + i * difference`` for ``i < count``."""
    source, trace = caller_location(), state.trace
    attrs = IotaAttrs(count, I64, str(source) if trace is None else trace.scope)
    numbers = Array(make(OPS["iota"], attrs=attrs, source=source))
    found: Array = numbers.astype(dtype, copy=False)
    if difference != 1:
        found = found * difference
    return found if first == 0 else found + first

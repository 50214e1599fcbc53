"""Functions that go along an axis, one element after the other."""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.functions.assembling import part
from lazydag.array.functions.elementwise import not_equal, subtract
from lazydag.array.functions.shapes import concat
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import as_dtype, widened_sum
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import normal_axis, reshape
from lazydag.errors import UsageError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location


def cumulative_sum(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: bool = False,
) -> Array:
    """Sums of all elements up to each one, along an axis.

    Parameters
    ----------
    x : array_like
        Any shape.
    axis : int, optional
        Along which to add; needed unless there is one axis only.
    dtype : dtype, optional
        To add in; narrow integers are widened by default, as in `sum`.
    include_initial : bool
        Begin with 0, and have one element more.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.cumulative_sum([1, 2, 3], include_initial=True)
    Array([0, 1, 3, 6])
    """
    return _accumulated("cumsum", x, axis, dtype, include_initial)


def cumulative_prod(
    x: Any,
    /,
    *,
    axis: int | None = None,
    dtype: Any = None,
    include_initial: bool = False,
) -> Array:
    """Products of all elements up to each one, along an axis.

    Parameters
    ----------
    x : array_like
        Any shape.
    axis : int, optional
        Along which to multiply; needed unless there is one axis only.
    dtype : dtype, optional
        To multiply in; narrow integers are widened by default, as in `prod`.
    include_initial : bool
        Begin with 1, and have one element more.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.cumulative_prod([1, 2, 3])
    Array([1, 2, 6])
    """
    return _accumulated("cumprod", x, axis, dtype, include_initial)


def cumulative_max(x: Any, /, *, axis: int | None = None) -> Array:
    """Greatest of all elements up to each one, along an axis; NaN from the first on.

    Parameters
    ----------
    x : array_like
        Any shape, of real numbers.
    axis : int, optional
        Along which to look; needed unless there is one axis only.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.cumulative_max([1, 3, 2, 4])
    Array([1, 3, 3, 4])
    """
    return _extreme("maximum", x, axis)


def cumulative_min(x: Any, /, *, axis: int | None = None) -> Array:
    """Least of all elements up to each one, along an axis; NaN from the first on.

    Parameters
    ----------
    x : array_like
        Any shape, of real numbers.
    axis : int, optional
        Along which to look; needed unless there is one axis only.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.cumulative_min([3, 1, 2, 0])
    Array([3, 1, 1, 0])
    """
    return _extreme("minimum", x, axis)


def _extreme(name: str, x: Any, axis: int | None) -> Array:
    node, at = _along(x, axis)
    return Array(call("ufunc_accumulate", node, ufunc=name, axis=at))


def _along(x: Any, axis: int | None) -> tuple[Node, int]:
    """Return an array's node, as one row if that is all, and which axis is meant."""
    node = node_of(x)
    if axis is not None:
        return node, normal_axis(node, axis)
    if len(node.type.shape) > 1:
        what = f"along which axis of {node.type}?"
        raise UsageError(what, caller_location(), "Name it: axis=0.")
    return reshape(node, (-1,)), 0


def _accumulated(
    name: str, x: Any, axis: int | None, dtype: Any, include_initial: bool
) -> Array:
    node, at = _along(x, axis)
    wanted = widened_sum(node.type.dtype) if dtype is None else as_dtype(dtype)
    options = {"initial": True} if include_initial else {}
    return Array(call(name, cast(node, wanted, caller_location()), axis=at, **options))


def diff(
    x: Any,
    /,
    n: int = 1,
    axis: int = -1,
    prepend: Any = None,
    append: Any = None,
) -> Array:
    """Differences of neighbours along an axis, taken `n` times.

    Parameters
    ----------
    x : array_like
        At least one axis.
    n : int
        How many times.
    axis : int
        Along which.
    prepend, append : array_like, optional
        What to join in front and behind before.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.diff([1, 4, 9, 16])
    Array([3, 5, 7])
    """
    array = Array(node_of(x))
    at = normal_axis(array.node, axis)
    parts = [prepend, array, append]
    given = [Array(node_of(each)) for each in parts if each is not None]
    if len(given) > 1:
        array = concat(given, axis=at)
    for _ in range(n):
        minus = not_equal if array.dtype.kind == "b" else subtract
        array = minus(part(array, at, 1, None), part(array, at, None, -1))
    return array

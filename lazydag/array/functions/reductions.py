"""Functions that reduce axes. Axes are an int, a tuple, or None for all.

All take what NumPy's take: ``out=`` to write into, ``initial=`` to begin with, and
``where=``, a mask of the elements that count.
"""

from __future__ import annotations

from typing import Any

from lazydag.array.array import Array, node_of, optional_operand
from lazydag.array.nodes import reduce
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import as_dtype, common, widened_sum
from lazydag.array.nodes.folds import NO_VALUE, fold
from lazydag.array.outputs import into_exactly, mask_node
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL

Axis = int | tuple[int, ...] | None


def sum(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    """Sum of the elements over axes; narrow integers are summed in 64 bits.

    Parameters
    ----------
    x : array_like
        Any shape.
    axis : int, tuple of int or None
        What to sum over; all axes if None.
    dtype : dtype, optional
        To sum in.
    out : Array or ndarray, optional
        Where to write the result.
    keepdims : bool
        Keep the axes, with one element each.
    initial : array_like
        What to begin with.
    where : array_like of bool
        Which elements count.

    Notes
    -----
    Pairwise over blocks, in an order that depends on the shape alone.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.sum([[1.0, 2.0], [3.0, 4.0]], axis=0)
    Array([4., 6.])
    """
    node = _widened(x, dtype, out)
    return _folded("sum", node, axis, out, keepdims, initial, where)


def prod(
    x: Any,
    /,
    axis: Axis = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    """Product of the elements over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.prod([1, 2, 3, 4])
    Array(24)
    """
    node = _widened(x, dtype, out)
    return _folded("prod", node, axis, out, keepdims, initial, where)


def min(
    x: Any,
    /,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    """Least element over axes; NaN if there is one.

    Raises
    ------
    ShapeError
        If there is no element, and nothing to begin with.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.min([3.0, 1.0, 2.0])
    Array(1.)
    """
    return _folded("amin", node_of(x), axis, out, keepdims, initial, where)


def max(
    x: Any,
    /,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Array:
    """Greatest element over axes; NaN if there is one.

    Raises
    ------
    ShapeError
        If there is no element, and nothing to begin with.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.max([3.0, 1.0, 2.0])
    Array(3.)
    """
    return _folded("amax", node_of(x), axis, out, keepdims, initial, where)


def any(
    x: Any,
    /,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """Whether any element is true (not zero), over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> bool(ld.any([0, 2, 0]))
    True
    """
    return _folded("any", _truth(x), axis, out, keepdims, NO_VALUE, where)


def all(
    x: Any,
    /,
    axis: Axis = None,
    out: Any = None,
    keepdims: bool = False,
    *,
    where: Any = True,
) -> Array:
    """Whether all elements are true (not zero), over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> bool(ld.all([0, 2, 0]))
    False
    """
    return _folded("all", _truth(x), axis, out, keepdims, NO_VALUE, where)


def argmin(
    x: Any, /, axis: int | None = None, out: Any = None, *, keepdims: bool = False
) -> Array:
    """Position of the first least element along an axis; in C order if None.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.argmin([3.0, 1.0, 2.0])
    Array(1)
    """
    found = reduce.position("argmin", node_of(x), axis, keepdims)
    return into_exactly(out, found, "argmin", "same_kind")


def argmax(
    x: Any, /, axis: int | None = None, out: Any = None, *, keepdims: bool = False
) -> Array:
    """Position of the first greatest element along an axis; in C order if None.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.argmax([3.0, 1.0, 2.0])
    Array(0)
    """
    found = reduce.position("argmax", node_of(x), axis, keepdims)
    return into_exactly(out, found, "argmax", "same_kind")


def count_nonzero(x: Any, /, axis: Axis = None, *, keepdims: bool = False) -> Array:
    """Count the elements that are not zero, over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.count_nonzero([0, 2, 5])
    Array(2)
    """
    return Array(reduce.count_true(node_of(x), axis, keepdims))


def ptp(x: Any, /, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Array:
    """Greatest less least element over axes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.ptp([3.0, 1.0, 2.0])
    Array(2.)
    """
    node = node_of(x)
    ends = [reduce.extreme(name, node, axis, keepdims) for name in ("amax", "amin")]
    found: Array = Array(ends[0]) - Array(ends[1])
    return into_exactly(out, found.node, "subtract", "same_kind")


def _folded(
    name: str,
    node: Node,
    axis: Axis,
    out: Any,
    keepdims: bool,
    initial: Any,
    where: Any,
) -> Array:
    start = initial if initial is NO_VALUE else optional_operand(initial)
    found = fold(name, node, axis, keepdims, start, mask_node(where))
    return into_exactly(out, found, name)


def _widened(x: Any, dtype: Any, out: Any) -> Node:
    """Return the elements in the dtype to add them in; `out` may widen it."""
    node = node_of(x)
    if dtype is not None:
        wanted = as_dtype(dtype)
    else:
        wanted = widened_sum(node.type.dtype)
        wanted = wanted if out is None else common((wanted, out.dtype))
    return cast(node, wanted, caller_location())


def _truth(x: Any) -> Node:
    return cast(node_of(x), BOOL, caller_location())

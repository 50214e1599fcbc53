"""Functions whose result has a shape that depends on the values: they compute them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lazydag.array.array import Array, node_of, operand
from lazydag.array.functions.elementwise import logical_not
from lazydag.array.functions.reductions import any as any_
from lazydag.array.functions.sorting import searchsorted, sort
from lazydag.array.functions.taking import take
from lazydag.array.nodes.dtypes import common
from lazydag.array.nodes.record import materialise, promotion_type, shape_of
from lazydag.array.values import frozen
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location

# Fewer elements than this are compared one by one.
_FEW = 16


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: Array
    counts: Array


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: Array
    inverse_indices: Array


def nonzero(x: Any, /) -> tuple[Array, ...]:
    """Positions of the elements that are not zero, an array for each axis.

    Computes the values: they decide the shape.

    Raises
    ------
    ShapeError
        If there is no axis.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.nonzero([0, 5, 6])
    (Array([1, 2]),)
    """
    array = Array(node_of(x))
    if not array.ndim:
        raise ShapeError(
            "nonzero of an array without axes",
            caller_location(),
            "Give it one: x.reshape(1).",
        )
    return tuple(map(_known, np.nonzero(array.values_for("shape"))))


def unique_values(x: Any, /) -> Array:
    """Return the distinct elements, sorted; each NaN is one.

    Computes the values: they decide the shape.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.unique_values([3, 1, 3])
    Array([1, 3])
    """
    return _known(np.unique(_values(x), equal_nan=False))


def unique_counts(x: Any, /) -> UniqueCounts:
    """Return the distinct elements, and how often each comes.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.unique_counts([3, 1, 3]).counts
    Array([1, 2])
    """
    return UniqueCounts(*map(_known, np.unique_counts(_values(x))))


def unique_inverse(x: Any, /) -> UniqueInverse:
    """Return the distinct elements, and for each element which of them it is.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.unique_inverse([3, 1, 3]).inverse_indices
    Array([1, 0, 1])
    """
    return UniqueInverse(*map(_known, np.unique_inverse(_values(x))))


def unique_all(x: Any, /) -> UniqueAll:
    """Return the distinct elements, where each is first, which is which, how often.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.unique_all([3, 1, 3]).indices
    Array([1, 0])
    """
    return UniqueAll(*map(_known, np.unique_all(_values(x))))


def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> Array:
    """Whether each element of `x1` is among those of `x2`.

    Parameters
    ----------
    x1, x2 : array_like
        Any shapes.
    invert : bool
        Whether it is not among them.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.isin([1, 2, 3], [3, 1])
    Array([ True, False,  True])
    """
    operands = operand(x1), operand(x2)
    dtype = common(tuple(promotion_type(o) for o in operands))
    at = caller_location()
    x, among = (Array(materialise(o, dtype, shape_of(o), at)) for o in operands)
    found = _found(x, among.reshape(-1))
    return logical_not(found) if invert else found


def _found(x: Array, among: Array) -> Array:
    if among.size < _FEW:
        return any_(x[..., None] == among, axis=-1)
    ordered = sort(among)
    places = searchsorted(ordered, x).clip(0, among.size - 1)
    same: Array = take(ordered, places) == x
    return same


def _values(x: Any) -> np.ndarray[Any, Any]:
    return Array(node_of(x)).values_for("shape")


def _known(value: Any) -> Array:
    return Array(value=frozen(np.asarray(value)))

"""Integers from a range, all as likely, and those that are functions of a fraction."""

from __future__ import annotations

from math import prod
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.elementwise import (
    ceil,
    log,
    log1p,
    maximum,
    minimum,
    where,
)
from lazydag.array.nodes.broadcast import Ints
from lazydag.array.nodes.scalars import integer_range
from lazydag.array.random.ahead import few_values
from lazydag.array.random.fractions import open_fractions, words
from lazydag.array.random.parameters import parameters, shape_for
from lazydag.array.random.words import U64
from lazydag.array.values import frozen
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import DTYPES, DType

if TYPE_CHECKING:
    from lazydag.array.random.generator import Generator

_HALF = 32
_LOW = 0xFFFFFFFF
_KINDS: dict[DType, DType] = {d: d for d in DTYPES.values() if d.kind in "biu"}
# beyond the greatest i64 there is none for the number of a trial
_MOST_TRIALS = float(2**63 - 1024)


def integers(
    self: Generator,
    low: Any,
    high: Any = None,
    size: Any = None,
    dtype: Any = np.int64,
    endpoint: bool = False,
) -> Array:
    """Draw integers from `low` to before `high`, all as likely.

    Parameters
    ----------
    low, high : int or array of int
        The range; from 0 to before `low` if there is no `high`.
    size : int or tuple of int, optional
        The shape.
    dtype : dtype
        Any integer, or bool.
    endpoint : bool
        Whether `high` can be drawn, too.

    Notes
    -----
    The product of a word of random bits and the length of the range, without its lower
    64 bits. No number is tried again, so that each is known by its position alone:
    the probabilities of those of a range of n differ by n / 2**64 of them at most.
    Ranges longer than 2**32, and arrays of ranges, take two words a number, and differ
    by 2**-64.

    References
    ----------
    D. Lemire, *Fast random integer generation in an interval*, ACM Transactions on
    Modeling and Computer Simulation 29 (2019), 1-12.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).integers(1, 6, size=8, endpoint=True)
    Array([3, 5, 3, 2, 2, 5, 2, 4])
    """
    kind = _integer_dtype(dtype)
    first, last = (0, low) if high is None else (low, high)
    if _is_many(first) or _is_many(last):
        return _from_ranges(self, first, last, size, kind, endpoint=endpoint)
    begin, end = _as_int(first), _as_int(last) - (not endpoint)
    _check(begin, end, kind, endpoint=endpoint)
    shape = shape_for(size)
    count, low_word = end - begin + 1, np.uint64(begin % 2**64)
    if count >> _HALF and count & (count - 1):
        found = _scaled(self, Array(node_of(np.uint64(count))), shape)
        wide: Array = (found + low_word).astype(kind)
        return wide
    word = words(self, shape)
    known = few_values(word)
    if known is None:
        lazy: Array = _moved(_below(word, count), low_word).astype(kind)
        return lazy
    # NumPy warns where numbers without axes wrap
    flat = _moved(_below(known.reshape(-1), count), low_word)
    return Array(value=frozen(flat.astype(kind).reshape(shape)))


def geometric(self: Generator, p: Any, size: Any = None) -> Array:
    """Draw numbers of trials up to the first success, each of probability `p`."""
    (p,) = parameters("geometric", p)
    trials = log(open_fractions(self, shape_for(size, p))) / log1p(-Array(node_of(p)))
    return minimum(maximum(ceil(trials), 1.0), _MOST_TRIALS).astype(np.int64)


def _integer_dtype(dtype: Any) -> DType:
    found = _KINDS.get(np.dtype(dtype))
    if found is None:
        raise DTypeError(
            f"Unsupported dtype {np.dtype(dtype)!r} for integers", caller_location()
        )
    return found


def _is_many(value: Any) -> bool:
    """Tell whether a bound is an array, or a number that is not known yet."""
    if isinstance(value, Array):
        return bool(value.ndim) or not value.is_computed
    return np.ndim(value) > 0


def _is_waiting(value: Any) -> bool:
    return isinstance(value, Array) and not value.is_computed


def _as_int(value: Any) -> int:
    try:
        return index(value)
    except TypeError:
        return int(value)


def _check(low: Any, last: Any, dtype: DType, *, endpoint: bool) -> None:
    """Refuse empty ranges and those that the dtype cannot hold."""
    least, greatest = (0, 1) if dtype.kind == "b" else integer_range(dtype)
    for name, is_out in (("low", low < least), ("high", last > greatest)):
        if np.any(is_out):
            raise UsageError(
                f"{name} is out of bounds for {dtype.name}", caller_location()
            )
    if np.any(low > last):
        sign = ">" if endpoint else ">="
        raise UsageError(f"low {sign} high", caller_location())


def _below(word: Any, count: int) -> Any:
    """Return u64 below `count`, made of words: at most 2**32, or a power of 2."""
    power = count.bit_length() - 1
    if count == 1 << power:
        return word >> (64 - power)  # by the width: 0
    factor = np.uint64(count)
    lower = ((word & _LOW) * factor) >> _HALF
    return ((word >> _HALF) * factor + lower) >> _HALF


def _moved(word: Any, low: np.uint64) -> Any:
    return word + low if low else word


def _from_ranges(
    rng: Generator, low: Any, high: Any, size: Any, dtype: DType, *, endpoint: bool
) -> Array:
    """Draw from a range for each element."""
    if not (_is_waiting(low) or _is_waiting(high)):
        low, high = (np.asarray(each) for each in (low, high))
        wide = low.astype(object), high.astype(object) - (not endpoint)
        _check(*wide, dtype, endpoint=endpoint)
    shape = shape_for(size, low, high)
    begin, end = (Array(node_of(each)).astype(U64) for each in (low, high))
    count = end - begin + int(endpoint)
    found: Array = (_scaled(rng, count, shape) + begin).astype(dtype)
    return found


def _scaled(rng: Generator, count: Array, shape: Ints) -> Array:
    """Draw u64 below each `count`, where 0 stands for 2**64, with 128 random bits."""
    span = rng.bit_generator.take_blocks(prod(shape))
    fine, coarse = map(Array, span.blocks(shape))
    high, low = _product(coarse, count)
    carried = low + _product(fine, count)[0]
    return where(count == 0, coarse, high + (carried < low))


def _product(x: Array, y: Array) -> tuple[Array, Array]:
    """Return the upper and the lower word of products of words."""
    a, b, c, d = x >> _HALF, x & _LOW, y >> _HALF, y & _LOW
    middle = a * d + (b * d >> _HALF)
    other = b * c + (middle & _LOW)
    return a * c + (middle >> _HALF) + (other >> _HALF), x * y

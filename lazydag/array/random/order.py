"""Random orders and choices: sorting by random words, or by exponential numbers."""

from __future__ import annotations

from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from lazydag.array.array import Array, node_of
from lazydag.array.assign import assign
from lazydag.array.functions.cumulative import cumulative_sum
from lazydag.array.functions.sorting import argsort, searchsorted
from lazydag.array.functions.taking import take, take_along_axis
from lazydag.array.nodes.move import normal_axis
from lazydag.array.random.discrete import integers
from lazydag.array.random.fractions import exponentials, fractions, words
from lazydag.array.random.parameters import as_size, into, known_values
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

if TYPE_CHECKING:
    from lazydag.array.random.generator import Generator


def permutation(self: Generator, x: Any, axis: int = 0) -> Any:
    """Return a copy of `x` in random order along an axis, or a random order of numbers.

    Parameters
    ----------
    x : int or array_like
        How many numbers from 0 on, or what to bring into another order.
    axis : int
        Along which slices change places.

    Notes
    -----
    The order of as many words of 64 bits, so that it needs no value and works in jitted
    functions. Two words of n are equal with a probability of n² / 2**65.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> sorted(np.random.default_rng(1).permutation(5).tolist())
    [0, 1, 2, 3, 4]
    """
    if _is_count(x):
        return _order(self, index(x))
    array = _as_array(x)
    at = normalize_axis_index(axis, array.ndim)
    return _taken(array, _order(self, array.shape[at]), at)


def permuted(
    self: Generator, x: Any, *, axis: int | None = None, out: Any = None
) -> Any:
    """Return a copy of `x` with each row along an axis in an order of its own.

    Parameters
    ----------
    x : array_like
        What to bring into another order.
    axis : int, optional
        Along which; by default all elements change places.
    out : array, optional
        To write into; may be `x` itself.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.arange(6).reshape(2, 3)
    >>> np.random.default_rng(1).permuted(x, axis=1).sum(axis=1)
    Array([ 3, 12])
    """
    array = Array(node_of(x))
    if axis is None:
        flat = array.reshape(-1)
        found = take(flat, _order(self, flat.size), axis=0).reshape(array.shape)
    else:
        at = normal_axis(array.node, axis)
        keys = words(self, array.shape)
        found = take_along_axis(array, argsort(keys, axis=at), axis=at)
    return into(out, found)


def shuffle(self: Generator, x: Any, axis: int = 0) -> None:
    """Bring an array or a list into a random order, in place.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.arange(5)
    >>> np.random.default_rng(1).shuffle(x)
    >>> sorted(x.tolist())
    [0, 1, 2, 3, 4]
    """
    if isinstance(x, Array):
        assign(x, permutation(self, x, axis).node)
    elif isinstance(x, np.ndarray):
        x[...] = np.take(x, np.asarray(_order(self, x.shape[axis])), axis=axis)
    else:
        x[:] = [x[i] for i in _order(self, len(x)).tolist()]


def choice(
    self: Generator,
    a: Any,
    size: Any = None,
    replace: bool = True,
    p: Any = None,
    axis: int = 0,
    shuffle: bool = True,
) -> Any:
    """Draw elements of an array, or numbers below a count.

    Parameters
    ----------
    a : int or array_like
        What to draw from. Strings and objects give NumPy arrays, at once.
    size : int or tuple of int, optional
        How many, in the place of the axis; one without an axis by default.
    replace : bool
        Whether an element can come again.
    p : array_like, optional
        Probability of each.
    axis : int
        The axis to draw along.
    shuffle : bool
        Without meaning: what is drawn without replacement is always in random order.

    Notes
    -----
    With probabilities, and without replacement, those are drawn whose exponential
    numbers divided by the probability are the least.

    References
    ----------
    P. S. Efraimidis, P. G. Spirakis, *Weighted random sampling with a reservoir*,
    Information Processing Letters 97 (2006), 181-185.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.random.default_rng(1).choice([2, 3, 5], size=4, p=[0.0, 1.0, 0.0])
    Array([3, 3, 3, 3])
    """
    del shuffle
    array = None if _is_count(a) else _as_array(a)
    at = 0 if array is None else normalize_axis_index(axis, array.ndim)
    count = index(a) if array is None else array.shape[at]
    shape = as_size(size)
    _check(count, shape, p, is_new=not replace, is_count=array is None)
    if replace:
        found = _again(self, count, shape, p)
    else:
        found = _once(self, count, p)[: int(np.prod(shape))].reshape(shape)
    return found if array is None else _taken(array, found, at)


def _again(rng: Generator, count: int, shape: Any, p: Any) -> Array:
    """Draw positions that may come several times."""
    if p is None:
        return integers(rng, 0, max(count, 1), shape)
    ends = cumulative_sum(Array(node_of(p)).astype(np.float64))
    return searchsorted(ends / ends[-1], fractions(rng, shape), side="right")


def _once(rng: Generator, count: int, p: Any) -> Array:
    """Draw all positions, each once."""
    if p is None:
        return _order(rng, count)
    return argsort(exponentials(rng, (count,)) / Array(node_of(p)).astype(np.float64))


def _order(rng: Generator, count: int) -> Array:
    return argsort(words(rng, (count,)))


def _as_array(value: Any) -> Any:
    """Return a lazy array, or NumPy's of what is no number."""
    if isinstance(value, Array):
        return value
    known = np.asarray(value)
    return Array(node_of(known)) if known.dtype.kind in "biufc" else known


def _taken(array: Any, positions: Array, axis: int) -> Any:
    """Return what is at positions along an axis; at once, if it is no numbers."""
    if isinstance(array, Array):
        return take(array, positions, axis=axis)
    return np.take(array, np.asarray(positions), axis=axis)


def _is_count(value: Any) -> bool:
    return isinstance(value, int | np.integer)


def _check(count: int, shape: Any, p: Any, *, is_new: bool, is_count: bool) -> None:
    """Refuse what cannot be drawn, as NumPy does."""
    wanted, at = int(np.prod(shape)), caller_location()
    if count <= 0 and (wanted or count < 0):
        what = "a must be a positive integer" if is_count else "a cannot be empty"
        raise UsageError(f"{what} unless no samples are taken", at)
    if is_new and wanted > count:
        raise UsageError(
            "Cannot take a larger sample than population when replace is False", at
        )
    known = None if p is None else known_values(p)
    if known is None:
        return
    if known.shape != (count,):
        raise UsageError("a and p must have same size", at)
    if np.isnan(known).any():
        raise UsageError("Probabilities contain NaN", at)
    if (known < 0).any():
        raise UsageError("Probabilities are not non-negative", at)
    if abs(known.sum() - 1.0) > np.sqrt(np.finfo(np.float64).eps):
        raise UsageError("Probabilities do not sum to 1", at)
    if is_new and np.count_nonzero(known) < wanted:
        raise UsageError("Fewer non-zero entries in p than size", at)

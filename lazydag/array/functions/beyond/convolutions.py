"""Sums of products of two rows at all distances: `convolve` and `correlate`."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.assembling import joined
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import common
from lazydag.array.nodes.library import call
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location

#: Up to so many elements of the shorter row, the products are shifted and added.
_MOST_SHIFTED = 32
#: From so many elements of the longer row on, they are.
_FEWEST_SHIFTED = 1024

_MODES = {"v": "valid", "s": "same", "f": "full"}


@stands_for(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Array:
    """Convolution of two rows of numbers.

    Parameters
    ----------
    a, v : array_like
        One axis each.
    mode : {"full", "same", "valid"}
        Whether to return all sums, as many from the middle as the longer row has, or
        those of as many products as the shorter one has.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.convolve([1, 2, 3], [0, 1, 2])
    Array([0, 1, 4, 7, 6])

    Notes
    -----
    A row of many elements and one of few are multiplied element by element of the short
    one, and the products added: that fuses with what they are made of. Others are left
    to NumPy.
    """
    x, y = _rows(a, v)
    if y.size > x.size:
        x, y = y, x
    return _correlated(x, y[::-1], _mode(mode))


@stands_for(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Array:
    """Sums of the products of `a` and the conjugate of `v`, at all distances.

    Parameters
    ----------
    a, v : array_like
        One axis each.
    mode : {"valid", "same", "full"}
        As in `convolve`.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.correlate([1, 2, 3], [0, 1, 2], "full")
    Array([2, 5, 8, 3, 0])
    """
    x, y = _rows(a, v)
    y = y.conj()
    if y.size > x.size:
        return _correlated(y, x, _mode(mode))[::-1]
    return _correlated(x, y, _mode(mode))


def _mode(mode: Any) -> str:
    listed: list[str] = list(_MODES.values())
    if isinstance(mode, str) and mode and mode[0].lower() in _MODES:
        return _MODES[mode[0].lower()]
    if not isinstance(mode, str) and mode in (0, 1, 2):
        return listed[int(mode)]
    raise UsageError(
        f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})",
        caller_location(),
    )


def _rows(a: Any, v: Any) -> tuple[Array, Array]:
    """Return both of one type."""
    rows = [each if each.ndim else each.reshape(1) for each in map(as_array, (a, v))]
    for row, name in zip(rows, "av", strict=True):
        if row.ndim != 1:
            raise UsageError("object too deep for desired array", caller_location())
        if not row.size:
            raise UsageError(f"{name} cannot be empty", caller_location())
    dtype = common(tuple(row.dtype for row in rows))
    at = caller_location()
    x, y = (Array(cast(row.node, dtype, at)) for row in rows)
    return x, y


def _correlated(x: Array, y: Array, mode: str) -> Array:
    """Return the sums of a row and a shorter one."""
    n, m = x.size, y.size
    if m > _MOST_SHIFTED or n < _FEWEST_SHIFTED:
        return _by_numpy(x, y, mode)
    inner = _shifted(x, y)
    left = right = 0
    if mode == "full":
        left = right = m - 1
    elif mode == "same":
        left, right = m // 2, m - 1 - m // 2
    parts = [inner]
    if left:
        parts.insert(0, _by_numpy(x[: m - 1], y, "full")[m - 1 - left : m - 1])
    if right:
        last = _by_numpy(x[n - m + 1 :], y, "full")
        parts.append(last[m - 1 : m - 1 + right])
    return joined([part.node for part in parts], 0)


def _shifted(x: Array, y: Array) -> Array:
    """Return the sums of all products, for each place where the shorter row fits."""
    count = x.size - y.size + 1
    found: Any = x[:count] * y[0]
    for i in range(1, y.size):
        found = found + x[i : i + count] * y[i]
    return Array(found.node)


def _by_numpy(x: Array, y: Array, mode: str) -> Array:
    return Array(call("correlate", x.node, y.node, mode=mode))

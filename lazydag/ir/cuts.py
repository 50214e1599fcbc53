"""Functions of whole arrays of which parts can be computed apart from each other.

Lanes are sorted, added up, searched and transformed one by one, and matrices of a stack
factorised, so that threads can share them. The parts have the same bits as the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from lazydag.ir.statistics import running_into, sort_into
from lazydag.ir.types import ArrayType

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Types: TypeAlias = Sequence[ArrayType]

# An axis that is cut has so many elements, if there is one: the first such, so that
# parts lie in one piece.
_MANY = 64


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a function can be cut.

    Parameters
    ----------
    result : int
        The axis of the result.
    operands : tuple of int or None
        The axis of each operand that goes with it; None for one that is needed whole.
    """

    result: int
    operands: tuple[int | None, ...]


def _longest(type_: ArrayType, axes: Sequence[int]) -> int | None:
    """Return which of these axes to cut: the first long one."""
    long = [i for i in axes if type_.sizes[i] >= _MANY]
    return long[0] if long else max(axes, key=lambda i: type_.sizes[i], default=None)


def _beside(types: Types, axis: int, **_options: Any) -> Cut | None:
    """Cut another axis than that of the lanes."""
    first = types[0]
    at = _longest(first, [i for i in range(first.ndim) if i != axis])
    if at is None or any(each.sizes[at] != first.sizes[at] for each in types):
        return None
    return Cut(at, (at,) * len(types))


def _dropped(types: Types, axis: int) -> Cut | None:
    """Cut another axis than that of the lanes, which the result has not."""
    cut = _beside(types, axis)
    return cut and Cut(cut.result - (cut.result > axis), cut.operands)


def _stacked(types: Types, **_options: Any) -> Cut | None:
    """Cut a stack of matrices."""
    first = types[0]
    at = _longest(first, range(first.ndim - 2))
    if at is None or any(each.sizes[:-2] != first.sizes[:-2] for each in types):
        return None
    return Cut(at, (at,) * len(types))


def _each(number: int) -> Callable[..., Cut | None]:
    """Cut the operand whose elements are looked up one by one."""

    def rule(types: Types, **_options: Any) -> Cut | None:
        at = _longest(types[number], range(types[number].ndim))
        if at is None:
            return None
        return Cut(at, tuple(at if i == number else None for i in range(len(types))))

    return rule


#: Where functions can be cut, by name: ``rule(types, **options)``.
CUTS: dict[str, Callable[..., Cut | None]] = {
    **dict.fromkeys(("sort", "argsort", "partition", "argpartition"), _beside),
    **dict.fromkeys(("cumsum", "cumprod", "ranked", "ranked_at"), _beside),
    **dict.fromkeys(("nanargmin", "nanargmax"), _dropped),
    "searchsorted": _each(1),
    **dict.fromkeys(("digitize", "interp"), _each(0)),
    **dict.fromkeys(("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"), _beside),
    **dict.fromkeys(("cholesky", "det", "inv", "pinv", "solve"), _stacked),
    **dict.fromkeys(("eigvals", "eigvalsh", "svdvals"), _stacked),
}


def _partition(out: NDArray, x: NDArray, kth: tuple[int, ...], axis: int) -> None:
    np.copyto(out, x)
    out.partition(kth, axis=axis)


#: Functions that NumPy computes where the result is wanted: ``call(out, *operands)``.
INTO: dict[str, Callable[..., None]] = {
    "sort": sort_into,
    "partition": _partition,
    "cumsum": partial(running_into, np.add),
    "cumprod": partial(running_into, np.multiply),
}

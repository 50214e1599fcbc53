"""LU factors and triangular systems: SciPy's calls, and their types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import MissingLibraryError, ShapeError
from lazydag.ir.types import DTYPES, ArrayType

NDArray: TypeAlias = "np.ndarray[Any, Any]"
Types: TypeAlias = Sequence[ArrayType]
Results: TypeAlias = tuple[ArrayType, ...]

_PIVOT = DTYPES["i32"]


def lu_factor(a: NDArray) -> tuple[NDArray, NDArray]:
    """Return LU factors in one matrix, and the rows that rows were exchanged with."""
    *stack, m, n = a.shape
    lu, pivots = np.empty_like(a, order="C"), np.empty((*stack, min(m, n)), np.int32)
    getrf = _routine("getrf", a.dtype)
    for at in np.ndindex(*stack):
        if a[at].size:
            lu[at], pivots[at], _ = getrf(a[at])
    return lu, pivots


def lu_types(types: Types) -> Results:
    """Return the types of `lu_factor`."""
    (a,) = types
    return a, ArrayType((*a.sizes[:-2], min(a.sizes[-2:])), _PIVOT)


def solve_triangular(
    a: NDArray, b: NDArray, lower: bool, trans: bool, unit: bool
) -> NDArray:
    """Return solutions of triangular systems."""
    if b.ndim == 1:
        return solve_triangular(a, b[:, None], lower, trans, unit)[..., 0]
    stack = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (np.broadcast_to(each, (*stack, *each.shape[-2:])) for each in (a, b))
    x = np.empty(b.shape, b.dtype)
    options = {"lower": lower, "trans": trans, "unit_diagonal": unit}
    solve = partial(_linalg().solve_triangular, **options, check_finite=False)
    for at in np.ndindex(*stack):
        x[at] = solve(a[at], b[at])
    return x


def permutation(pivots: NDArray, rows: int, inverse: bool) -> NDArray:
    """Return the order in which exchanges leave so many rows, or the inverse of it."""
    found = np.broadcast_to(np.arange(rows), (*pivots.shape[:-1], rows)).copy()
    for at in np.ndindex(*pivots.shape[:-1]):
        order = found[at].tolist()
        for i, other in enumerate(pivots[at].tolist()):
            order[i], order[other] = order[other], order[i]
        found[at] = np.argsort(order) if inverse else order
    return found


def permuted(types: Types, rows: int, inverse: bool) -> Results:
    """Return the type of `permutation`."""
    del inverse
    (pivots,) = types
    if not pivots.ndim or pivots.sizes[-1] > rows:
        raise ShapeError(f"{pivots} cannot be exchanges of {rows} rows")
    return (ArrayType((*pivots.sizes[:-1], rows), DTYPES["i64"]),)


def _linalg() -> Any:
    try:
        return import_module("scipy.linalg")
    except ImportError as error:
        raise MissingLibraryError(
            f"LU factors and triangular systems need SciPy: {error}",
            remedy="Install it: pip install 'lazydag[linalg]'.",
        ) from error


def _routine(name: str, dtype: Any) -> Callable[..., Any]:
    (found,) = _linalg().get_lapack_funcs((name,), dtype=dtype)
    routine: Callable[..., Any] = found
    return routine

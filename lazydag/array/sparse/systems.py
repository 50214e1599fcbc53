"""What the iterative solvers have in common: operators, dot products, the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np

from lazydag.array.array import Array
from lazydag.array.control import while_loop
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.creation import zeros
from lazydag.array.functions.elementwise import maximum, sqrt, where
from lazydag.array.functions.reductions import sum as summed
from lazydag.array.nodes.dtypes import inexact, result_type
from lazydag.array.sparse.compressed import csc_array, csr_array
from lazydag.errors import ShapeError
from lazydag.ir.source import caller_location

Operator: TypeAlias = Callable[[Array], Array]
State = TypeVar("State", bound=tuple[Any, ...])


@dataclass(frozen=True, slots=True)
class System:
    """A system of linear equations.

    Parameters
    ----------
    apply, precondition : callable
        Products with the matrix, and with its approximate inverse.
    b, x : Array, shape (n,)
        The right side, and where to begin.
    tolerance : Array
        Of the norm of the residual.
    """

    apply: Operator
    precondition: Operator
    b: Array
    x: Array
    tolerance: Array

    @classmethod
    def of(
        cls,
        A: Any,
        b: Any,
        x0: Any,
        rtol: float,
        atol: float,
        M: Any,
    ) -> System:
        """Return the system of a solver's arguments."""
        right = as_array(b)
        n = right.size
        if right.shape not in ((n,), (n, 1)):
            what = f"a right side of shape {list(right.shape)}"
            raise ShapeError(what, caller_location(), "Give a vector.")
        right = right.reshape(n)
        start = zeros(n, dtype=right.dtype) if x0 is None else as_array(x0).reshape(n)
        types = [each.dtype for each in (A, M) if hasattr(each, "dtype")]
        dtype = inexact(result_type(right.dtype, start.dtype, *types))
        right, start = right.astype(dtype), start.astype(dtype)
        size = norm(right)
        # nothing is as good a solution as 0 of a right side of zeros
        start = where(size == 0, 0, start).astype(dtype)
        tolerance = maximum(size * rtol, atol).astype(size.dtype)
        return cls(_operator(A, n), _operator(M, n), right, start, tolerance)

    def residual(self, x: Array) -> Array:
        """Return ``b - A x``."""
        found: Array = self.b - self.apply(x)
        return found


def _operator(value: Any, n: int) -> Operator:
    """Return what multiplies vectors by a matrix; None stands for the identity."""
    if value is None:
        return lambda x: x
    matrix = value
    if hasattr(matrix, "tocsr") and not isinstance(matrix, csc_array):
        matrix = csr_array(matrix)
    if not isinstance(matrix, csr_array | csc_array):
        if callable(matrix):
            return lambda x: as_array(matrix(x)).reshape(n)
        matrix = as_array(matrix)
    if matrix.shape != (n, n):
        raise ShapeError(
            f"a matrix {list(matrix.shape)} for a right side of {n} elements",
            caller_location(),
            f"Give a square one of {n} rows, or a function of a vector.",
        )
    return lambda x: matrix @ x


def dot(x: Array, y: Array) -> Array:
    """Return the product of two vectors, the first conjugate."""
    return summed((x.conj() if x.dtype.kind == "c" else x) * y)


def norm(x: Array) -> Array:
    """Return the length of a vector."""
    return sqrt(summed(x.real**2 + x.imag**2 if x.dtype.kind == "c" else x * x))


def iterated(
    goes_on: Callable[[State], Any],
    step: Callable[[State], State],
    state: State,
    callback: Callable[[State], object] | None,
) -> State:
    """Return the state after the last step; with a callback, each is computed."""
    if callback is None:
        found: State = while_loop(goes_on, step, state)
        return found
    while bool(goes_on(state)):
        state = step(state)
        callback(state)
    return state


def verdict(residual: Array, tolerance: Array, failed: Any) -> Array:
    """Return 0 if the residual is small, else what failed."""
    return where(residual <= tolerance, 0, failed).astype(np.int64)

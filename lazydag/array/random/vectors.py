"""Normal vectors."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.elementwise import sqrt
from lazydag.array.nodes.library import call, calls
from lazydag.array.random.fractions import normals
from lazydag.array.random.parameters import as_size, known_values
from lazydag.errors import ShapeError, UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import F64

if TYPE_CHECKING:
    from lazydag.array.random.generator import Generator

_METHODS = ("svd", "eigh", "cholesky")


def multivariate_normal(
    self: Generator,
    mean: Any,
    cov: Any,
    size: Any = None,
    check_valid: str = "warn",
    tol: float = 1e-8,
    *,
    method: str = "svd",
) -> Array:
    """Draw normal vectors of a mean and a covariance.

    Parameters
    ----------
    mean : array_like
        One axis, of n elements.
    cov : array_like
        Symmetric, n by n, without negative eigenvalues.
    size : int or tuple of int, optional
        How many vectors.
    check_valid : {"warn", "raise", "ignore"}
        What to do about another `cov`, if its values are known.
    tol : float
        How near to `cov` what is made of its factors has to be.
    method : {"svd", "eigh", "cholesky"}
        How the factors are found.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.random.default_rng(1).multivariate_normal([0, 9], np.eye(2), size=100)
    >>> x.shape
    (100, 2)
    """
    centre, spread = (Array(node_of(v)).astype(F64) for v in (mean, cov))
    _check_shapes(centre.shape, spread.shape)
    if method not in _METHODS:
        raise UsageError(f"method must be one of {set(_METHODS)}", caller_location())
    if check_valid not in ("warn", "raise", "ignore"):
        raise UsageError(
            "check_valid must equal 'warn', 'raise', or 'ignore'", caller_location()
        )
    if check_valid != "ignore":
        _check_covariance(known_values(cov), tol, is_error=check_valid == "raise")
    numbers = normals(self, (*as_size(size), centre.shape[0]))
    found: Array = centre + numbers @ _factor(spread, method).T
    return found


def _factor(spread: Array, method: str) -> Array:
    """Return a matrix whose product with its transpose is `spread`."""
    node = spread.node
    if method == "cholesky":
        return Array(call("cholesky", node, upper=False))
    if method == "eigh":
        values, vectors = map(Array, calls("eigh", 2, node))
    else:
        vectors, values, _ = map(Array, calls("svd", 3, node, full=True))
    found: Array = vectors * sqrt(values)
    return found


def _check_shapes(mean: Any, cov: Any) -> None:
    at = caller_location()
    if len(mean) != 1:
        raise ShapeError("mean must be 1 dimensional", at)
    if len(cov) != 2 or cov[0] != cov[1]:
        raise ShapeError("cov must be 2 dimensional and square", at)
    if mean[0] != cov[0]:
        raise ShapeError("mean and cov must have same length", at)


def _check_covariance(cov: Any, tol: float, *, is_error: bool) -> None:
    """Warn of a matrix that is not symmetric, or not positive, or refuse it."""
    if cov is None:
        return
    cov = np.asarray(cov, np.float64)
    _, values, vectors = np.linalg.svd(cov)
    if np.allclose((vectors.T * values) @ vectors, cov, rtol=tol, atol=tol):
        return
    what, at = "covariance is not symmetric positive-semidefinite.", caller_location()
    if is_error:
        raise UsageError(what, at)
    if at is not None:
        warnings.warn_explicit(what, RuntimeWarning, at.file, at.line)

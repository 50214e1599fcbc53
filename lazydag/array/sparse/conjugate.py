"""Conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lazydag.array.array import Array
from lazydag.array.functions.elementwise import maximum
from lazydag.array.sparse.systems import System, dot, iterated, norm, verdict


def cg(  # noqa: PLR0913 -- SciPy's arguments
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    rtol: float = 1e-5,
    atol: float = 0.0,
    maxiter: int | None = None,
    M: Any = None,
    callback: Callable[[Array], object] | None = None,
) -> tuple[Array, Array]:
    """Solve ``A x = b`` by conjugate gradients, for a hermitian positive definite `A`.

    Parameters
    ----------
    A : sparse matrix, array_like of shape (n, n), or callable
        The matrix, or a function that returns its product with a vector.
    b : array_like, shape (n,) or (n, 1)
        The right side.
    x0 : array_like, shape (n,), optional
        Where to begin; zeros by default.
    rtol, atol : float
        The end: ``norm(b - A x) <= max(rtol * norm(b), atol)``.
    maxiter : int, optional
        Steps at most; ``10 n`` by default.
    M : like `A`, optional
        Preconditioner: an approximation of the inverse, hermitian positive definite.
    callback : callable, optional
        Called with `x` after each step, which is then computed by itself.

    Returns
    -------
    x : Array, shape (n,)
        The solution.
    info : Array of int
        0 if it is one, else the number of steps.

    Raises
    ------
    ShapeError
        If `A`, `b` and the others do not go together.

    See Also
    --------
    bicgstab, gmres

    Notes
    -----
    One loop of the graph, whose steps are planned once: nothing is computed before a
    result is needed. A step takes a product with `A`, one with `M`, and goes through
    five vectors. The arguments are those of `scipy.sparse.linalg.cg`.

    References
    ----------
    M. R. Hestenes and E. Stiefel, *Methods of conjugate gradients for solving linear
    systems*, Journal of Research of the National Bureau of Standards 49 (1952),
    409-436.

    Examples
    --------
    >>> import lazydag as ld
    >>> A = ld.sparse.csr_array(([4.0, 1.0, 1.0, 3.0], [0, 1, 0, 1], [0, 2, 4]))
    >>> x, info = ld.sparse.cg(A, [1.0, 2.0], rtol=1e-10)
    >>> x.round(6), int(info)
    (Array([0.090909, 0.636364]), 0)
    """
    system = System.of(A, b, x0, rtol, atol, M)
    most = 10 * system.b.size if maxiter is None else maxiter

    def goes_on(state: Any) -> Any:
        k, _, r, _, _ = state
        return (norm(r) > system.tolerance) & (k < most)

    def step(state: Any) -> Any:
        k, x, r, p, rho = state
        q = system.apply(p)
        alpha = rho / dot(p, q)
        x, r = x + alpha * p, r - alpha * q
        z = system.precondition(r)
        following = dot(r, z)
        return k + 1, x, r, z + following / rho * p, following

    r = system.residual(system.x)
    z = system.precondition(r)
    tell = None if callback is None else lambda state: callback(state[1])
    state = iterated(goes_on, step, (0, system.x, r, z, dot(r, z)), tell)
    k, x, r, *_ = state
    return x, verdict(norm(r), system.tolerance, maximum(k, 1))

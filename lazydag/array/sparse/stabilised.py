"""The stabilised method of biconjugate gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.creation import ones, zeros_like
from lazydag.array.functions.elementwise import maximum, where
from lazydag.array.sparse.systems import System, dot, iterated, norm, verdict

_NO_RHO, _NO_OMEGA = -10, -11


class _State(NamedTuple):
    """What goes from step to step: SciPy's names."""

    k: Any
    x: Array
    r: Array
    p: Array
    v: Array
    rho: Array
    alpha: Array
    omega: Array
    failed: Any


def bicgstab(  # noqa: PLR0913 -- SciPy's arguments
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
    """Solve ``A x = b`` by stabilised biconjugate gradients, for any square `A`.

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
        Preconditioner: an approximation of the inverse.
    callback : callable, optional
        Called with `x` after each step, which is then computed by itself.

    Returns
    -------
    x : Array, shape (n,)
        The solution.
    info : Array of int
        0 if it is one; the number of steps if these were too few; -10 or -11 if the
        method broke down, as with SciPy.

    Raises
    ------
    ShapeError
        If `A`, `b` and the others do not go together.

    See Also
    --------
    cg, gmres

    Notes
    -----
    One loop of the graph, as with `cg`. A step takes two products with `A` and two with
    `M`. The arguments are those of `scipy.sparse.linalg.bicgstab`.

    References
    ----------
    H. A. van der Vorst, *Bi-CGSTAB: a fast and smoothly converging variant of Bi-CG for
    the solution of nonsymmetric linear systems*, SIAM Journal on Scientific and
    Statistical Computing 13 (1992), 631-644.

    Examples
    --------
    >>> import lazydag as ld
    >>> A = ld.sparse.csr_array(([4.0, 1.0, 3.0], [0, 1, 1], [0, 2, 3]))
    >>> x, info = ld.sparse.bicgstab(A, [6.0, 6.0], rtol=1e-10)
    >>> x.round(6), int(info)
    (Array([1., 2.]), 0)
    """
    system = System.of(A, b, x0, rtol, atol, M)
    most = 10 * system.b.size if maxiter is None else maxiter

    def goes_on(state: _State) -> Any:
        large = norm(state.r) > system.tolerance
        return large & (state.k < most) & (state.failed == 0)

    r = system.residual(system.x)
    one, none = ones((), dtype=r.dtype), zeros_like(r)
    start = _State(0, system.x, r, none, none, one, one, one, 0)
    tell = None if callback is None else lambda state: callback(state.x)
    state = iterated(goes_on, _step(system, r), start, tell)
    failed = where(state.failed == 0, maximum(state.k, 1), state.failed)
    return state.x, verdict(norm(state.r), system.tolerance, failed)


def _step(system: System, shadow: Array) -> Callable[[_State], _State]:
    """Return a step, for the residual of the adjoint system."""
    least = float(np.finfo(shadow.dtype).eps) ** 2

    def step(state: _State) -> _State:
        k, x, r, p, v, rho, alpha, omega, _ = state
        following = dot(shadow, r)
        p = r + following / rho * (alpha / omega) * (p - omega * v)
        direction = system.precondition(p)
        v = system.apply(direction)
        shadowed = dot(shadow, v)
        no_omega = (abs(omega) < least) | (shadowed == 0)
        failed = where(abs(following) < least, _NO_RHO, where(no_omega, _NO_OMEGA, 0))
        alpha = following / shadowed
        s = r - alpha * v
        correction = system.precondition(s)
        t = system.apply(correction)
        omega = where(norm(s) <= system.tolerance, 0, dot(t, s) / dot(t, t))
        found = x + alpha * direction + omega * correction
        broken = failed != 0
        x, r = where(broken, x, found), where(broken, r, s - omega * t)
        return _State(k + 1, x, r, p, v, following, alpha, omega, failed)

    return step

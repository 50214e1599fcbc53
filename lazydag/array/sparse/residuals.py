"""The method of generalised minimal residuals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lazydag.array.array import Array
from lazydag.array.control import while_loop
from lazydag.array.functions.creation import arange, zeros
from lazydag.array.functions.elementwise import where
from lazydag.array.nodes.library import call
from lazydag.array.sparse.systems import System, iterated, norm, verdict

RESTART = 20


class _Basis(NamedTuple):
    """An orthogonal basis that grows.

    Parameters
    ----------
    j : int
        Vectors beside the first.
    V : Array, shape (restart + 1, n)
        The vectors; those that are not there yet are zero.
    H : Array, shape (restart, restart + 1)
        Row `j` has the product of the matrix and vector `j`, in terms of all.
    u : Array, shape (restart + 1,)
        Orthogonal to the rows of H, with 1 at first: the residual of the best
        combination is as long as the first one, over the length of `u`.
    """

    j: Any
    V: Array
    H: Array
    u: Array


def gmres(  # noqa: PLR0913 -- SciPy's arguments
    A: Any,
    b: Any,
    x0: Any = None,
    *,
    rtol: float = 1e-5,
    atol: float = 0.0,
    restart: int | None = None,
    maxiter: int | None = None,
    M: Any = None,
    callback: Callable[[Array], object] | None = None,
) -> tuple[Array, Array]:
    """Solve ``A x = b`` by minimal residuals over Krylov spaces, for any square `A`.

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
    restart : int, optional
        Vectors of a cycle; 20 by default.
    maxiter : int, optional
        Cycles at most; ``10 n`` by default.
    M : like `A`, optional
        Preconditioner: an approximation of the inverse.
    callback : callable, optional
        Called with `x` after each cycle, which is then computed by itself.

    Returns
    -------
    x : Array, shape (n,)
        The solution.
    info : Array of int
        0 if it is one, else the number of cycles.

    Raises
    ------
    ShapeError
        If `A`, `b` and the others do not go together.

    See Also
    --------
    cg, bicgstab

    Notes
    -----
    A loop in a loop of the graph. A cycle takes ``4 restart² n`` additions and
    products beside those with `A` and `M`, and memory for `restart` vectors; it ends
    early where the residual, as the recurrence has it, is small. The basis is made
    orthogonal by two classical Gram-Schmidt steps, which are as accurate as
    reflections [2]_. The arguments are those of `scipy.sparse.linalg.gmres`, with the
    callback of its ``callback_type="x"``.

    References
    ----------
    .. [1] Y. Saad and M. H. Schultz, *GMRES: a generalized minimal residual algorithm
       for solving nonsymmetric linear systems*, SIAM Journal on Scientific and
       Statistical Computing 7 (1986), 856-869.
    .. [2] L. Giraud, J. Langou and M. Rozložník, *The loss of orthogonality in the
       Gram-Schmidt orthogonalization process*, Computers & Mathematics with
       Applications 50 (2005), 1069-1075.

    Examples
    --------
    >>> import lazydag as ld
    >>> A = ld.sparse.csr_array(([4.0, 1.0, 3.0], [0, 1, 1], [0, 2, 3]))
    >>> x, info = ld.sparse.gmres(A, [6.0, 6.0], rtol=1e-10)
    >>> x.round(6), int(info)
    (Array([1., 2.]), 0)
    """
    system = System.of(A, b, x0, rtol, atol, M)
    n = system.b.size
    most = 10 * n if maxiter is None else maxiter
    length = min(RESTART if restart is None else restart, n)

    def goes_on(state: Any) -> Any:
        k, _, r = state
        return (norm(r) > system.tolerance) & (k < most)

    def step(state: Any) -> Any:
        k, x, r = state
        x = x + _correction(system, r, length)
        return k + 1, x, system.residual(x)

    tell = None if callback is None else lambda state: callback(state[1])
    start = (0, system.x, system.residual(system.x))
    k, x, r = iterated(goes_on, step, start, tell)
    return x, verdict(norm(r), system.tolerance, where(k == 0, 1, k))


def _correction(system: System, r: Array, length: int) -> Array:
    """Return what makes the residual least, within the Krylov space of a length."""
    z = system.precondition(r)
    size = norm(z)
    # the residual that is asked for, as the preconditioner sees it
    least = system.tolerance / norm(r)
    V = zeros((length + 1, z.size), dtype=z.dtype)
    V[0] = z / size
    H = zeros((length, length + 1), dtype=z.dtype)
    u = (arange(length + 1) == 0).astype(z.dtype)

    def goes_on(basis: _Basis) -> Any:
        return (basis.j < length) & (norm(basis.u) * least < 1)

    grown = while_loop(goes_on, _grower(system), _Basis(0, V, H, u))
    right = ((arange(length + 1) == 0) * size).astype(z.dtype)
    y = call("least_squares", grown.H.T.node, right.reshape(-1, 1).node)
    found: Array = Array(y).reshape(-1) @ grown.V[:-1]
    return found


def _grower(system: System) -> Callable[[_Basis], _Basis]:
    """Return what adds a vector to a basis."""

    def grow(basis: _Basis) -> _Basis:
        j, V, H, u = basis
        w = system.precondition(system.apply(V[j]))
        before = norm(w)
        first = V.conj() @ w
        w = w - first @ V
        second = V.conj() @ w
        w = w - second @ V
        after = norm(w)
        # nothing is left: the solution lies in the space that is there
        is_left = after > float(np.finfo(V.dtype).eps) * before
        after = where(is_left, after, 0)
        is_next = arange(len(u)) == j + 1
        h = first + second + where(is_next, after, 0)
        V[j + 1] = where(is_left, w / after, 0)
        H[j] = h
        return _Basis(j + 1, V, H, where(is_next, -(u @ h.conj()) / after, u))

    return grow

"""QR factors, and least squares by orthogonal transformations."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple, TypeAlias, overload

from lazydag.array.array import Array
from lazydag.array.functions import linear
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.solving import least_squares
from lazydag.array.functions.linear import QRResult
from lazydag.array.functions.made import refused
from lazydag.array.linalg.overwriting import over
from lazydag.errors import MatrixError
from lazydag.ir.source import caller_location

Mode: TypeAlias = Literal["reduced", "complete", "economic", "full"]

#: What the names that NumPy and SciPy have for modes are to the primitive.
_MODES: Final = {
    "reduced": "reduced",
    "economic": "reduced",
    "r": "reduced",
    "complete": "complete",
    "full": "complete",
}


class LstsqResult(NamedTuple):
    """What `lstsq` returns."""

    x: Array
    residuals: Array
    rank: Array
    s: Array


@overload
def qr(x: Any, /, *, mode: Literal["r"], overwrite_a: bool = False) -> Array: ...


@overload
def qr(x: Any, /, *, mode: Mode = "reduced", overwrite_a: bool = False) -> QRResult: ...


def qr(
    x: Any, /, *, mode: str = "reduced", overwrite_a: bool = False
) -> QRResult | Array:
    """Factorise matrices into an orthogonal and an upper triangular one.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Any matrices.
    mode : {"reduced", "complete", "r"}
        Whether the orthogonal one has ``min(m, n)`` or `m` columns; "r" returns the
        triangular one of the reduced factors alone. SciPy's names "economic" and "full"
        are the same as "reduced" and "complete".
    overwrite_a : bool
        Change `x` into Q, or with "r" into R, if that has its shape, and return it.

    Returns
    -------
    Q : Array, shape (..., m, k)
        Its columns are orthonormal.
    R : Array, shape (..., k, n)
        Zeros below the diagonal, on which there are numbers of either sign.

    Notes
    -----
    Householder's reflectors. A large matrix is factorised tile by tile, panels of
    columns by strips of rows that a tree joins [1]_: ``2 m n² - 2/3 n³`` operations for
    m >= n, and as many for Q, which is only computed if it is used.

    References
    ----------
    .. [1] J. Demmel, L. Grigori, M. Hoemmen, J. Langou, "Communication-optimal parallel
       and sequential QR and LU factorizations", SIAM Journal on Scientific Computing 34
       (2012), A206-A239.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.qr([[3.0, 5.0], [4.0, 10.0]], mode="r")
    Array([[ -5., -11.],
           [  0.,   2.]])
    """
    if mode not in _MODES:
        known = ", ".join(map(repr, _MODES))
        raise refused(f"mode={mode!r}", f"It is one of {known}.")
    q, r = linear.qr(x, mode=_MODES[mode])
    if mode == "r":
        return over(x, r, asked=overwrite_a)
    return QRResult(over(x, q, r, asked=overwrite_a), r)


def lstsq(a: Any, b: Any, rcond: float | None = None) -> LstsqResult:
    """Find x such that the sum of squares of ``b - a @ x`` is least.

    Parameters
    ----------
    a : array_like, shape (m, n)
        A row for each equation.
    b : array_like, shape (m,) or (m, k)
        Right-hand sides in columns.
    rcond : float, optional
        Singular values below this part of the greatest count as zero; by default the
        longer side times the precision of the dtype.

    Returns
    -------
    x : Array, shape (n,) or (n, k)
        Of all that are best, that with the least norm.
    residuals : Array, shape (1,) or (k,)
        The sums of squares; NaN if the rank is less than `n`, or m is not more than
        `n`, where `numpy.linalg.lstsq` returns none.
    rank : Array, shape ()
        The rank of `a`.
    s : Array, shape (min(m, n),)
        The singular values of `a`, from the greatest.

    Raises
    ------
    MatrixError
        If the shapes do not fit.
    LinAlgError
        When it is computed: if the singular values do not converge, as with NaN.

    Notes
    -----
    With many more equations than unknowns, these are made as many by QR factors, tile
    by tile, in ``2 m n (n + 2 k)`` operations; LAPACK's gelsd solves what remains, and
    all of the others.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.lstsq([[1.0], [1.0]], [1.0, 3.0]).x.round(12)
    Array([2.])
    """
    matrix, sides = as_array(a), as_array(b)
    columns = sides.reshape(-1, 1) if sides.ndim == 1 else sides
    if matrix.ndim != 2 or columns.ndim != 2:
        raise MatrixError(
            f"least squares of {matrix.node.type} and {sides.node.type}",
            caller_location(),
            "Give a matrix, and a vector or a matrix of right-hand sides.",
        )
    x, *others = least_squares(matrix, columns, rcond)
    return LstsqResult(x[:, 0] if sides.ndim == 1 else x, *others)

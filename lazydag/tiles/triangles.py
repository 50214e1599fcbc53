"""Factors and triangles: potrf, trsm, trtri, lauum and what makes trsm fail."""

from __future__ import annotations

from lazydag.backends.cpu.blas import Arguments
from lazydag.runtime.mode import Mode
from lazydag.tiles.flags import diag_of, uplo_of
from lazydag.tiles.layouts import Tile
from lazydag.tiles.operands import Operands, Side
from lazydag.tiles.operation import tile_operation
from lazydag.tiles.products import triangular
from lazydag.tiles.rows import DIAGONAL, Row, triangle


@tile_operation
def potrf(a: Tile, *, lower: bool = True) -> Row:
    """Factorise a symmetric positive definite matrix: ``a = l @ l.T``.

    Parameters
    ----------
    a
        Array (n, n), of which one triangle is read, and overwritten by the factor.
    lower
        Which one. The upper triangle is overwritten by ``l.T``.

    Raises
    ------
    LinAlgError
        If the matrix is not positive definite.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import potrf
    >>> a = np.array([[4.0, 7.0], [2.0, 5.0]])
    >>> potrf(a)
    >>> a
    array([[2., 7.],
           [1., 2.]])
    """
    return _in_place("potrf", a, lower=lower)


@tile_operation
def lauum(a: Tile, *, lower: bool = True) -> Row:
    """Multiply a triangle with its transpose, in place.

    Parameters
    ----------
    a
        Array (n, n), of which one triangle is changed: the lower, l, becomes that of
        ``l.T @ l``; the upper, u, that of ``u @ u.T``.
    lower
        Which one.
    """
    return _in_place("lauum", a, lower=lower)


def _in_place(name: str, a: Tile, *, lower: bool) -> Row:
    ops = Operands(name, a=a)
    n = ops.sizes(a="nn")["n"]
    A = ops.matrix("a")
    arguments: Arguments = {
        "uplo": uplo_of(lower ^ A.is_rows),
        "n": n,
        "a": 0,
        "lda": A.ld,
    }
    accesses = {"a": (Mode.INOUT, triangle(lower=lower))}
    return Row(name, ops, arguments, accesses, n**3 / 3)


@tile_operation
def trtri(a: Tile, *, lower: bool = True, unit: bool = False) -> Row:
    """Invert a triangular matrix, in place.

    Parameters
    ----------
    a
        Array (n, n), of which one triangle is overwritten by its inverse.
    lower
        Which one.
    unit
        Take the diagonal as ones; it is not accessed.

    Raises
    ------
    LinAlgError
        If the matrix is singular.
    """
    ops = Operands("trtri", a=a)
    n = ops.sizes(a="nn")["n"]
    A = ops.matrix("a")
    arguments: Arguments = {
        "uplo": uplo_of(lower ^ A.is_rows),
        "diag": diag_of(unit),
        "n": n,
        "a": 0,
        "lda": A.ld,
    }
    accesses = {"a": (Mode.INOUT, triangle(lower=lower, unit=unit))}
    return Row("trtri", ops, arguments, accesses, n**3 / 3)


@tile_operation
def trsm(
    a: Tile,
    b: Tile,
    *,
    side: Side = "L",
    lower: bool = True,
    trans: bool = False,
    unit: bool = False,
    alpha: float = 1.0,
) -> Row:
    """Solve with a triangular matrix: ``op(a) @ x = alpha * b``, x in the place of b.

    Parameters
    ----------
    a
        Array (k, k), of which one triangle is read; k is m or n by `side`.
    b
        Array (m, n), overwritten by the solution.
    side
        ``"R"`` solves ``x @ op(a) = alpha * b``.
    lower
        Which triangle of `a` is read.
    trans
        ``op(a)`` is ``a.T``.
    unit
        Take the diagonal of `a` as ones; it is not read.

    Notes
    -----
    A zero on the diagonal gives infinities or NaN, no error.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import trsm
    >>> a, b = np.array([[2.0, 9.0], [1.0, 4.0]]), np.array([[2.0], [9.0]])
    >>> trsm(a, b)
    >>> b
    array([[1.],
           [2.]])
    """
    return triangular("trsm", a, b, (side, lower, trans, unit), alpha)


@tile_operation
def check_diagonal(a: Tile) -> Row:
    """Fail where trsm would divide by zero.

    Parameters
    ----------
    a
        Array (n, n), of which the diagonal is read.

    Raises
    ------
    LinAlgError
        If there is a zero.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import check_diagonal
    >>> check_diagonal(np.eye(3))
    """
    ops = Operands("check_diagonal", a=a)
    n = ops.sizes(a="nn")["n"]
    arguments: Arguments = {"n": n, "a": 0, "lda": ops.matrix("a").ld}
    return Row("zerodiag", ops, arguments, {"a": (Mode.IN, DIAGONAL)}, 0.0)

"""Linear algebra: factorisations and what follows from them, for stacks of matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

from lazydag.array.array import Array, node_of
from lazydag.array.functions.made import refused
from lazydag.array.linalg.overwriting import over
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import common, inexact
from lazydag.array.nodes.library import call, calls
from lazydag.errors import MatrixError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location


class EigResult(NamedTuple):
    """What `eig` returns."""

    eigenvalues: Array
    eigenvectors: Array


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Array
    eigenvectors: Array


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Array
    R: Array


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Array
    logabsdet: Array


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Array
    S: Array
    Vh: Array


def cholesky(x: Any, /, *, upper: bool = False, overwrite_a: bool = False) -> Array:
    """Triangular factor of symmetric positive definite matrices.

    Parameters
    ----------
    x : array_like, shape (..., n, n)
        Only one triangle is read.
    upper : bool
        Return the upper one, whose conjugate transpose is the left factor.
    overwrite_a : bool
        Change `x` into the factor, and return it.

    Raises
    ------
    LinAlgError
        When it is computed: if a matrix is not positive definite; it says which leading
        minor of a large one.

    Notes
    -----
    ``n³ / 6`` additions and products. Large matrices are factorised tile by tile, and
    what uses a tile of the factor does not wait for the others.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    Array([[2., 0.],
           [1., 2.]])
    """
    factor = Array(call("cholesky", matrices(x, square=True), upper=bool(upper)))
    return over(x, factor, asked=overwrite_a)


def det(x: Any, /) -> Array:
    """Determinants of square matrices.

    Examples
    --------
    >>> import lazydag as ld
    >>> print(round(float(ld.linalg.det([[1.0, 2.0], [3.0, 4.0]])), 12))
    -2.0
    """
    return Array(call("det", matrices(x, square=True)))


def slogdet(x: Any, /) -> SlogdetResult:
    """Sign and logarithm of the absolute value of determinants.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.slogdet([[0.0, 1.0], [1.0, 0.0]]).sign
    Array(-1.)
    """
    return SlogdetResult(*_all("slogdet", 2, matrices(x, square=True)))


def inv(x: Any, /, *, overwrite_a: bool = False) -> Array:
    """Inverse matrices.

    Parameters
    ----------
    x : array_like, shape (..., n, n)
        Square matrices.
    overwrite_a : bool
        Change `x` into the inverse, and return it.

    Raises
    ------
    LinAlgError
        When it is computed: if a matrix is singular.

    Notes
    -----
    ``n³`` additions and products, by LU factors with partial pivoting. `solve` takes
    less time and is more accurate than a product with the inverse.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.inv([[2.0, 0.0], [0.0, 4.0]])
    Array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    return over(x, Array(call("inv", matrices(x, square=True))), asked=overwrite_a)


def pinv(x: Any, /, *, rtol: Any = None) -> Array:
    """Pseudo-inverse matrices, by singular values.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Any matrices.
    rtol : array_like, optional
        Singular values below this part of the greatest count as zero; by default the
        longer side times the precision of the dtype.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.pinv([[2.0], [0.0]])
    Array([[0.5, 0. ]])
    """
    node = matrices(x)
    more = () if rtol is None else (node_of(rtol),)
    return Array(call("pinv", node, *more))


def solve(x1: Any, x2: Any, /, *, overwrite_b: bool = False) -> Array:
    """Solve ``x1 @ x = x2`` for x.

    Parameters
    ----------
    x1 : array_like, shape (..., n, n)
        Square matrices.
    x2 : array_like, shape (n,) or (..., n, k)
        A vector, or right-hand sides in columns.
    overwrite_b : bool
        Change `x2` into the solution, and return it.

    Raises
    ------
    LinAlgError
        When it is computed: if a matrix is singular.

    Notes
    -----
    ``n³ / 3 + k n²`` additions and products, by LU factors with partial pivoting.
    Right-hand sides are eliminated while the matrix is being factorised.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
    Array([1. , 0.5])
    """
    a, b = matrices(x1, square=True), _inexact(node_of(x2))
    dtype, at = common((a.type.dtype, b.type.dtype)), caller_location()
    x = Array(call("solve", cast(a, dtype, at), cast(b, dtype, at)))
    return over(x2, x, asked=overwrite_b)


def eig(x: Any, /) -> EigResult:
    """Eigenvalues and eigenvectors of square matrices, complex always.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.eig([[0.0, -1.0], [1.0, 0.0]]).eigenvalues
    Array([0.+1.j, 0.-1.j])
    """
    return EigResult(*_all("eig", 2, matrices(x, square=True)))


def eigvals(x: Any, /) -> Array:
    """Eigenvalues of square matrices, complex always.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.eigvals([[2.0, 0.0], [0.0, 3.0]])
    Array([2.+0.j, 3.+0.j])
    """
    return Array(call("eigvals", matrices(x, square=True)))


def eigh(x: Any, /) -> EighResult:
    """Eigenvalues, ascending, and eigenvectors of symmetric matrices.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.eigh([[2.0, 0.0], [0.0, 1.0]]).eigenvalues
    Array([1., 2.])
    """
    return EighResult(*_all("eigh", 2, matrices(x, square=True)))


def eigvalsh(x: Any, /) -> Array:
    """Eigenvalues, ascending, of symmetric matrices.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.eigvalsh([[2.0, 0.0], [0.0, 1.0]])
    Array([1., 2.])
    """
    return Array(call("eigvalsh", matrices(x, square=True)))


def qr(x: Any, /, *, mode: str = "reduced") -> QRResult:
    """Factorise matrices into an orthogonal and an upper triangular one.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Any matrices.
    mode : {"reduced", "complete"}
        Whether the orthogonal one has ``min(m, n)`` or `m` columns.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.qr(ld.ones((3, 2))).R.shape
    (2, 2)
    """
    if mode not in ("reduced", "complete"):
        raise refused(f"mode={mode!r}", "It is 'reduced' or 'complete'.")
    return QRResult(*_all("qr", 2, matrices(x), mode=mode))


def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    """Singular values, descending, and vectors of matrices.

    Parameters
    ----------
    x : array_like, shape (..., m, n)
        Any matrices.
    full_matrices : bool
        Return square matrices of vectors; otherwise only as many as there are values.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.svd([[0.0, 2.0], [1.0, 0.0]]).S
    Array([2., 1.])
    """
    return SVDResult(*_all("svd", 3, matrices(x), full=bool(full_matrices)))


def svdvals(x: Any, /) -> Array:
    """Singular values, descending, of matrices.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.svdvals([[0.0, 2.0], [1.0, 0.0]])
    Array([2., 1.])
    """
    return Array(call("svdvals", matrices(x)))


def matrices(x: Any, *, square: bool = False) -> Node:
    """Return a stack of matrices of floating-point or complex numbers.

    Raises
    ------
    MatrixError
        If it is none, or the matrices are not square though they should be.
    """
    node = node_of(x)
    shape = node.type.shape
    if len(shape) < 2:
        raise MatrixError(f"{node.type} is no matrix", caller_location())
    if square and shape[-1] != shape[-2]:
        raise MatrixError(
            f"{node.type} is no square matrix, nor a stack of them", caller_location()
        )
    return _inexact(node)


def _inexact(node: Node) -> Node:
    return cast(node, inexact(node.type.dtype), caller_location())


def _all(name: str, count: int, node: Node, **options: Any) -> tuple[Array, ...]:
    return tuple(map(Array, calls(name, count, node, **options)))

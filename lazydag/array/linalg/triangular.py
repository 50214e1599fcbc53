"""Systems with a triangular matrix, and with Cholesky factors."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from lazydag.array.array import Array, node_of
from lazydag.array.functions.linear import cholesky, matrices
from lazydag.array.functions.made import refused
from lazydag.array.linalg.overwriting import over
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import common, inexact
from lazydag.array.nodes.library import call
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location

Trans: TypeAlias = Literal[0, 1, 2, "N", "T", "C"]

_BOTH: tuple[Trans, Trans] = ("N", "C")
_TRANS: dict[object, str] = {0: "N", 1: "T", 2: "C", "N": "N", "T": "T", "C": "C"}


def solve_triangular(
    a: Any,
    b: Any,
    trans: Trans = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
) -> Array:
    """Solve ``a @ x = b`` with triangular matrices.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Of which one triangle is read.
    b : array_like, shape (n,) or (..., n, k)
        A vector, or right-hand sides in columns.
    trans : {0, 1, 2, "N", "T", "C"}
        Whether the matrix is `a`, its transpose, or its conjugate transpose.
    lower : bool
        Which triangle of `a` is read: the upper one by default.
    unit_diagonal : bool
        Take the diagonal of `a` as ones; it is not read.
    overwrite_b : bool
        Change `b` into the solution, and return it.

    Raises
    ------
    LinAlgError
        When it is computed: if a number on the diagonal is zero.

    Notes
    -----
    ``k n²`` additions and products. Large systems are solved tile by tile, and each
    tile as soon as those of `a` and `b` that it depends on are known.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.linalg.solve_triangular([[2.0, 0.0], [1.0, 4.0]], [2.0, 9.0], lower=True)
    Array([1., 2.])
    """
    kind = trans_of(trans)
    matrix, right = operands(a, b)
    if kind == "C":
        matrix = conjugated(matrix)
    x = call(
        "solve_triangular",
        matrix,
        right,
        lower=bool(lower),
        trans=kind != "N",
        unit=bool(unit_diagonal),
    )
    return over(b, Array(x), asked=overwrite_b)


def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False
) -> tuple[Array, bool]:
    """Cholesky factors for `cho_solve`.

    Parameters
    ----------
    a : array_like, shape (..., n, n)
        Symmetric or Hermitian, positive definite; one triangle is read.
    lower : bool
        Which: the upper one by default.
    overwrite_a : bool
        Change `a` into the factor.

    Returns
    -------
    c : Array, shape (..., n, n)
        The factor, with zeros in the other triangle.
    lower : bool
        Which triangle it is in.

    Raises
    ------
    LinAlgError
        When it is computed: if a matrix is not positive definite.

    Examples
    --------
    >>> import lazydag as ld
    >>> factor = ld.linalg.cho_factor([[4.0, 2.0], [2.0, 5.0]])
    >>> ld.linalg.cho_solve(factor, [8.0, 8.0]).round(12)
    Array([1.5, 1. ])
    """
    return over(a, cholesky(a, upper=not lower), asked=overwrite_a), bool(lower)


def cho_solve(
    c_and_lower: tuple[Any, bool], b: Any, overwrite_b: bool = False
) -> Array:
    """Solve ``a @ x = b`` with the Cholesky factors of `a`.

    Parameters
    ----------
    c_and_lower : tuple of array_like and bool
        The factor, and whether it is the lower one, as from `cho_factor`.
    b : array_like, shape (n,) or (..., n, k)
        A vector, or right-hand sides in columns.
    overwrite_b : bool
        Change `b` into the solution, and return it.

    Examples
    --------
    >>> import lazydag as ld
    >>> lower = ld.linalg.cholesky([[4.0, 2.0], [2.0, 5.0]])
    >>> ld.linalg.cho_solve((lower, True), [8.0, 8.0]).round(12)
    Array([1.5, 1. ])
    """
    c, lower = c_and_lower
    first, second = _BOTH if lower else reversed(_BOTH)
    middle = solve_triangular(c, b, first, lower)
    x = solve_triangular(c, middle, second, lower)
    return over(b, x, asked=overwrite_b)


def trans_of(trans: object) -> str:
    """Return ``"N"``, ``"T"`` or ``"C"`` for what SciPy takes.

    Raises
    ------
    UsageError
        If it is anything else.
    """
    if trans not in _TRANS:
        raise refused(f"trans={trans!r}", "It is 0 or 'N', 1 or 'T', or 2 or 'C'.")
    return _TRANS[trans]


def operands(a: Any, b: Any) -> tuple[Node, Node]:
    """Return square matrices and right-hand sides of one dtype."""
    matrix, right = matrices(a, square=True), node_of(b)
    at = caller_location()
    dtype = common((matrix.type.dtype, inexact(right.type.dtype)))
    return cast(matrix, dtype, at), cast(right, dtype, at)


def conjugated(node: Node) -> Node:
    """Return the complex conjugate of an array, itself if it is real."""
    if node.type.dtype.kind != "c":
        return node
    return node_of(Array(node).conj())

"""Routines on tiles: products, triangles, factors of LU and Cholesky, copies."""

from __future__ import annotations

from typing import Any

from lazydag.backends.cuda.library.blas import Array
from lazydag.backends.cuda.library.given import Given


def _turned(a: Array, letter: str) -> Array:
    return a.T if letter == "T" else a


def gemm(o: Given) -> None:
    """Add a product."""
    m, n, k = o["m"], o["n"], o["k"]
    a = o.matrix("a", *((k, m) if o["transa"] == "T" else (m, k)))
    b = o.matrix("b", *((n, k) if o["transb"] == "T" else (k, n)))
    c = o.matrix("c", m, n)
    a, b = _turned(a, o["transa"]), _turned(b, o["transb"])
    o.blas.gemm(a, b, c, o["alpha"], o["beta"])


def syrk(o: Given) -> None:
    """Add a triangle of a product."""
    n, k = o["n"], o["k"]
    a = o.matrix("a", *((k, n) if o["trans"] == "T" else (n, k)))
    c, lower = o.matrix("c", n, n), o["uplo"] == "L"
    o.blas.syrk(_turned(a, o["trans"]), c, o["alpha"], o["beta"], lower=lower)


def symm(o: Given) -> None:
    """Add a product with a symmetric matrix."""
    m, n = o["m"], o["n"]
    order = m if o["side"] == "L" else n
    half = o.triangle(o.matrix("a", order, order))
    whole = half + half.T - o.blas.xp.diag(half.diagonal())
    factors = whole, o.matrix("b", m, n)
    if o["side"] == "R":
        factors = factors[::-1]
    o.blas.gemm(*factors, o.matrix("c", m, n), o["alpha"], o["beta"])


def trmm(o: Given) -> None:
    """Multiply by a triangle."""
    m, n = o["m"], o["n"]
    order = m if o["side"] == "L" else n
    a, b = o.triangle(o.matrix("a", order, order)), o.matrix("b", m, n)
    a, old = _turned(a, o["transa"]), b.copy()
    factors = (a, old) if o["side"] == "L" else (old, a)
    o.blas.gemm(*factors, b, o["alpha"])


def trsm(o: Given) -> None:
    """Solve with a triangle."""
    m, n, trans = o["m"], o["n"], o["transa"] == "T"
    order = m if o["side"] == "L" else n
    a, b = o.matrix("a", order, order), o.matrix("b", m, n)
    if o["side"] == "R":
        b, trans = b.T, not trans
    lower, unit = o["uplo"] == "L", o["diag"] == "U"
    o.blas.trsm(a, b, o["alpha"], lower=lower, trans=trans, unit=unit)


def potrf(o: Given) -> None:
    """Overwrite a triangle by its Cholesky factor."""
    a = o.matrix("a", o["n"], o["n"])
    o.blas.potrf(a, o.info, lower=o["uplo"] == "L")


def lauum(o: Given) -> None:
    """Multiply a triangle with its transpose."""
    a = o.matrix("a", o["n"], o["n"])
    half, whole = o.triangle(a), a.copy()
    factors = (half.T, half) if o["uplo"] == "L" else (half, half.T)
    o.blas.gemm(*factors, whole)
    o.put(a, whole, o["uplo"])


def trtri(o: Given) -> None:
    """Invert a triangle, unless it is singular."""
    xp, a = o.blas.xp, o.matrix("a", o["n"], o["n"])
    is_unit = o["diag"] == "U"
    inverse = xp.eye(len(a), dtype=a.dtype)
    o.blas.trsm(a, inverse, lower=o["uplo"] == "L", unit=is_unit)
    o.info[...] = 0 if is_unit else first_zero(xp, a)
    where = o.mask(o["uplo"], a, int(is_unit)) & (o.info == 0)
    xp.copyto(a, inverse, where=where)


def first_zero(xp: Any, a: Array) -> Array:
    """Return the number from 1 of the first zero on diagonals; 0 if there is none."""
    is_zero = a.diagonal(axis1=-2, axis2=-1) == 0
    return xp.where(is_zero.any(-1), is_zero.argmax(-1) + 1, 0)


def zerodiag(o: Given) -> None:
    """Look for zeros on the diagonal."""
    o.info[...] = first_zero(o.blas.xp, o.matrix("a", o["n"], o["n"]))


def getrf(o: Given) -> None:
    """Overwrite a matrix by its LU factors."""
    a, info = o.matrix("a", o["m"], o["n"]), o.info
    if info is None:
        info = o.blas.xp.empty(1, "i4")
    o.blas.getrf(a, o.array("ipiv"), info)


def laswp(o: Given) -> None:
    """Exchange rows."""
    o.blas.swap(o.array("a"), o.array("ipiv"), reverse=o["incx"] < 0)


def lacpy(o: Given) -> None:
    """Copy a part."""
    a, b = o.matrix("a", o["m"], o["n"]), o.matrix("b", o["m"], o["n"])
    o.put(b, a, o["uplo"])


def transpose(o: Given) -> None:
    """Copy the transpose of a part."""
    a, b = o.matrix("a", o["m"], o["n"]), o.matrix("b", o["n"], o["m"])
    o.put(b.T, a, o["uplo"])


def laset(o: Given) -> None:
    """Fill a part."""
    xp, a = o.blas.xp, o.matrix("a", o["m"], o["n"])
    values = xp.full(a.shape, o["alpha"], a.dtype)
    is_diagonal = xp.eye(*a.shape, dtype=bool)
    values = xp.where(is_diagonal, a.dtype.type(o["beta"]), values)
    o.put(a, values, o["uplo"])


def lascl(o: Given) -> None:
    """Multiply a part by a number."""
    a = o.matrix("a", o["m"], o["n"])
    o.put(a, a * a.dtype.type(o["cto"]), o["type"])

"""QR factorisation by tiles: geqrt, gemqrt, tpqrt and tpmqrt.

Reflectors are joined to blocks of `nb`, the number of rows of `t`, as they are made.
"""

from __future__ import annotations

from lazydag.backends.cpu.blas import Arguments
from lazydag.runtime.mode import Mode
from lazydag.tiles.flags import is_left, side_of, trans_of
from lazydag.tiles.layouts import Tile, common_order
from lazydag.tiles.operands import Operands, Side
from lazydag.tiles.operation import tile_operation
from lazydag.tiles.qr import qr_flops
from lazydag.tiles.rows import BELOW, READS, UPDATES, UPPER, WRITES, Row


@tile_operation
def geqrt(a: Tile, t: Tile) -> Row:
    """Factorise: ``a = q @ r``, with q as blocks of reflectors.

    Parameters
    ----------
    a
        Array (m, n) in Fortran's order, overwritten by r and, below the diagonal, by
        the reflectors' vectors.
    t
        Array (nb, min(m, n)) in Fortran's order, overwritten by the blocks' triangles.
    """
    ops = Operands("geqrt", a=a, t=t)
    sizes = ops.sizes(a="mn")
    m, n = sizes["m"], sizes["n"]
    ops.define("p", min(m, n), "min(m, n)")
    nb = _block(ops, ops.sizes(t="bp"), min(m, n))
    A, T = ops.by_columns("a"), ops.by_columns("t")
    arguments: Arguments = {
        "m": m,
        "n": n,
        "nb": nb,
        "a": 0,
        "lda": A.ld,
        "t": 1,
        "ldt": T.ld,
        "work": nb * n,
    }
    return Row("geqrt", ops, arguments, {"a": UPDATES, "t": WRITES}, qr_flops(m, n))


@tile_operation
def gemqrt(v: Tile, t: Tile, c: Tile, *, side: Side = "L", trans: bool = False) -> Row:
    """Apply the q of `geqrt`: ``c = op(q) @ c``.

    Parameters
    ----------
    v
        Array (m, k), or (n, k) for ``side="R"``, in Fortran's order: what `geqrt` left.
    t
        Array (nb, k) in Fortran's order, what `geqrt` wrote.
    c
        Array (m, n), changed in place.
    side
        ``"R"`` for ``c @ op(q)``.
    trans
        ``op(q)`` is ``q.T``.
    """
    ops = Operands("gemqrt", v=v, t=t, c=c)
    left = is_left(side)
    sizes = ops.sizes(v="mk" if left else "nk", t="bk", c="mn")
    m, n, k = sizes["m"], sizes["n"], sizes["k"]
    nb = _block(ops, sizes, k)
    order = m if left else n
    what = f"{k} reflectors of {order} elements"
    ops.require(k <= order, what, "Give the columns of v that have a reflector.")
    V, T, C = ops.by_columns("v"), ops.by_columns("t"), ops.matrix("c")
    arguments: Arguments = {
        "side": side_of(left ^ C.is_rows),
        "trans": trans_of(trans ^ C.is_rows),
        "m": n if C.is_rows else m,
        "n": m if C.is_rows else n,
        "k": k,
        "nb": nb,
        "v": 0,
        "ldv": V.ld,
        "t": 1,
        "ldt": T.ld,
        "c": 2,
        "ldc": C.ld,
        "work": nb * (n if left else m),
    }
    accesses = {"v": (Mode.IN, BELOW), "t": READS, "c": UPDATES}
    return Row("gemqrt", ops, arguments, accesses, 4.0 * m * n * k)


@tile_operation
def tpqrt(a: Tile, b: Tile, t: Tile, *, trapezoid: int = 0) -> Row:
    """Factorise a triangle on top of a tile: ``[a; b] = q @ [r; 0]``.

    Parameters
    ----------
    a
        Array (n, n) in Fortran's order, whose upper triangle is overwritten by r.
    b
        Array (m, n) in Fortran's order, overwritten by the reflectors' vectors.
    t
        Array (nb, n) in Fortran's order, overwritten by the blocks' triangles.
    trapezoid
        So many last rows of `b` are upper trapezoidal: 0 for a full tile, n for an
        upper triangle of n by n.
    """
    ops = Operands("tpqrt", a=a, b=b, t=t)
    sizes = ops.sizes(a="nn", b="mn", t="bn")
    m, n = sizes["m"], sizes["n"]
    nb = _block(ops, sizes, n)
    _check_trapezoid(ops, trapezoid, min(m, n))
    A, B, T = ops.by_columns("a"), ops.by_columns("b"), ops.by_columns("t")
    arguments: Arguments = {
        "m": m,
        "n": n,
        "l": trapezoid,
        "nb": nb,
        "a": 0,
        "lda": A.ld,
        "b": 1,
        "ldb": B.ld,
        "t": 2,
        "ldt": T.ld,
        "work": nb * n,
    }
    accesses = {"a": (Mode.INOUT, UPPER), "b": UPDATES, "t": WRITES}
    return Row("tpqrt", ops, arguments, accesses, 2.0 * m * n**2)


@tile_operation
def tpmqrt(
    v: Tile,
    t: Tile,
    a: Tile,
    b: Tile,
    *,
    side: Side = "L",
    trans: bool = False,
    trapezoid: int = 0,
) -> Row:
    """Apply the q of `tpqrt`: ``[a; b] = op(q) @ [a; b]``.

    Parameters
    ----------
    v
        Array (m, k), or (n, k) for ``side="R"``, in Fortran's order: the vectors that
        `tpqrt` wrote in its `b`.
    t
        Array (nb, k) in Fortran's order, what `tpqrt` wrote.
    a
        Array (k, n), or (m, k) for ``side="R"``, changed in place.
    b
        Array (m, n) in the storage order of `a`, changed in place.
    side
        ``"R"`` for ``[a, b] @ op(q)``.
    trans
        ``op(q)`` is ``q.T``.
    trapezoid
        As for `tpqrt`.
    """
    ops = Operands("tpmqrt", v=v, t=t, a=a, b=b)
    left = is_left(side)
    sizes = ops.sizes(
        v="mk" if left else "nk", t="bk", a="kn" if left else "mk", b="mn"
    )
    m, n, k = sizes["m"], sizes["n"], sizes["k"]
    nb = _block(ops, sizes, k)
    _check_trapezoid(ops, trapezoid, min(k, m if left else n))
    V, T, A, B = (
        ops.by_columns("v"),
        ops.by_columns("t"),
        ops.matrix("a"),
        ops.matrix("b"),
    )
    by_rows = common_order(A, B)
    arguments: Arguments = {
        "side": side_of(left ^ by_rows),
        "trans": trans_of(trans ^ by_rows),
        "m": n if by_rows else m,
        "n": m if by_rows else n,
        "k": k,
        "l": trapezoid,
        "nb": nb,
        "v": 0,
        "ldv": V.ld,
        "t": 1,
        "ldt": T.ld,
        "a": 2,
        "lda": A.by_rows if by_rows else A.by_columns,
        "b": 3,
        "ldb": B.by_rows if by_rows else B.by_columns,
        "work": nb * (n if left else m),
    }
    accesses = {"v": READS, "t": READS, "a": UPDATES, "b": UPDATES}
    return Row("tpmqrt", ops, arguments, accesses, 4.0 * m * n * k)


def _block(ops: Operands, sizes: dict[str, int], most: int) -> int:
    """Return the size of a block of reflectors, the rows of `t`."""
    nb = sizes["b"]
    what = f"t has {nb} rows, for {most} reflectors"
    ops.require(nb >= 1 and (nb <= most or not most), what, "Give t 1 to as many rows.")
    return nb


def _check_trapezoid(ops: Operands, rows: int, most: int) -> None:
    what = f"trapezoid is {rows}"
    ops.require(0 <= rows <= most, what, f"It is from 0 to {most} here.")

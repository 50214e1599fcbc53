"""QR factorisation by panels: geqrf, larft and larfb."""

from __future__ import annotations

from lazydag.backends.cpu.blas import Arguments
from lazydag.runtime.mode import Mode
from lazydag.tiles.flags import is_left, side_of, trans_of
from lazydag.tiles.layouts import Tile
from lazydag.tiles.operands import Operands, Side
from lazydag.tiles.operation import tile_operation
from lazydag.tiles.rows import BELOW, READS, UPDATES, UPPER, WRITES, Row

# The width of the panels that LAPACK's geqrf works in.
PANEL = 32


@tile_operation
def geqrf(a: Tile, tau: Tile) -> Row:
    """Factorise: ``a = q @ r``, with q as a product of reflectors.

    Parameters
    ----------
    a
        Array (m, n), overwritten by r and, below the diagonal, by the reflectors'
        vectors, whose first element is 1 and not stored.
    tau
        Array (min(m, n),), overwritten by the reflectors' factors.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import geqrf
    >>> a, tau = np.array([[3.0, 5.0], [4.0, 10.0]]), np.empty(2)
    >>> geqrf(a, tau)
    >>> np.abs(np.triu(a)).round(12)
    array([[ 5., 11.],
           [ 0.,  2.]])
    """
    ops = Operands("geqrf", a=a, tau=tau)
    sizes = ops.sizes(a="mn")
    m, n = sizes["m"], sizes["n"]
    ops.define("p", min(m, n), "min(m, n)")
    ops.sizes(tau="p")
    ops.check_vectors("tau")
    A = ops.matrix("a")
    work = PANEL * max(1, n)
    # By rows, Fortran sees the transpose, and l of its l @ q is r transposed.
    arguments: Arguments = {
        "m": n if A.is_rows else m,
        "n": m if A.is_rows else n,
        "a": 0,
        "lda": A.ld,
        "tau": 1,
        "work": work,
        "lwork": work,
    }
    routine = "gelqf" if A.is_rows else "geqrf"
    return Row(routine, ops, arguments, {"a": UPDATES, "tau": WRITES}, qr_flops(m, n))


def qr_flops(m: int, n: int) -> float:
    """Return the operations of a QR factorisation."""
    p = min(m, n)
    return 4.0 * m * n * p - 2.0 * (m + n) * p**2 + 4 / 3 * p**3


@tile_operation
def larft(v: Tile, tau: Tile, t: Tile) -> Row:
    """Join reflectors into a block: ``q = 1 - v @ t @ v.T``.

    Parameters
    ----------
    v
        Array (m, k), what `geqrf` left: read below the diagonal.
    tau
        Array (k,), the reflectors' factors.
    t
        Array (k, k) in Fortran's order, whose upper triangle is overwritten.
    """
    ops = Operands("larft", v=v, tau=tau, t=t)
    sizes = ops.sizes(v="mk", tau="k", t="kk")
    m, k = sizes["m"], sizes["k"]
    _require_tall(ops, m, k)
    ops.check_vectors("tau")
    V, T = ops.matrix("v"), ops.by_columns("t")
    arguments: Arguments = {
        "direct": "F",
        "storev": "R" if V.is_rows else "C",
        "n": m,
        "k": k,
        "v": 0,
        "ldv": V.ld,
        "tau": 1,
        "t": 2,
        "ldt": T.ld,
    }
    accesses = {"v": (Mode.IN, BELOW), "tau": READS, "t": (Mode.OUT, UPPER)}
    return Row("larft", ops, arguments, accesses, float(m * k**2))


@tile_operation
def larfb(v: Tile, t: Tile, c: Tile, *, side: Side = "L", trans: bool = False) -> Row:
    """Apply a block of reflectors: ``c = op(q) @ c`` with ``q = 1 - v @ t @ v.T``.

    Parameters
    ----------
    v
        Array (m, k), or (n, k) for ``side="R"``: what `geqrf` left, read below the
        diagonal.
    t
        Array (k, k) in Fortran's order, what `larft` wrote.
    c
        Array (m, n), changed in place.
    side
        ``"R"`` for ``c @ op(q)``.
    trans
        ``op(q)`` is ``q.T``.
    """
    ops = Operands("larfb", v=v, t=t, c=c)
    left = is_left(side)
    sizes = ops.sizes(v="mk" if left else "nk", t="kk", c="mn")
    m, n, k = sizes["m"], sizes["n"], sizes["k"]
    _require_tall(ops, m if left else n, k)
    V, T, C = ops.matrix("v"), ops.by_columns("t"), ops.matrix("c")
    rows, columns = (n, m) if C.is_rows else (m, n)
    other = n if left else m
    arguments: Arguments = {
        "side": side_of(left ^ C.is_rows),
        "trans": trans_of(trans ^ C.is_rows),
        "direct": "F",
        "storev": "R" if V.is_rows else "C",
        "m": rows,
        "n": columns,
        "k": k,
        "v": 0,
        "ldv": V.ld,
        "t": 1,
        "ldt": T.ld,
        "c": 2,
        "ldc": C.ld,
        "work": other * k,
        "ldwork": max(1, other),
    }
    accesses = {"v": (Mode.IN, BELOW), "t": (Mode.IN, UPPER), "c": UPDATES}
    return Row("larfb", ops, arguments, accesses, 4.0 * m * n * k)


def _require_tall(ops: Operands, m: int, k: int) -> None:
    what = f"{k} reflectors of {m} elements"
    ops.require(k <= m, what, "There are as many reflectors as elements, or fewer.")

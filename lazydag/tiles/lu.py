"""LU factorisation: getrf and laswp."""

from __future__ import annotations

from lazydag.backends.cpu.blas import Arguments, Checked
from lazydag.tiles.layouts import Tile
from lazydag.tiles.operands import Operands
from lazydag.tiles.operation import tile_operation
from lazydag.tiles.rows import READS, UPDATES, WRITES, Row


@tile_operation
def getrf(a: Tile, pivots: Tile, *, allow_singular: bool = False) -> Row:
    """Factorise with row exchanges: ``p @ a = l @ u``.

    Parameters
    ----------
    a
        Array (m, n) in Fortran's order, overwritten by u and, below the diagonal, by l.
    pivots
        Array int32 (min(m, n),), overwritten by the rows that each row was exchanged
        with, as LAPACK has them: in turn, and counted from 1.
    allow_singular
        Do not fail if u is singular.

    Raises
    ------
    LinAlgError
        If u is singular; the factors are complete all the same.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import getrf
    >>> a = np.array([[2.0, 2.0], [4.0, 2.0]], order="F")
    >>> pivots = np.empty(2, np.int32)
    >>> getrf(a, pivots)
    >>> a
    array([[4. , 2. ],
           [0.5, 1. ]])
    >>> pivots
    array([2, 2], dtype=int32)
    """
    ops = Operands("getrf", a=a, pivots=pivots)
    sizes = ops.sizes(a="mn")
    m, n = sizes["m"], sizes["n"]
    p = min(m, n)
    ops.define("p", p, "min(m, n)")
    ops.sizes(pivots="p")
    ops.check_vectors("pivots")
    A = ops.by_columns("a")
    arguments: Arguments = {"m": m, "n": n, "a": 0, "lda": A.ld, "ipiv": 1}
    flops = 2.0 * m * n * p - (m + n) * p**2 + 2 / 3 * p**3
    routine = "getrf_singular" if allow_singular else "getrf"
    return Row(routine, ops, arguments, {"a": UPDATES, "pivots": WRITES}, flops)


@tile_operation
def laswp(a: Tile, pivots: Tile, *, reverse: bool = False) -> Row:
    """Exchange rows as `getrf` did.

    Parameters
    ----------
    a
        Array (m, n), changed in place.
    pivots
        Array int32 (k,), k <= m: row i is exchanged with row ``pivots[i]``, counted
        from 1, for i = 0, 1, ...
    reverse
        Exchange in the opposite order, which undoes it.

    Raises
    ------
    AxisError
        If a pivot is no row of `a`, which is unchanged then.
    """
    ops = Operands("laswp", a=a, pivots=pivots)
    sizes = ops.sizes(a="mn", pivots="k")
    m, n, k = sizes["m"], sizes["n"], sizes["k"]
    remedy = "Give as many pivots as there are rows, or fewer."
    ops.require(k <= m, f"{k} pivots for {m} rows", remedy)
    ops.check_vectors("pivots")
    A = ops.matrix("a")
    arguments: Arguments = {
        "n": n if k else 0,
        "a": 0,
        "lda": A.ld,
        "k1": 1,
        "k2": k,
        "ipiv": Checked(1, count=k, bound=m),
        "incx": -1 if reverse else 1,
    }
    routine = "swaprows" if A.is_rows else "laswp"
    return Row(routine, ops, arguments, {"a": UPDATES, "pivots": READS}, 0.0)

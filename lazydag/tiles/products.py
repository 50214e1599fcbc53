"""Products of tiles: gemm, symm, syrk and trmm."""

from __future__ import annotations

from lazydag.backends.cpu.blas import Arguments
from lazydag.runtime.mode import Mode
from lazydag.tiles.flags import diag_of, is_left, side_of, trans_of, uplo_of
from lazydag.tiles.layouts import Tile, common_order
from lazydag.tiles.operands import Operands, Side
from lazydag.tiles.operation import tile_operation
from lazydag.tiles.rows import READS, UPDATES, WRITES, Row, triangle


@tile_operation
def gemm(
    a: Tile,
    b: Tile,
    c: Tile,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    trans_a: bool = False,
    trans_b: bool = False,
) -> Row:
    """Add a product: ``c = alpha * op(a) @ op(b) + beta * c``.

    Parameters
    ----------
    a
        Array (m, k), or (k, m) if `trans_a`.
    b
        Array (k, n), or (n, k) if `trans_b`.
    c
        Array (m, n), changed in place. With ``beta=0`` it is only written.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import gemm
    >>> a, c = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2))
    >>> gemm(a, a, c, trans_b=True)
    >>> c
    array([[ 5., 11.],
           [11., 25.]])
    """
    ops = Operands("gemm", a=a, b=b, c=c)
    sizes = ops.sizes(a="km" if trans_a else "mk", b="nk" if trans_b else "kn", c="mn")
    m, n, k = sizes["m"], sizes["n"], sizes["k"]
    A, B, C = ops.matrix("a"), ops.matrix("b"), ops.matrix("c")
    # By rows, c is the transpose of what Fortran sees: op(b)^T op(a)^T.
    flip = C.is_rows
    factors = [
        (0, A.ld, trans_of(trans_a ^ A.is_rows ^ flip)),
        (1, B.ld, trans_of(trans_b ^ B.is_rows ^ flip)),
    ]
    if flip:
        factors.reverse()
        m, n = n, m
    (first, ld_first, trans_first), (second, ld_second, trans_second) = factors
    arguments: Arguments = {
        "transa": trans_first,
        "transb": trans_second,
        "m": m,
        "n": n,
        "k": k,
        "alpha": ops.number("alpha", alpha),
        "a": first,
        "lda": ld_first,
        "b": second,
        "ldb": ld_second,
        "beta": ops.number("beta", beta),
        "c": 2,
        "ldc": C.ld,
    }
    accesses = {"a": READS, "b": READS, "c": UPDATES if beta else WRITES}
    return Row("gemm", ops, arguments, accesses, 2.0 * m * n * k)


@tile_operation
def symm(
    a: Tile,
    b: Tile,
    c: Tile,
    *,
    side: Side = "L",
    lower: bool = True,
    alpha: float = 1.0,
    beta: float = 1.0,
) -> Row:
    """Add a product with a symmetric matrix: ``c = alpha * a @ b + beta * c``.

    Parameters
    ----------
    a
        Array (k, k), of which one triangle is read; k is m or n by `side`.
    b
        Array (m, n), in the storage order of `c`.
    c
        Array (m, n), changed in place. With ``beta=0`` it is only written.
    side
        ``"R"`` for ``b @ a``.
    lower
        Which triangle of `a` is read.
    """
    ops = Operands("symm", a=a, b=b, c=c)
    left = is_left(side)
    sizes = ops.sizes(a="mm" if left else "nn", b="mn", c="mn")
    m, n = sizes["m"], sizes["n"]
    A, B, C = ops.matrix("a"), ops.matrix("b"), ops.matrix("c")
    by_rows = common_order(B, C)
    arguments: Arguments = {
        "side": side_of(left ^ by_rows),
        "uplo": uplo_of(lower ^ A.is_rows),
        "m": n if by_rows else m,
        "n": m if by_rows else n,
        "alpha": ops.number("alpha", alpha),
        "a": 0,
        "lda": A.ld,
        "b": 1,
        "ldb": B.by_rows if by_rows else B.by_columns,
        "beta": ops.number("beta", beta),
        "c": 2,
        "ldc": C.by_rows if by_rows else C.by_columns,
    }
    accesses = {
        "a": (Mode.IN, triangle(lower=lower)),
        "b": READS,
        "c": UPDATES if beta else WRITES,
    }
    return Row("symm", ops, arguments, accesses, 2.0 * m * n * (m if left else n))


@tile_operation
def syrk(
    a: Tile,
    c: Tile,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    lower: bool = True,
    trans: bool = False,
) -> Row:
    """Add a symmetric product: ``c = alpha * a @ a.T + beta * c``, one triangle of it.

    Parameters
    ----------
    a
        Array (n, k), or (k, n) if `trans`.
    c
        Array (n, n), of which one triangle is changed in place. With ``beta=0`` it is
        only written.
    lower
        Which triangle of `c` is computed.
    trans
        Compute ``a.T @ a`` instead.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import syrk
    >>> a, c = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2))
    >>> syrk(a, c)
    >>> c
    array([[ 5.,  0.],
           [11., 25.]])
    """
    ops = Operands("syrk", a=a, c=c)
    sizes = ops.sizes(a="kn" if trans else "nk", c="nn")
    n, k = sizes["n"], sizes["k"]
    A, C = ops.matrix("a"), ops.matrix("c")
    arguments: Arguments = {
        "uplo": uplo_of(lower ^ C.is_rows),
        "trans": trans_of(trans ^ A.is_rows),
        "n": n,
        "k": k,
        "alpha": ops.number("alpha", alpha),
        "a": 0,
        "lda": A.ld,
        "beta": ops.number("beta", beta),
        "c": 1,
        "ldc": C.ld,
    }
    mode = Mode.INOUT if beta else Mode.OUT
    accesses = {"a": READS, "c": (mode, triangle(lower=lower))}
    return Row("syrk", ops, arguments, accesses, float(n * (n + 1) * k))


@tile_operation
def trmm(
    a: Tile,
    b: Tile,
    *,
    side: Side = "L",
    lower: bool = True,
    trans: bool = False,
    unit: bool = False,
    alpha: float = 1.0,
) -> Row:
    """Multiply by a triangular matrix: ``b = alpha * op(a) @ b``.

    Parameters are those of `trsm`.
    """
    return triangular("trmm", a, b, (side, lower, trans, unit), alpha)


def triangular(
    name: str, a: Tile, b: Tile, flags: tuple[Side, bool, bool, bool], alpha: float
) -> Row:
    """Return how trmm and trsm are done, which take the same arguments."""
    side, lower, transposed, unit = flags
    ops = Operands(name, a=a, b=b)
    left = is_left(side)
    sizes = ops.sizes(a="mm" if left else "nn", b="mn")
    m, n = sizes["m"], sizes["n"]
    A, B = ops.matrix("a"), ops.matrix("b")
    # By rows, Fortran sees b's transpose, and op(a)^T on its other side.
    arguments: Arguments = {
        "side": side_of(left ^ B.is_rows),
        "uplo": uplo_of(lower ^ A.is_rows),
        "transa": trans_of(transposed ^ A.is_rows ^ B.is_rows),
        "diag": diag_of(unit),
        "m": n if B.is_rows else m,
        "n": m if B.is_rows else n,
        "alpha": ops.number("alpha", alpha),
        "a": 0,
        "lda": A.ld,
        "b": 1,
        "ldb": B.ld,
    }
    accesses = {"a": (Mode.IN, triangle(lower=lower, unit=unit)), "b": UPDATES}
    return Row(name, ops, arguments, accesses, float(m * n * (m if left else n)))

"""Copying, filling and scaling tiles: lacpy, laset and scal."""

from __future__ import annotations

import math

from lazydag.backends.cpu.blas import Arguments
from lazydag.errors import UsageError
from lazydag.runtime.mode import Mode
from lazydag.runtime.native import Part
from lazydag.tiles.flags import share_of
from lazydag.tiles.layouts import Tile
from lazydag.tiles.operands import Operands, Share
from lazydag.tiles.operation import tile_operation
from lazydag.tiles.rows import LOWER, UPPER, Row

_PARTS: dict[str, Part | None] = {"all": None, "lower": LOWER, "upper": UPPER}


@tile_operation
def lacpy(a: Tile, b: Tile, *, part: Share = "all") -> Row:
    """Copy: ``b = a``.

    Parameters
    ----------
    a
        Array (m, n).
    b
        Array (m, n), overwritten. If it is in another storage order than `a`, this
        transposes in memory.
    part
        What is copied: ``"all"``, ``"lower"`` or ``"upper"``, with the diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import lacpy
    >>> a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2), order="F")
    >>> lacpy(a, b, part="lower")
    >>> b
    array([[1., 0.],
           [3., 4.]])
    """
    ops = Operands("lacpy", a=a, b=b)
    sizes = ops.sizes(a="mn", b="mn")
    m, n = sizes["m"], sizes["n"]
    A, B = ops.matrix("a"), ops.matrix("b")
    same = bool(A.by_columns and B.by_columns) or bool(A.by_rows and B.by_rows)
    by_rows = not (A.by_columns and B.by_columns) if same else A.is_rows
    arguments: Arguments = {
        "uplo": share_of(part, by_rows=by_rows),
        "m": n if by_rows else m,
        "n": m if by_rows else n,
        "a": 0,
        "lda": A.by_rows if by_rows else A.by_columns,
        "b": 1,
        "ldb": B.by_rows if by_rows is same else B.by_columns,
    }
    accesses = {"a": (Mode.IN, _PARTS[part]), "b": (Mode.OUT, _PARTS[part])}
    return Row("lacpy" if same else "transpose", ops, arguments, accesses, 0.0)


@tile_operation
def laset(
    a: Tile, *, value: float = 0.0, diagonal: float = 0.0, part: Share = "all"
) -> Row:
    """Fill with one number, and the diagonal with another.

    Parameters
    ----------
    a
        Array (m, n), overwritten.
    value
        For the elements off the diagonal.
    diagonal
        For those on it.
    part
        What is filled: ``"all"``, ``"lower"`` or ``"upper"``, with the diagonal.

    Examples
    --------
    >>> import numpy as np
    >>> from lazydag.tiles import laset
    >>> a = np.full((2, 2), 7.0)
    >>> laset(a, diagonal=1.0, part="upper")
    >>> a
    array([[1., 0.],
           [7., 1.]])
    """
    ops = Operands("laset", a=a)
    sizes = ops.sizes(a="mn")
    m, n = sizes["m"], sizes["n"]
    A = ops.matrix("a")
    arguments: Arguments = {
        "uplo": share_of(part, by_rows=A.is_rows),
        "m": n if A.is_rows else m,
        "n": m if A.is_rows else n,
        "alpha": ops.number("value", value),
        "beta": ops.number("diagonal", diagonal),
        "a": 0,
        "lda": A.ld,
    }
    return Row("laset", ops, arguments, {"a": (Mode.OUT, _PARTS[part])}, 0.0)


@tile_operation
def scal(a: Tile, *, alpha: float, part: Share = "all") -> Row:
    """Multiply by a number: ``a = alpha * a``.

    Parameters
    ----------
    a
        Array (m, n), changed in place.
    alpha
        The number, not NaN.
    part
        What is multiplied: ``"all"``, ``"lower"`` or ``"upper"``, with the diagonal.
    """
    ops = Operands("scal", a=a)
    sizes = ops.sizes(a="mn")
    m, n = sizes["m"], sizes["n"]
    A = ops.matrix("a")
    factor = ops.number("alpha", alpha)
    if math.isnan(factor):
        raise UsageError("scal: alpha is NaN", remedy="Fill with laset instead.")
    kind = share_of(part, by_rows=A.is_rows)
    arguments: Arguments = {
        "type": "G" if kind == "A" else kind,
        "kl": 0,
        "ku": 0,
        "cfrom": 1.0,
        "cto": factor,
        "m": n if A.is_rows else m,
        "n": m if A.is_rows else n,
        "a": 0,
        "lda": A.ld,
    }
    accesses = {"a": (Mode.INOUT, _PARTS[part])}
    return Row("lascl", ops, arguments, accesses, float(m * n))

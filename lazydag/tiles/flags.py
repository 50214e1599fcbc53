"""Options of operations as the characters that BLAS takes."""

from __future__ import annotations

from lazydag.errors import UsageError
from lazydag.tiles.operands import Share, Side

_SHARES = {"all": "A", "lower": "L", "upper": "U"}


def uplo_of(lower: bool) -> str:
    """Return which triangle is used."""
    return "L" if lower else "U"


def trans_of(transposed: bool) -> str:
    """Return whether a matrix is transposed."""
    return "T" if transposed else "N"


def diag_of(unit: bool) -> str:
    """Return whether the diagonal is taken as ones."""
    return "U" if unit else "N"


def is_left(side: Side) -> bool:
    """Return whether a factor stands on the left.

    Raises
    ------
    UsageError
        If `side` is neither ``"L"`` nor ``"R"``.
    """
    if side not in {"L", "R"}:
        raise UsageError(f"side is {side!r}", remedy='It is "L" or "R".')
    return side == "L"


def side_of(left: bool) -> str:
    """Return on which side a factor stands."""
    return "L" if left else "R"


def share_of(part: Share, *, by_rows: bool) -> str:
    """Return which part of a matrix is meant, seen by columns.

    Raises
    ------
    UsageError
        If there is no such part.
    """
    if part not in _SHARES:
        remedy = f"It is one of {', '.join(map(repr, _SHARES))}."
        raise UsageError(f"part is {part!r}", remedy=remedy)
    letter = _SHARES[part]
    return {"L": "U", "U": "L"}.get(letter, letter) if by_rows else letter

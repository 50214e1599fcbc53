"""Rows of text as aligned columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def aligned(
    rows: Sequence[tuple[str, ...]], *, right: Collection[int] = (), indent: str = ""
) -> list[str]:
    """Return rows as lines, their columns aligned, those of `right` at their ends.

    Examples
    --------
    >>> aligned([("sum", "12"), ("product", "7")], right={1})
    ['sum      12', 'product   7']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        indent
        + "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number and its noun.

    Examples
    --------
    >>> counted(1, "kernel"), counted(0, "copy", "copies")
    ('1 kernel', '0 copies')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"

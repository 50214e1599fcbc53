"""Keys of compiled kernels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["map", "line", "crossed", "row", "column"]


@dataclass(frozen=True, slots=True)
class GridForm:
    """What decides a kernel's text.

    Parameters
    ----------
    structure
        Number of the body's structure.
    kind
        Which nest of loops.
    loops
        Dimensions that are kept, but for the columns of a column reduction.
    reduced
        Dimensions that are reduced.
    is_narrow
        Whether 32 bits are enough for the numbers of elements.
    lying
        How operands lie; see the kernels.
    width
        Elements that a thread moves at once, in a line; that it loads of rows.
    rows
        Rows that a block of threads reduces side by side.
    """

    structure: int
    kind: Kind
    loops: int
    reduced: int
    is_narrow: bool
    lying: str = ""
    width: int = 1
    rows: int = 1

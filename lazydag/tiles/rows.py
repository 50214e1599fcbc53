"""How an operation is done for some arguments: what its function returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np

from lazydag.backends.cpu.blas import Arguments
from lazydag.runtime.mode import Mode
from lazydag.runtime.native import Part
from lazydag.tiles.operands import Operands

Access: TypeAlias = tuple[Mode, Part | None]


@dataclass(frozen=True, slots=True)
class Row:
    """How an operation is done for some arguments.

    Attributes
    ----------
    routine
        Name in the table of routines.
    operands
        The arrays.
    arguments
        The routine's, by name; arrays by their number.
    accesses
        By parameter, how the array is accessed and which part of it.
    flops
        Additions and multiplications.
    """

    routine: str
    operands: Operands
    arguments: Arguments
    accesses: Mapping[str, Access]
    flops: float


READS: Final[Access] = (Mode.IN, None)
WRITES: Final[Access] = (Mode.OUT, None)
UPDATES: Final[Access] = (Mode.INOUT, None)

LOWER: Final[Part] = np.tril
UPPER: Final[Part] = np.triu
BELOW: Final[Part] = partial(np.tril, k=-1)
ABOVE: Final[Part] = partial(np.triu, k=1)
DIAGONAL: Final[Part] = np.diagonal


def triangle(*, lower: bool, unit: bool = False) -> Part:
    """Return the triangle that is accessed; without the diagonal if that is of ones."""
    if unit:
        return BELOW if lower else ABOVE
    return LOWER if lower else UPPER

"""Forms of gathers and scatters: what their kernels are keyed by, and how they fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu.blocks import BlockLayout
from lazydag.errors import BoundsError
from lazydag.ir.positions import out_of_bounds

COMBINED: Final = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "minimum": "minimum",
    "maximum": "maximum",
    "fmin": "fmin",
    "fmax": "fmax",
    "logical_and": "land",
    "logical_or": "lor",
    "logical_xor": "lxor",
    "bitwise_and": "band",
    "bitwise_or": "bor",
    "bitwise_xor": "bxor",
}
"""Ufuncs that scatters compute, by the op of the same meaning."""

CONSTANT_WORDS: Final = 2
LARGEST_CODE: Final = (1 << 31) - 1


@dataclass(frozen=True, slots=True)
class IndexedForm:
    """Key of a compiled gather or scatter.

    Attributes
    ----------
    how
        ``"gather"``, ``"set"``, or a name in `COMBINED`.
    dtype
        Type of the elements; where they are only moved, all types of a size are one.
    positions
        Types of the positions.
    loops
        Number of loops.
    row
        What the innermost loop runs over: ``"places"``, each with its own positions,
        ``"dense"`` ones, where all operands are contiguous, or behind them a ``"run"``
        of neighbours or a ``"strided"`` one.
    fixed
        Which of the positions and the moved operand are constants in the block.
    is_cut
        Whether a tile writes only to a range of places.
    """

    how: str
    dtype: str
    positions: tuple[str, ...]
    loops: int
    row: str
    fixed: tuple[bool, ...]
    is_cut: bool

    @property
    def layout(self) -> BlockLayout:
        """Positions of the words of operands: positions, what moves, what stays."""
        return BlockLayout(self.loops)

    @property
    def axes(self) -> int:
        """Word of the extent of the first axis with positions; its stride follows."""
        return self.layout.operand(len(self.positions) + 2)

    @property
    def range(self) -> int:
        """Word of the first place of a cut tile; the place behind its last follows."""
        return self.axes + 2 * len(self.positions)

    def constant(self, operand: int) -> int:
        """Word of the bytes of a constant."""
        return self.range + 2 * self.is_cut + CONSTANT_WORDS * operand


def outside(axes: Sequence[int], extents: Sequence[int], code: int) -> BoundsError:
    """Return the error for the code that a kernel fails with.

    The number of the axis, and the position with its least bit for the sign; positions
    that leave no room for it are all one.
    """
    spread, number = divmod(code - 1, len(axes))
    axis, extent = axes[number], extents[number]
    if spread >= LARGEST_CODE // len(axes) - 1:
        return BoundsError(out_of_bounds("far away", axis, extent))
    position = -(spread + 1) // 2 if spread % 2 else spread // 2
    return BoundsError(out_of_bounds(position, axis, extent))

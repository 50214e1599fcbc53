"""What a column reduction keeps in buffers, and how wide its strips are."""

from dataclasses import dataclass
from typing import Final

from lazydag.backends.cpu.column_moments import MOMENT_COLUMNS
from lazydag.backends.cpu.folds import RULE_OF, lanes
from lazydag.backends.cpu.program import Form, Program
from lazydag.backends.cpu.row_state import BROADCAST, CONTIGUOUS
from lazydag.backends.scalar.expr import Expr
from lazydag.backends.scalar.types import DType

STRIP: Final = 512
"""Columns walked at a time when values are computed."""
DIRECT_STRIP: Final = 4096
"""Columns walked at a time when values lie in memory, or are cheap: long runs are what
processors read ahead."""
MANY_BUFFERS: Final = 4
MIN_STRIP: Final = 64
"""From so many buffers on strips get narrower, down to so many columns."""
CHEAP_OPS: Final = 12
"""Operations up to which four rows are worked on at once."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """Decisions that follow from a kernel's form and program."""

    form: Form
    program: Program

    @property
    def inner(self) -> int:
        """The dimension along columns."""
        return self.form.loops + self.form.reduced

    @property
    def operands(self) -> int:
        """Number of operands."""
        return len(self.program.inputs) + len(self.program.values)

    @property
    def maps(self) -> list[int]:
        """Outputs that are not reduced."""
        return [k for k, kind in enumerate(self.program.reductions) if not kind]

    @property
    def reduced(self) -> list[int]:
        """Outputs that are reduced."""
        return [k for k, kind in enumerate(self.program.reductions) if kind]

    @property
    def is_cheap(self) -> bool:
        """Whether four rows' values fit in registers, and are printed four times."""
        kinds = set(self.form.inputs + self.form.outputs)
        return (
            bool(self.computed)
            and set(self.program.reductions) <= set(RULE_OF)
            and self.form.reduced == 1
            and kinds <= {CONTIGUOUS, BROADCAST}
            and self.program.is_inline
            and self.program.size <= CHEAP_OPS
        )

    @property
    def strip(self) -> int:
        """Columns walked at a time; fewer if there are many buffers of them."""
        moments = self.program.moments
        is_direct = self.is_cheap or not (self.computed or self.maps)
        wanted = DIRECT_STRIP if is_direct else STRIP
        if moments:
            wanted = min(wanted, MOMENT_COLUMNS)
        buffers = max(len(self.computed), len(self.reduced))
        share = wanted * MANY_BUFFERS // max(MANY_BUFFERS, buffers)
        return max(MIN_STRIP, share // MIN_STRIP * MIN_STRIP)

    @property
    def computed(self) -> list[Expr]:
        """Values that are reduced and must be computed into a buffer.

        With outputs of elements every value counts: they may overwrite an input.
        """
        values = dict.fromkeys(self.program.values[k] for k in self.reduced)
        is_free = not self.maps and self.form.reduced == 1
        return [v for v in values if not (is_free and self.lies(v))]

    def pitch(self, dtype: DType) -> int:
        """Return the elements from one row of a buffer to the next.

        A cache line more than a strip: rows must not all fall on the same lines.
        """
        return self.strip + lanes(dtype)

    def lies(self, value: Expr) -> bool:
        """Whether a value lies in memory, contiguous along columns."""
        if value.op != "arg":
            return False
        assert isinstance(value.imm, int)
        return self.form.inputs[value.imm] == CONTIGUOUS

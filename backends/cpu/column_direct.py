"""Prints the reduction of four rows without a buffer between.

Cheap values go from registers into a tree, and this to the strip's results: reading
memory is then all that takes time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.column_reducers import GROUP
from lazydag.backends.cpu.folds import combine, constant, identity, tree
from lazydag.backends.cpu.program import Form, Program
from lazydag.backends.cpu.row_state import CONTIGUOUS
from lazydag.backends.scalar.expr import Expr


@dataclass(frozen=True, slots=True)
class DirectGroup:
    """Prints loops over whole vectors of columns.

    Attributes
    ----------
    sums
        Addresses of the strip's results, for each output.
    """

    code: Code
    form: Form
    program: Program
    sums: Sequence[str]

    def begin(self, columns: str) -> None:
        """Print the identities that results begin with."""
        code, out = self.code, self.code.printer
        for kind, value, sums in self._reductions():
            none = constant(out, identity(kind, value.dtype))
            with code.loop(columns, self.program.width) as column:
                out.store(none, code.element(sums, column, value.dtype), value.dtype)

    def add(
        self, columns: str, pointers: Sequence[str], strides: Sequence[str]
    ) -> None:
        """Print the work on four rows of the inputs, given the first's addresses."""
        code, out = self.code, self.code.printer
        with code.loop(columns, self.program.width) as column:
            rows = self._values(column, pointers, strides)
            for k, (kind, value, sums) in enumerate(self._reductions()):
                total = tree(out, kind, value.dtype, [row[k] for row in rows])
                place = code.element(sums, column, value.dtype)
                old = out.load(place, value.dtype)
                new = combine(out, kind, value.dtype, old, total)
                out.store(new, place, value.dtype)

    def _reductions(self) -> list[tuple[str, Expr, str]]:
        program = self.program
        return list(zip(program.reductions, program.values, self.sums, strict=True))

    def _values(
        self, column: str, pointers: Sequence[str], strides: Sequence[str]
    ) -> list[list[str]]:
        """Print the values of each row at one vector of columns."""
        code, program = self.code, self.program
        here = [
            code.element(p, column if kind == CONTIGUOUS else 0, dtype)
            for p, kind, dtype in zip(
                pointers, self.form.inputs, program.inputs, strict=True
            )
        ]
        rows = []
        for row in range(GROUP):
            loads = {k: self._vector(k, p) for k, p in enumerate(here)}
            rows.append(code.printer.body(program.values, loads))
            if row < GROUP - 1:
                here = [code.at(p, s) for p, s in zip(here, strides, strict=True)]
        return rows

    def _vector(self, operand: int, pointer: str) -> str:
        code, dtype = self.code, self.program.inputs[operand]
        if self.form.inputs[operand] == CONTIGUOUS:
            return code.printer.load(pointer, dtype)
        return code.load_splat(pointer, dtype)

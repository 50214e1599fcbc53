"""Prints maps whose inputs lie across each other, such as ``a + b.T``.

The two innermost loops go block by block. Of an input that is contiguous along the
outer one, each block is first transposed into a buffer, so that every cache line that
is fetched is used whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lazydag.backends.cpu.blocks import BlockLayout
from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.map_tasks import BLOCK_COLUMNS as COLUMNS
from lazydag.backends.cpu.map_tasks import BLOCK_ROWS as ROWS
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.nest import Nest, finish
from lazydag.backends.cpu.program import Form, Program
from lazydag.backends.cpu.row_state import SCRATCH, STRIDED, TRANSPOSED, Row
from lazydag.backends.cpu.rows import RowLoop
from lazydag.backends.cpu.transposer import call_transposer
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.types import TYPES, DType


def print_blocked(form: Form, program: Program) -> Module:
    """Return the text of a map over blocks."""
    code = Code(VectorPrinter(program.width))
    kernel = BlockedKernel(code, form, program)
    nest, outer = kernel.nest, form.loops
    with nest.loops(nest.bases(len(kernel.types)), range(outer)) as at:
        rows, columns = nest.extent(outer), nest.extent(outer + 1)
        with code.loop(rows, ROWS) as i, code.loop(columns, COLUMNS) as j:
            here = nest.moved(nest.moved(at, outer, i), outer + 1, j)
            height = code.minimum(code.i64("sub", rows, i), ROWS)
            width = code.minimum(code.i64("sub", columns, j), COLUMNS)
            kernel.block(here, height, width)
    text = module_text(finish(code, streams=form.streams), code.printer)
    return Module(text, calls=frozenset(code.printer.calls))


@dataclass(slots=True)
class BlockedKernel:
    """Prints the work on one block."""

    code: Code
    form: Form
    program: Program
    nest: Nest = field(init=False)
    rows: RowLoop = field(init=False)
    buffers: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self.nest = Nest(self.code, BlockLayout(self.form.loops + 2))
        kinds = [SCRATCH if k == TRANSPOSED else k for k in self.kinds]
        operands = list(zip(self.types, kinds, strict=True))
        split = len(self.program.inputs)
        self.buffers = {
            k: self.code.buffer(self.types[k], ROWS * COLUMNS)
            for k, kind in enumerate(self.form.inputs)
            if kind == TRANSPOSED
        }
        self.rows = RowLoop(
            self.code, operands[:split], operands[split:], streams=self.form.streams
        )

    @property
    def kinds(self) -> str:
        """Stride classes of all operands."""
        return self.form.inputs + self.form.outputs

    @property
    def types(self) -> list[DType]:
        """Types of all operands."""
        return [*self.program.inputs, *(v.dtype for v in self.program.values)]

    def block(self, pointers: Sequence[str], height: str, width: str) -> None:
        """Print the work on a block of `height` rows and `width` columns."""
        for k in self.buffers:
            self._transpose(k, pointers[k], height, width)
        split = len(self.program.inputs)
        with self.code.loop(height) as i:
            rows = [self._row(k, p, i) for k, p in enumerate(pointers)]
            self.rows.emit(width, rows[:split], rows[split:], self.program.values)

    def _transpose(self, operand: int, pointer: str, height: str, width: str) -> None:
        dtype = self.types[operand]
        pitch = COLUMNS * TYPES[dtype].nbytes
        stride = self.nest.stride(operand, self.form.loops + 1)
        arguments = (
            f"ptr {self.buffers[operand]}, i64 {pitch}, ptr {pointer}, i64 {stride}, "
            f"i64 {height}, i64 {width}"
        )
        call_transposer(self.code.printer, dtype, arguments)

    def _row(self, operand: int, pointer: str, row: str) -> Row:
        code, nest, dtype = self.code, self.nest, self.types[operand]
        if operand in self.buffers:
            first = code.i64("mul", row, COLUMNS)
            return Row(
                dtype, SCRATCH, code.element(self.buffers[operand], first, dtype)
            )
        outer, kind = self.form.loops, self.kinds[operand]
        moved = code.at(pointer, code.i64("mul", row, nest.stride(operand, outer)))
        stride = nest.stride(operand, outer + 1) if kind == STRIDED else ""
        return Row(dtype, kind, moved, stride)

"""Prints kernels that reduce columns: rows are combined as vectors.

Blocks of rows are walked in strips of columns that stay in the cache. The values of
eight rows at a time (for the sum of squares: of the block) are computed into a buffer,
which a function of the library combines with the strip's results. A value that lies in
memory as it is needed is combined where it lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lazydag.backends.cpu.blocks import BlockLayout
from lazydag.backends.cpu.code import Code, memory_type, module_text
from lazydag.backends.cpu.column_plan import ColumnPlan
from lazydag.backends.cpu.column_reducers import GROUP, accumulate
from lazydag.backends.cpu.folds import tree
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.nest import BLOCK, Nest, finish
from lazydag.backends.cpu.program import Form, Program
from lazydag.backends.cpu.reducers import call_reducer
from lazydag.backends.cpu.row_state import CONTIGUOUS, SCRATCH, STRIDED, Row
from lazydag.backends.cpu.rows import RowLoop
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.expr import Expr
from lazydag.backends.scalar.types import TYPES, DType
from lazydag.ir.reduction import COLUMN_BLOCK


def print_column(form: Form, program: Program) -> Module:
    """Return the text of a kernel that reduces columns."""
    code = Code(VectorPrinter(program.width))
    kernel = ColumnKernel(code, form, program)
    nest, strip = kernel.nest, kernel.plan.strip
    with nest.loops(nest.bases(kernel.plan.operands), range(form.loops)) as at:
        count = code.word(BLOCK, nest.layout.count)
        columns = nest.extent(kernel.plan.inner)
        with code.loop(count, COLUMN_BLOCK) as start, code.loop(columns, strip) as left:
            block = Block(
                start,
                code.minimum(code.i64("sub", count, start), COLUMN_BLOCK),
                code.minimum(code.i64("sub", columns, left), strip),
                nest.moved(at, kernel.plan.inner, left),
            )
            kernel.block(block)
    text = module_text(finish(code, streams=form.streams), code.printer)
    return Module(text, calls=frozenset(code.printer.calls))


@dataclass(frozen=True, slots=True)
class Block:
    """Names of what is known of a block of rows and a strip of columns.

    Attributes
    ----------
    start
        First reduced element of the block, counted from the tile's first.
    count
        Number of rows.
    columns
        Number of columns.
    pointers
        Addresses of the operands in the tile's first row.
    """

    start: str
    count: str
    columns: str
    pointers: Sequence[str]


@dataclass(slots=True)
class ColumnKernel:
    """Prints what happens to one block of rows and strip of columns."""

    code: Code
    form: Form
    program: Program
    plan: ColumnPlan = field(init=False)
    nest: Nest = field(init=False)
    rows: RowLoop | None = field(init=False)
    buffers: dict[Expr, str] = field(init=False)
    sums: dict[int, str] = field(init=False)

    def __post_init__(self) -> None:
        form, program, code = self.form, self.program, self.code
        self.plan = ColumnPlan(form, program)
        self.nest = Nest(code, BlockLayout(self.plan.inner + 1, is_reduction=True))
        deep = COLUMN_BLOCK if self.plan.keeps_blocks else GROUP
        self.buffers = {
            value: code.buffer(value.dtype, deep * self.plan.pitch(value.dtype))
            for value in self.plan.computed
        }
        self.sums = {
            k: code.buffer(program.values[k].dtype, self.plan.strip)
            for k in self.plan.reduced
            if form.outputs[k] != CONTIGUOUS
        }
        self.rows = None
        if self.plan.computed or self.plan.maps:
            kinds = form.inputs.lower()
            inputs = list(zip(program.inputs, kinds, strict=True))
            outputs = [
                (program.values[k].dtype, form.outputs[k].lower())
                for k in self.plan.maps
            ]
            outputs += [(value.dtype, SCRATCH) for value in self.plan.computed]
            self.rows = RowLoop(code, inputs, outputs, streams=form.streams)

    def block(self, block: Block) -> None:
        """Print the work on a block of rows and a strip of columns."""
        code = self.code
        with code.loop(block.count, GROUP) as g:
            count = code.minimum(code.i64("sub", block.count, g), GROUP)
            if self.plan.is_cheap:
                self._group_at_once(block, g, count)
            else:
                self._group(block, g, count)
        for k in self.plan.reduced:
            if self.program.reductions[k] == "m2":
                source = self._source(k, block, block.start, "0")
                self._call(k, block, source, block.count, "1")
        for k in self.sums:
            self._scatter(k, block)

    def _group_at_once(self, block: Block, group: str, count: str) -> None:
        """Print a group's work on whole vectors in registers, the rest as usual."""
        code = self.code
        done = code.slot("i64")
        code.line(f"store i64 0, ptr {done}, align 8")
        whole = code.i64("and", block.columns, -self.program.width)
        with code.when(code.emit(f"icmp eq i64 {count}, {GROUP}")):
            code.line(f"store i64 {whole}, ptr {done}, align 8")
            first = code.i64("add", block.start, group)
            is_first = code.emit(f"icmp eq i64 {group}, 0")
            pointers = [
                self._row(k, p, first).pointer for k, p in enumerate(block.pointers)
            ]
            with code.loop(whole, self.program.width) as column:
                self._vectors(block, pointers, column, is_first)
        begun = code.emit(f"load i64, ptr {done}, align 8")
        left = code.i64("sub", block.columns, begun)
        with code.when(code.emit(f"icmp sgt i64 {left}, 0")):
            moved = self.nest.moved(block.pointers, self.plan.inner, begun)
            self._group(Block(block.start, block.count, left, moved), group, count)

    def _vectors(
        self, block: Block, pointers: Sequence[str], column: str, is_first: str
    ) -> None:
        """Print eight rows' values at one vector of columns, and their trees."""
        code, out, program = self.code, self.code.printer, self.program
        split, last = len(program.inputs), self.plan.inner - 1
        strides = [self.nest.stride(k, last) for k in range(split)]
        here = [
            code.element(p, column if kind == CONTIGUOUS else 0, dtype)
            for p, kind, dtype in zip(
                pointers[:split], self.form.inputs, program.inputs, strict=True
            )
        ]
        rows = []
        for row in range(GROUP):
            loads = {k: self._vector(k, p) for k, p in enumerate(here)}
            rows.append(out.body(program.values, loads))
            if row < GROUP - 1:
                here = [code.at(p, s) for p, s in zip(here, strides, strict=True)]
        for k, (kind, value) in enumerate(
            zip(program.reductions, program.values, strict=True)
        ):
            total = tree(out, kind, value.dtype, [row[k] for row in rows])
            sums = self._target(k, block)
            accumulate(code, kind, value.dtype, sums, column, total, is_first)

    def _vector(self, operand: int, pointer: str) -> str:
        out, dtype = self.code.printer, self.program.inputs[operand]
        if self.form.inputs[operand] == CONTIGUOUS:
            return out.load(pointer, dtype)
        width, out.width = out.width, 1
        value = out.load(pointer, dtype)
        out.width = width
        return out.splat(value, dtype)

    def _group(self, block: Block, group: str, count: str) -> None:
        """Print the work on a group of at most eight rows."""
        code = self.code
        first = code.i64("add", block.start, group)
        if self.rows is not None:
            with code.loop(count) as r:
                self._compute(block, code.i64("add", first, r), group, r)
        is_first = code.emit(f"icmp eq i64 {group}, 0")
        flag = code.emit(f"zext i1 {is_first} to i64")
        for k in self.plan.reduced:
            if self.program.reductions[k] != "m2":
                source = self._source(k, block, first, group)
                self._call(k, block, source, count, flag)

    def _compute(self, block: Block, index: str, group: str, row: str) -> None:
        """Print the computation of one row's values."""
        here = [self._row(k, p, index) for k, p in enumerate(block.pointers)]
        split = len(self.program.inputs)
        stored = [here[split + k] for k in self.plan.maps]
        stored += [
            Row(v.dtype, SCRATCH, self._buffered(v, group, row))
            for v in self.plan.computed
        ]
        values = [self.program.values[k] for k in self.plan.maps] + self.plan.computed
        assert self.rows is not None
        self.rows.emit(block.columns, here[:split], stored, values)

    def _row(self, operand: int, pointer: str, index: str) -> Row:
        code, nest = self.code, self.nest
        kind = (self.form.inputs + self.form.outputs)[operand]
        dims = range(self.form.loops, self.plan.inner)
        if kind.isupper():
            position = nest.unflattened(self._absolute(index), dims)
            pointer = nest.displaced(operand, pointer, dims, position)
        else:
            step = nest.stride(operand, dims[-1])
            pointer = code.at(pointer, code.i64("mul", index, step))
        stride = (
            nest.stride(operand, self.plan.inner) if kind.lower() == STRIDED else ""
        )
        return Row(self._type(operand), kind.lower(), pointer, stride)

    def _absolute(self, index: str) -> str:
        first = self.code.word(BLOCK, self.nest.layout.first)
        return self.code.i64("add", first, index)

    def _type(self, operand: int) -> DType:
        split = len(self.program.inputs)
        if operand < split:
            return self.program.inputs[operand]
        return self.program.values[operand - split].dtype

    def _buffered(self, value: Expr, group: str, row: str) -> str:
        """Return the address of a row in the value's buffer."""
        code = self.code
        if self.plan.keeps_blocks:
            row = code.i64("add", group, row)
        first = code.i64("mul", row, self.plan.pitch(value.dtype))
        return code.element(self.buffers[value], first, value.dtype)

    def _source(
        self, output: int, block: Block, first: str, group: str
    ) -> tuple[str, str]:
        """Return the address of an output's values from a row on, and their stride."""
        code, value = self.code, self.program.values[output]
        if value in self.buffers:
            where = self._buffered(value, group, "0")
            return where, str(self.plan.pitch(value.dtype) * TYPES[value.dtype].nbytes)
        assert isinstance(value.imm, int)
        stride = self.nest.stride(value.imm, self.plan.inner - 1)
        moved = code.i64("mul", first, stride)
        return code.at(block.pointers[value.imm], moved), stride

    def _call(
        self, output: int, block: Block, source: tuple[str, str], count: str, first: str
    ) -> None:
        sums = self.sums.get(output) or self._target(output, block)
        value, kind = self.program.values[output], self.program.reductions[output]
        arguments = (
            f"ptr {sums}, ptr {source[0]}, i64 {source[1]}, i64 {count}, "
            f"i64 {block.columns}, i64 {first}"
        )
        call_reducer(self.code.printer, "column", kind, value.dtype, arguments)

    def _target(self, output: int, block: Block) -> str:
        """Return the address of the block's results in the output."""
        code, operand = self.code, len(self.program.inputs) + output
        number = code.i64("lshr", block.start, COLUMN_BLOCK.bit_length() - 1)
        stride = self.nest.stride(operand, self.plan.inner - 1)
        return code.at(block.pointers[operand], code.i64("mul", number, stride))

    def _scatter(self, output: int, block: Block) -> None:
        code, dtype = self.code, self.program.values[output].dtype
        kind, align = memory_type(dtype), TYPES[dtype].nbytes
        target = self._target(output, block)
        stride = self.nest.stride(len(self.program.inputs) + output, self.plan.inner)
        with code.loop(block.columns) as i:
            old = code.element(self.sums[output], i, dtype)
            value = code.emit(f"load {kind}, ptr {old}, align {align}")
            new = code.at(target, code.i64("mul", i, stride))
            code.line(f"store {kind} {value}, ptr {new}, align {align}")

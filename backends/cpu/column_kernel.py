"""Prints kernels that reduce columns: rows are combined as vectors.

Blocks of rows are walked in strips of columns that stay in the cache. The values of
four rows at a time are computed into a buffer, which a function of the library combines
with the strip's results. A value that lies in memory as it is needed is combined where
it lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lazydag.backends.cpu.blocks import BlockLayout
from lazydag.backends.cpu.code import Code, memory_type, module_text
from lazydag.backends.cpu.column_direct import DirectGroup
from lazydag.backends.cpu.column_moments import FIELDS, pitch
from lazydag.backends.cpu.column_plan import ColumnPlan
from lazydag.backends.cpu.column_reducers import GROUP
from lazydag.backends.cpu.folds import MOMENTS
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
    first
        Column of the strip at which this part of it begins.
    """

    start: str
    count: str
    columns: str
    pointers: Sequence[str]
    first: str = "0"


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
    states: dict[Expr, str] = field(init=False)

    def __post_init__(self) -> None:
        form, program, code = self.form, self.program, self.code
        self.plan = ColumnPlan(form, program)
        self.nest = Nest(code, BlockLayout(self.plan.inner + 1, is_reduction=True))
        self.buffers = {
            value: code.buffer(value.dtype, GROUP * self.plan.pitch(value.dtype))
            for value in self.plan.computed
        }
        self.states = {
            value: code.buffer(value.dtype, FIELDS * pitch(value.dtype))
            for value in program.moments
        }
        self.sums = {
            k: code.buffer(program.values[k].dtype, self.plan.strip)
            for k in self.plan.reduced
            if k in program.folds or form.outputs[k] != CONTIGUOUS
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
        for value in self.states:
            self._settle(value, block)
        for k in self.sums:
            self._scatter(k, block)

    def _group_at_once(self, block: Block, group: str, count: str) -> None:
        """Print a group's work on whole vectors in registers, the rest as usual."""
        code = self.code
        done = code.slot("i64")
        code.line(f"store i64 0, ptr {done}, align 8")
        whole = code.i64("and", block.columns, -self.program.width)
        split = len(self.program.inputs)
        with code.when(code.emit(f"icmp eq i64 {count}, {GROUP}")):
            code.line(f"store i64 {whole}, ptr {done}, align 8")
            first = code.i64("add", block.start, group)
            is_first = code.emit(f"icmp eq i64 {group}, 0")
            pointers = [
                self._row(k, p, first).pointer for k, p in enumerate(block.pointers)
            ]
            strides = [self.nest.stride(k, self.plan.inner - 1) for k in range(split)]
            sums = [self.sums[k] for k in range(len(self.program.values))]
            direct = DirectGroup(code, self.form, self.program, sums)
            with code.when(is_first):
                direct.begin(whole)
            direct.add(whole, pointers[:split], strides)
        begun = code.emit(f"load i64, ptr {done}, align 8")
        left = code.i64("sub", block.columns, begun)
        with code.when(code.emit(f"icmp sgt i64 {left}, 0")):
            moved = self.nest.moved(block.pointers, self.plan.inner, begun)
            part = Block(block.start, block.count, left, moved, begun)
            self._group(part, group, count)

    def _group(self, block: Block, group: str, count: str) -> None:
        """Print the work on a group of at most four rows."""
        code = self.code
        first = code.i64("add", block.start, group)
        if self.rows is not None:
            with code.loop(count) as r:
                self._compute(block, code.i64("add", first, r), r)
        is_first = code.emit(f"icmp eq i64 {group}, 0")
        flag = code.emit(f"zext i1 {is_first} to i64")
        for k in self.program.folds:
            value, kind = self.program.values[k], self.program.reductions[k]
            rest = f"i64 {count}, i64 {block.columns}, i64 {flag}"
            self._call(kind, self._results(k, block), value, block, first, rest)
        for value, state in self.states.items():
            rest = f"i64 {count}, i64 {block.columns}"
            with code.when(is_first):
                self._call("anchor", state, value, block, first, rest)
            self._call("moments", state, value, block, first, rest)

    def _compute(self, block: Block, index: str, row: str) -> None:
        """Print the computation of one row's values."""
        here = [self._row(k, p, index) for k, p in enumerate(block.pointers)]
        split = len(self.program.inputs)
        stored = [here[split + k] for k in self.plan.maps]
        stored += [
            Row(v.dtype, SCRATCH, self._buffered(v, row)) for v in self.plan.computed
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

    def _buffered(self, value: Expr, row: str) -> str:
        """Return the address of a row in the value's buffer."""
        first = self.code.i64("mul", row, self.plan.pitch(value.dtype))
        return self.code.element(self.buffers[value], first, value.dtype)

    def _source(self, value: Expr, block: Block, first: str) -> tuple[str, str]:
        """Return the address of a group's values, and the stride of its rows."""
        code = self.code
        if value in self.buffers:
            nbytes = self.plan.pitch(value.dtype) * TYPES[value.dtype].nbytes
            return self.buffers[value], str(nbytes)
        assert isinstance(value.imm, int)
        stride = self.nest.stride(value.imm, self.plan.inner - 1)
        moved = code.i64("mul", first, stride)
        return code.at(block.pointers[value.imm], moved), stride

    def _call(
        self, kind: str, target: str, value: Expr, block: Block, first: str, rest: str
    ) -> None:
        """Print a call that adds the group of rows from `first` on to `target`."""
        rows, stride = self._source(value, block, first)
        arguments = f"ptr {target}, ptr {rows}, i64 {stride}, {rest}"
        call_reducer(self.code.printer, "column", kind, value.dtype, arguments)

    def _settle(self, value: Expr, block: Block) -> None:
        """Print the call that makes a block's results of its state.

        What is not wanted overwrites the state, which is not needed any more.
        """
        found, state = self.program.moments[value], self.states[value]
        places = [
            self._results(found[kind], block) if kind in found else state
            for kind in MOMENTS
        ]
        addresses = ", ".join(f"ptr {place}" for place in (state, *places))
        arguments = f"{addresses}, i64 {block.count}, i64 {block.columns}"
        call_reducer(self.code.printer, "column", "settle", value.dtype, arguments)

    def _results(self, output: int, block: Block) -> str:
        """Return the address of the block's results, perhaps in a buffer as yet."""
        if output not in self.sums:
            return self._target(output, block)
        dtype = self.program.values[output].dtype
        return self.code.element(self.sums[output], block.first, dtype)

    def _target(self, output: int, block: Block) -> str:
        """Return the address of the block's results in the output."""
        code, operand = self.code, len(self.program.inputs) + output
        number = code.i64("lshr", block.start, COLUMN_BLOCK.bit_length() - 1)
        stride = self.nest.stride(operand, self.plan.inner - 1)
        return code.at(block.pointers[operand], code.i64("mul", number, stride))

    def _scatter(self, output: int, block: Block) -> None:
        """Print the copy of a block's results from their buffer."""
        code, dtype = self.code, self.program.values[output].dtype
        kind, align = memory_type(dtype), TYPES[dtype].nbytes
        target = self._target(output, block)
        if self.form.outputs[output] == CONTIGUOUS:
            nbytes = code.i64("mul", block.columns, align)
            code.copy(target, self.sums[output], nbytes)
            return
        stride = self.nest.stride(len(self.program.inputs) + output, self.plan.inner)
        with code.loop(block.columns) as i:
            old = code.element(self.sums[output], i, dtype)
            value = code.emit(f"load {kind}, ptr {old}, align {align}")
            new = code.at(target, code.i64("mul", i, stride))
            code.line(f"store {kind} {value}, ptr {new}, align {align}")

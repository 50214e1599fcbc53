"""Prints kernels that reduce along rows: block by block of consecutive elements.

The values of a block are computed into a buffer on the stack, which a function of the
library reduces. A value that lies in memory as it is needed is reduced where it lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from lazydag.backends.cpu.blocks import BlockLayout
from lazydag.backends.cpu.code import Code, memory_type, module_text
from lazydag.backends.cpu.folds import MOMENTS
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.nest import BLOCK, Nest, finish
from lazydag.backends.cpu.program import Form, Program
from lazydag.backends.cpu.reducers import call_reducer
from lazydag.backends.cpu.reduction_tasks import PACKED
from lazydag.backends.cpu.row_direct import DirectBlock, is_direct
from lazydag.backends.cpu.row_state import BROADCAST, CONTIGUOUS, SCRATCH, Row
from lazydag.backends.cpu.rows import RowLoop
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.expr import Expr
from lazydag.backends.scalar.types import TYPES, DType
from lazydag.ir.reduction import ROW_BLOCK


def print_row(form: Form, program: Program) -> Module:
    """Return the text of a kernel that reduces rows."""
    code = Code(VectorPrinter(program.width))
    kernel = RowKernel(code, form, program)
    with kernel.nest.loops(kernel.nest.bases(kernel.operands), range(form.loops)) as at:
        count = code.word(BLOCK, kernel.nest.layout.count)
        with code.loop(count, ROW_BLOCK) as start:
            length = code.minimum(code.i64("sub", count, start), ROW_BLOCK)
            kernel.block(at, start, length)
    text = module_text(finish(code, streams=form.streams), code.printer)
    return Module(text, calls=frozenset(code.printer.calls))


@dataclass(slots=True)
class RowKernel:
    """Prints what happens to one block."""

    code: Code
    form: Form
    program: Program
    nest: Nest = field(init=False)
    direct: DirectBlock | None = field(init=False)
    rows: RowLoop | None = field(init=False)
    buffers: dict[object, str] = field(init=False)
    spare: dict[DType, str] = field(init=False)

    def __post_init__(self) -> None:
        form, program = self.form, self.program
        layout = BlockLayout(form.loops + form.reduced, is_reduction=True)
        self.nest = Nest(self.code, layout)
        self.buffers, self.rows, self.direct = {}, None, None
        dtypes = dict.fromkeys(v.dtype for v in program.moments)
        self.spare = {dtype: self.code.buffer(dtype, 1) for dtype in dtypes}
        if is_direct(form, program):
            self.direct = DirectBlock(self.code, form, program)
            return
        for k, kind in enumerate((*form.inputs, *form.outputs)):
            if kind == PACKED:
                self.buffers[k] = self.code.buffer(self.types[k], ROW_BLOCK)
        for value in self.computed:
            self.buffers[value] = self.code.buffer(value.dtype, ROW_BLOCK)
        if self.computed or self.maps:
            inputs = zip(program.inputs, map(_row_kind, form.inputs), strict=True)
            outputs = [
                (program.values[k].dtype, _row_kind(form.outputs[k])) for k in self.maps
            ]
            outputs += [(value.dtype, SCRATCH) for value in self.computed]
            self.rows = RowLoop(
                self.code, list(inputs), outputs, streams=self.form.streams
            )

    @property
    def types(self) -> list[DType]:
        """Types of all operands."""
        return [*self.program.inputs, *(v.dtype for v in self.program.values)]

    @property
    def operands(self) -> int:
        """Number of operands."""
        return len(self.program.inputs) + len(self.program.values)

    @property
    def maps(self) -> list[int]:
        """Outputs that are not reduced."""
        return [k for k, kind in enumerate(self.program.reductions) if not kind]

    @property
    def computed(self) -> list[Expr]:
        """Values that are reduced and do not lie in memory.

        With outputs of elements every value counts: they may overwrite an input.
        """
        pairs = zip(self.program.values, self.program.reductions, strict=True)
        reduced = dict.fromkeys(value for value, kind in pairs if kind)
        return [value for value in reduced if self.maps or not self._lies(value)]

    def _lies(self, value: Expr) -> bool:
        if value.op != "arg":
            return False
        assert isinstance(value.imm, int)
        return self.form.inputs[value.imm] in (CONTIGUOUS, PACKED)

    def block(self, pointers: Sequence[str], start: str, length: str) -> None:
        """Print the work on the block of `length` elements from `start` on."""
        here = [self._row(k, p, start, length) for k, p in enumerate(pointers)]
        split = len(self.program.inputs)
        inputs, outputs = here[:split], here[split:]
        if self.direct is not None:
            targets = [
                self._target(k, p, start) for k, p in enumerate(pointers[split:])
            ]
            self.direct.emit(inputs, length, targets)
            return
        if self.rows is not None:
            stored = [outputs[k] for k in self.maps]
            stored += [Row(v.dtype, SCRATCH, self.buffers[v]) for v in self.computed]
            values = [self.program.values[k] for k in self.maps] + self.computed
            self.rows.emit(length, inputs, stored, values)
        for k in self.maps:
            if self.form.outputs[k] == PACKED:
                at = split + k
                self._move(at, pointers[at], start, length, is_pack=False)
        targets = [self._target(k, p, start) for k, p in enumerate(pointers[split:])]
        for k in self.program.folds:
            value, kind = self.program.values[k], self.program.reductions[k]
            self._reduce(kind, [targets[k]], value, inputs, length)
        for value, found in self.program.moments.items():
            unused = self.spare[value.dtype]
            places = [targets[found[k]] if k in found else unused for k in MOMENTS]
            self._reduce("moments", places, value, inputs, length)

    def _row(self, operand: int, pointer: str, start: str, length: str) -> Row:
        """Return the operand's elements of the block; packs them if need be."""
        code, dtype = self.code, self.types[operand]
        kind = (self.form.inputs + self.form.outputs)[operand]
        if kind == PACKED:
            if operand < len(self.program.inputs):
                self._move(operand, pointer, start, length, is_pack=True)
            return Row(dtype, SCRATCH, self.buffers[operand])
        if kind == BROADCAST:
            return Row(dtype, kind, pointer)
        if kind == CONTIGUOUS:
            return Row(dtype, kind, code.element(pointer, start, dtype))
        stride = self.nest.stride(operand, self.form.loops + self.form.reduced - 1)
        moved = code.at(pointer, code.i64("mul", start, stride))
        return Row(dtype, kind, moved, stride)

    def _reduce(
        self,
        kind: str,
        targets: Sequence[str],
        value: Expr,
        inputs: Sequence[Row],
        length: str,
    ) -> None:
        if value in self.buffers:
            source = self.buffers[value]
        else:
            assert isinstance(value.imm, int)
            source = inputs[value.imm].pointer
        addresses = ", ".join(f"ptr {place}" for place in (*targets, source))
        arguments = f"{addresses}, i64 {length}"
        call_reducer(self.code.printer, "row", kind, value.dtype, arguments)

    def _target(self, output: int, pointer: str, start: str) -> str:
        """Return the address of the block's result."""
        code, operand = self.code, len(self.program.inputs) + output
        stride = self.nest.stride(operand, self.form.loops + self.form.reduced - 1)
        number = code.i64("lshr", start, ROW_BLOCK.bit_length() - 1)
        return code.at(pointer, code.i64("mul", number, stride))

    def _move(
        self, operand: int, pointer: str, start: str, length: str, *, is_pack: bool
    ) -> None:
        """Copy a block from or to its buffer, run by run along the last axis."""
        code, dims = self.code, range(self.form.loops, self.nest.layout.dims)
        first = code.i64("add", code.word(BLOCK, self.nest.layout.first), start)
        run = f"%{code.new_label('run')}"
        with code.loop(length, run) as done:
            index = self.nest.unflattened(code.i64("add", first, done), dims)
            here = self.nest.displaced(operand, pointer, dims, index)
            left = code.i64("sub", self.nest.extent(dims[-1]), index[-1])
            count = code.minimum(left, code.i64("sub", length, done))
            code.line(f"{run} = add i64 {count}, 0")
            stride = self.nest.stride(operand, dims[-1])
            self._copy(operand, here, stride, done, count, is_pack=is_pack)

    def _copy(
        self,
        operand: int,
        outside: str,
        stride: str,
        first: str,
        count: str,
        *,
        is_pack: bool,
    ) -> None:
        code, dtype = self.code, self.types[operand]
        kind, align = memory_type(dtype), TYPES[dtype].nbytes
        with code.loop(count) as i:
            far = code.at(outside, code.i64("mul", i, stride))
            near = code.element(self.buffers[operand], code.i64("add", first, i), dtype)
            source, target = (far, near) if is_pack else (near, far)
            value = code.emit(f"load {kind}, ptr {source}, align {align}")
            code.line(f"store {kind} {value}, ptr {target}, align {align}")


def _row_kind(kind: str) -> str:
    return SCRATCH if kind == PACKED else kind

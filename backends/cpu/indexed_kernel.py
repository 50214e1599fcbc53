"""Prints kernels of gathers and scatters: positions are looked up, and checked."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final, get_args

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.indexed_form import COMBINED, LARGEST_CODE, IndexedForm
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.nest import BLOCK, Nest, finish
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.expr import arg
from lazydag.backends.scalar.lower import RULES
from lazydag.backends.scalar.types import TYPES, DType

LANES: Final = 8
"""Neighbours that are moved at once."""
LEVEL: Final = 2
SCALARS: Final[dict[str, DType]] = {name: name for name in get_args(DType)}


def print_indexed(form: IndexedForm) -> Module:
    """Return the text of the kernel of a form."""
    kernel = _Kernel(form, Code(VectorPrinter(1)))
    kernel.emit()
    code = kernel.code
    text = module_text(finish(code), code.printer)
    return Module(text, calls=frozenset(code.printer.calls), level=LEVEL)


def position(code: Code, pointer: str, dtype: DType) -> str:
    """Print the load of a position, as an i64."""
    row = TYPES[dtype]
    raw = code.emit(f"load {row.llvm}, ptr {pointer}, align {row.nbytes}")
    if row.bits == 64:
        return raw
    widen = "sext" if row.kind == "i" else "zext"
    return code.emit(f"{widen} {row.llvm} {raw} to i64")


def from_front(code: Code, raw: str, extent: str, dtype: DType) -> str:
    """Print a position counted from the front, be it one or not."""
    if TYPES[dtype].kind != "i":
        return raw
    from_end = code.i64("add", raw, extent)
    is_negative = code.emit(f"icmp slt i64 {raw}, 0")
    return code.emit(f"select i1 {is_negative}, i64 {from_end}, i64 {raw}")


def failure_code(code: Code, raw: str, dtype: DType, number: int, count: int) -> str:
    """Print the i32 that `outside` reads, for a position that is none.

    Parameters
    ----------
    number, count
        Of the axis, and of all axes with positions.
    """
    most = 1 << 32
    if TYPES[dtype].kind == "i":
        low = code.emit(f"call i64 @llvm.smax.i64(i64 {raw}, i64 {-most})")
        raw = code.emit(f"call i64 @llvm.smin.i64(i64 {low}, i64 {most})")
        code.printer.declare("smax", "declare i64 @llvm.smax.i64(i64, i64)")
        code.printer.declare("smin", "declare i64 @llvm.smin.i64(i64, i64)")
    else:
        raw = code.emit(f"call i64 @llvm.umin.i64(i64 {raw}, i64 {most})")
    code.printer.declare("umin", "declare i64 @llvm.umin.i64(i64, i64)")
    sign = code.i64("ashr", raw, 63)
    spread = code.i64("xor", code.i64("shl", raw, 1), sign)
    limit = LARGEST_CODE // count - 1
    told = code.emit(f"call i64 @llvm.umin.i64(i64 {spread}, i64 {limit})")
    found = code.i64("add", code.i64("mul", told, count), number + 1)
    return code.emit(f"trunc i64 {found} to i32")


def combined(code: Code, how: str, dtype: DType, old: str, new: str) -> str:
    """Print what a ufunc makes of an element and what is written over it."""
    made = RULES[COMBINED[how]](arg(0, dtype), arg(1, dtype))
    (value,) = code.printer.body([made], {0: old, 1: new})
    return value


def combine_into(code: Code, how: str, dtype: DType, moved: str, there: str) -> None:
    """Print how an element is combined with one that stays."""
    printer = code.printer
    old, new = printer.load(there, dtype), printer.load(moved, dtype)
    printer.store(combined(code, how, dtype, old, new), there, dtype)


@dataclass(slots=True)
class _Kernel:
    """A kernel being printed.

    Attributes
    ----------
    extents, strides
        Names of what the block says of each axis with positions.
    bounds
        Names of the first place of a cut tile, and of that behind its last.
    """

    form: IndexedForm
    code: Code
    extents: list[str] = field(default_factory=list)
    strides: list[str] = field(default_factory=list)
    bounds: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """Number of axes with positions."""
        return len(self.form.positions)

    def emit(self) -> None:
        """Print the loops."""
        form, code = self.form, self.code
        nest = Nest(code, form.layout)
        for number in range(self.count):
            self.extents.append(code.word(BLOCK, form.axes + 2 * number))
            self.strides.append(code.word(BLOCK, form.axes + 2 * number + 1))
        if form.is_cut:
            self.bounds = tuple(code.word(BLOCK, form.range + k) for k in (0, 1))
        inner = form.loops - 1
        steps = [nest.stride(k, inner) for k in range(self.count + 2)]
        if form.row == "dense":
            sizes = [TYPES[p].nbytes for p in form.positions]
            steps = [*map(str, sizes), str(self._nbytes), "0"]
            self.strides[-1] = str(self._nbytes)
        extent = nest.extent(inner)
        with nest.loops(self._bases(nest), range(inner)) as row:
            if form.row in {"run", "strided"}:
                with self._reached(row) as there:
                    self._run(row[-2], there, extent, steps)
                return
            with code.loop(extent) as i:
                each = self._moved(row, steps, i)
                with self._reached(each) as there:
                    self._move(each[-2], there)

    @property
    def _nbytes(self) -> int:
        """Bytes of an element."""
        dtype = self.form.dtype
        return TYPES[dtype].nbytes if dtype in TYPES else int(dtype[1:]) // 8

    def _bases(self, nest: Nest) -> list[str]:
        """Return the addresses of operands' first elements, be they in the block."""
        found = nest.bases(self.count + 2)
        for operand, is_fixed in enumerate(self.form.fixed):
            if is_fixed:
                word = self.form.constant(operand)
                found[operand] = self.code.at(BLOCK, 8 * word)
        return found

    def _moved(
        self, pointers: Sequence[str], steps: Sequence[str], index: str
    ) -> list[str]:
        code = self.code
        return [
            code.at(pointer, code.i64("mul", index, step))
            for pointer, step in zip(pointers, steps, strict=True)
        ]

    @contextmanager
    def _reached(self, pointers: Sequence[str]) -> Iterator[str]:
        """Look positions up; yields where they lead to, if that is the tile's own."""
        code, there = self.code, pointers[-1]
        places = [self._place(k, pointers[k]) for k in range(self.count)]
        for place, stride in zip(places, self.strides, strict=True):
            there = code.at(there, code.i64("mul", place, stride))
        with ExitStack() as stack:
            if self.bounds:
                first, stop = self.bounds
                width = code.i64("sub", stop, first)
                ahead = code.i64("sub", places[0], first)
                is_own = code.emit(f"icmp ult i64 {ahead}, {width}")
                stack.enter_context(code.when(is_own))
            yield there

    def _place(self, number: int, pointer: str) -> str:
        """Return a position counted from the front; the kernel fails if it is none."""
        code, extent = self.code, self.extents[number]
        dtype = SCALARS[self.form.positions[number]]
        raw = position(code, pointer, dtype)
        place = from_front(code, raw, extent, dtype)
        with code.when(code.emit(f"icmp uge i64 {place}, {extent}")):
            told = failure_code(code, raw, dtype, number, self.count)
            code.line(f"ret i32 {told}")
            code.start(code.new_label("dead"))
        return place

    def _run(self, moved: str, there: str, extent: str, steps: Sequence[str]) -> None:
        """Print the loop over what lies behind one place."""
        code, printer = self.code, self.code.printer
        done = "0"
        if self.form.row == "run" and self.form.dtype != "i128":
            done = code.i64("and", extent, -LANES)
            printer.width = LANES
            with code.loop(done, LANES) as i:
                self._move(*self._moved((moved, there), steps[-2:], i))
            printer.width = 1
        with code.loop(code.i64("sub", extent, done)) as i:
            index = code.i64("add", i, done)
            self._move(*self._moved((moved, there), steps[-2:], index))

    def _move(self, moved: str, there: str) -> None:
        """Print what happens to an element, or to as many as the printer is wide."""
        form, code = self.form, self.code
        if form.how in COMBINED:
            combine_into(code, form.how, SCALARS[form.dtype], moved, there)
            return
        source, target = (there, moved) if form.how == "gather" else (moved, there)
        kind, align = code.printer.wide(form.dtype), min(int(form.dtype[1:]) // 8, 8)
        value = code.emit(f"load {kind}, ptr {source}, align {align}")
        code.line(f"store {kind} {value}, ptr {target}, align {align}")

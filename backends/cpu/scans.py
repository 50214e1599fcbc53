"""Kernels that combine each element of a lane with all before it: running sums.

Arrays have three axes: lanes go along the second, and elements along the last lie side
by side. A kernel of *rows* takes arrays whose last axis has one element. It combines a
vector's lanes in pairs, then pairs of these and so on, and vectors one after the other.
One of *columns* combines rows one after the other.

``total`` gives the last result only. ``resume`` puts what comes from before the tile in
front of each result of its own, so that the last one is that of the next tile's
beginning, to the bit: sums of positive numbers never fall.

References
----------
W. D. Hillis, G. L. Steele, *Data parallel algorithms*, Communications of the ACM 29
(1986), 1170-1183.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.folds import combine, constant, identity, lanes
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.types import DType
from lazydag.ir.running import MOST_COLUMNS

Form: TypeAlias = Literal["rows", "columns"]
Task: TypeAlias = Literal["scan", "total", "resume"]

LINE_NBYTES: Final = 64
STREAMED: Final = ", !nontemporal !0"

# Operands are x, what is written, and to resume what comes from before. Behind their
# words stand the sizes of x, whether results pass the caches, and for each operand the
# bytes from one element to the next along two axes.
X, OUT, BEFORE = 0, 1, 2
OUTER, LENGTH, WIDTH, IS_STREAMED, STRIDES = 0, 1, 2, 3, 4


@cache
def scan_address(form: Form, task: Task, kind: str, dtype: DType) -> int:
    """Return the address of ``i32 kernel(block, bases)``.

    Parameters
    ----------
    kind
        Of `folds.RULE_OF`: how two elements are combined.
    """
    from lazydag.backends.cpu.objects import default_compiler  # with the math library

    (address,) = default_compiler().load(scan_module(form, task, kind, dtype))
    return address


def scan_module(form: Form, task: Task, kind: str, dtype: DType) -> Module:
    """Return the text of a kernel."""
    code = Code(VectorPrinter(lanes(dtype)))
    scan = Scan(code, form, task, kind, dtype)
    with code.loop(scan.word(OUTER)) as outer:
        scan.print_lanes(outer)
    code.line("ret i32 0")
    text = code.function("i32 @scan(ptr %block, ptr %bases)")
    return Module(module_text(text, code.printer), ("scan",), level=2)


@dataclass(slots=True)
class Running:
    """A value that a loop hands on: what it is in this round, and in the next."""

    value: str
    following: str = ""


class Scan:
    """Prints one kernel."""

    def __init__(
        self, code: Code, form: Form, task: Task, kind: str, dtype: DType
    ) -> None:
        self.code, self.out = code, code.printer
        self.form, self.task, self.kind, self.dtype = form, task, kind, dtype
        self.lanes = code.printer.width
        self.start = constant(code.printer, identity(kind, dtype))
        self.resumed = ""

    def print_lanes(self, outer: str) -> None:
        """Print how lanes are scanned."""
        source, target = self.place(X, outer), self.place(OUT, outer)
        if self.task == "resume":
            self.resumed = self.place(BEFORE, outer)
        if self.form == "rows":
            self.print_row(source, target)
        else:
            self.print_columns(source, target)

    # ------------------------------------------------------------------ rows

    def print_row(self, source: str, target: str) -> None:
        """Print how a lane is scanned whose elements lie side by side."""
        code = self.code
        length = self.word(LENGTH)
        whole = code.i64("and", length, -self.lanes)
        if self.task == "total":
            last = self.vectors(source, target, whole, self.start, "")
        else:
            last = self.both_ways(source, target, whole)
        with self.scalars():
            rest = code.i64("sub", length, whole)
            kind = self.out.type(self.dtype)
            with self.loop(rest, 1, last, kind) as (i, state):
                at = code.i64("add", whole, i)
                value = self.out.load(code.element(source, at, self.dtype), self.dtype)
                state.following = self.combine(state.value, value)
                self.write(state.following, target, at)
            if self.task == "total":
                self.out.store(state.value, target, self.dtype)

    def both_ways(self, source: str, target: str, whole: str) -> str:
        """Print the loop over vectors twice: results pass the caches, or not."""
        code = self.code
        address = code.emit(f"ptrtoint ptr {target} to i64")
        rest = code.i64("and", address, LINE_NBYTES - 1)
        is_aligned = code.emit(f"icmp eq i64 {rest}, 0")
        is_wanted = code.emit(f"icmp ne i64 {self.word(IS_STREAMED)}, 0")
        is_streamed = code.emit(f"and i1 {is_aligned}, {is_wanted}")
        passing = code.emit(f"select i1 {is_streamed}, i64 {whole}, i64 0")
        staying = code.emit(f"select i1 {is_streamed}, i64 0, i64 {whole}")
        first = self.vectors(source, target, passing, self.start, STREAMED)
        again = self.out.splat(first, self.dtype)
        return self.vectors(source, target, staying, again, "")

    def vectors(
        self, source: str, target: str, stop: str, start: str, suffix: str
    ) -> str:
        """Print the loop over vectors; return the last result."""
        code, kind = self.code, self.out.type(self.dtype)
        with self.loop(stop, self.lanes, start, kind) as (i, state):
            vector = self.out.load(code.element(source, i, self.dtype), self.dtype)
            within = self.prefix(vector)
            state.following = self.combine(state.value, self.last(within))
            if self.task != "total":
                results = self.combine(state.value, within)
                self.write(results, target, i, suffix)
        return code.emit(f"extractelement {kind} {state.value}, i64 0")

    def prefix(self, vector: str) -> str:
        """Print the combination of each lane with those before."""
        kind = self.out.type(self.dtype)
        step = 1
        while step < self.lanes:
            moved = [self.lanes] * step + [*range(self.lanes - step)]
            mask = ", ".join(f"i32 {lane}" for lane in moved)
            shifted = self.code.emit(
                f"shufflevector {kind} {vector}, {kind} {self.start}, "
                f"<{self.lanes} x i32> <{mask}>"
            )
            vector = self.combine(shifted, vector)
            step *= 2
        return vector

    def last(self, vector: str) -> str:
        """Print a vector with the last lane in all."""
        kind = self.out.type(self.dtype)
        mask = ", ".join([f"i32 {self.lanes - 1}"] * self.lanes)
        both = f"{kind} {vector}, {kind} poison"
        return self.code.emit(f"shufflevector {both}, <{self.lanes} x i32> <{mask}>")

    # --------------------------------------------------------------- columns

    def print_columns(self, source: str, target: str) -> None:
        """Print how lanes are scanned that lie side by side."""
        code = self.code
        results = code.buffer(self.dtype, MOST_COLUMNS)
        code.fill(results, self.start, self.dtype, MOST_COLUMNS)
        with code.loop(self.word(LENGTH)) as row:
            above = code.at(source, self.offset(X, 1, row))
            below = target
            if self.task != "total":
                below = code.at(target, self.offset(OUT, 1, row))
            for column in self.columns():
                self.print_element(above, below, results, column)
        if self.task == "total":
            for column in self.columns():
                at = code.element(results, column, self.dtype)
                value = self.out.load(at, self.dtype)
                where = code.element(target, column, self.dtype)
                self.out.store(value, where, self.dtype)

    def print_element(
        self, source: str, target: str, results: str, column: str
    ) -> None:
        """Print how elements of one row meet the results of those before."""
        code = self.code
        value = self.out.load(code.element(source, column, self.dtype), self.dtype)
        at = code.element(results, column, self.dtype)
        result = self.combine(self.out.load(at, self.dtype), value)
        self.out.store(result, at, self.dtype)
        self.write(result, target, column)

    def columns(self) -> Iterator[str]:
        """Print loops over columns: vectors of them, then one by one."""
        code, width = self.code, self.word(WIDTH)
        whole = code.i64("and", width, -self.lanes)
        with code.loop(whole, self.lanes) as column:
            yield column
        with self.scalars(), code.loop(code.i64("sub", width, whole)) as rest:
            yield code.i64("add", whole, rest)

    # ----------------------------------------------------------------- parts

    def write(self, result: str, target: str, at: str, suffix: str = "") -> None:
        """Print how a result of this tile is written, behind all that comes before."""
        if self.task == "total":
            return
        if self.task == "resume":
            result = self.combine(self.before(at), result)
        where = self.code.element(target, at, self.dtype)
        align = LINE_NBYTES if suffix else None
        self.out.store(result, where, self.dtype, align, suffix)

    def before(self, at: str) -> str:
        """Print a load of what comes from before the tile."""
        if self.form == "rows":
            return self.code.load_splat(self.resumed, self.dtype)
        return self.out.load(
            self.code.element(self.resumed, at, self.dtype), self.dtype
        )

    def combine(self, first: str, second: str) -> str:
        """Print the combination of elements with later ones."""
        return combine(self.out, self.kind, self.dtype, first, second)

    def word(self, number: int) -> str:
        """Print a load of an option."""
        operands = 3 if self.task == "resume" else 2
        return self.code.word("%block", 2 * operands + number)

    def offset(self, operand: int, axis: int, index: str) -> str:
        """Print how many bytes an index along an axis means."""
        return self.code.i64("mul", index, self.word(STRIDES + 2 * operand + axis))

    def place(self, operand: int, outer: str) -> str:
        """Print where an operand's elements begin."""
        code = self.code
        slot, offset = (code.word("%block", 2 * operand + i) for i in range(2))
        entry = code.emit(f"getelementptr ptr, ptr %bases, i64 {slot}")
        base = code.at(code.emit(f"load ptr, ptr {entry}, align 8"), offset)
        return code.at(base, self.offset(operand, 0, outer))

    @contextmanager
    def scalars(self) -> Iterator[None]:
        """Print for single elements."""
        self.out.width = 1
        yield
        self.out.width = self.lanes

    @contextmanager
    def loop(
        self, stop: str, step: int, start: str, kind: str
    ) -> Iterator[tuple[str, Running]]:
        """Print a loop that hands on a value."""
        code = self.code
        head, body, latch, done = map(code.new_label, ("run", "each", "next", "ran"))
        before, state = code.label, Running(f"%value.{head}")
        code.jump(head)
        code.start(head)
        i, following, handed = f"%i.{head}", f"%next.{head}", f"%handed.{head}"
        code.line(f"{i} = phi i64 [0, %{before}], [{following}, %{latch}]")
        code.line(
            f"{state.value} = phi {kind} [{start}, %{before}], [{handed}, %{latch}]"
        )
        code.branch(code.emit(f"icmp slt i64 {i}, {stop}"), body, done)
        code.start(body)
        yield i, state
        code.jump(latch)
        code.start(latch)
        code.line(f"{handed} = bitcast {kind} {state.following} to {kind}")
        code.line(f"{following} = add i64 {i}, {step}")
        code.jump(head)
        code.start(done)

"""Prints the functions that reduce rows to one row, each column for itself.

``void f(ptr sums, ptr rows, i64 stride, i64 count, i64 columns, i64 first)`` combines
up to four rows as a tree, and this with `sums` unless `first` is 1. Four, because rows
often lie a multiple of pages apart and then share the ways of one set of the cache.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.folds import combine, constant, identity, lanes, tree
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.row_reducers import LEVEL
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.types import DType

GROUP: Final = 4


def print_column_reducer(symbol: str, kind: str, dtype: DType) -> Module:
    """Return the function that reduces a group of rows."""
    code = Code(VectorPrinter(lanes(dtype)))
    _accumulate(code, kind, dtype)
    code.line("ret void")
    head = (
        f"void @{symbol}(ptr %sums, ptr %rows, i64 %stride, i64 %count, "
        "i64 %columns, i64 %first)"
    )
    return Module(
        module_text(code.function(head), code.printer), (symbol,), level=LEVEL
    )


def _accumulate(code: Code, kind: str, dtype: DType) -> None:
    out = code.printer
    is_first = code.emit("icmp ne i64 %first, 0")

    def group(rows: "Rows") -> None:
        for column in across(code):
            none = constant(out, identity(kind, dtype))
            value = tree(out, kind, dtype, rows.load(column, none))
            accumulate(code, kind, dtype, "%sums", column, value, is_first)

    both(code, dtype, group)


def accumulate(
    code: Code, kind: str, dtype: DType, sums: str, column: str, value: str, first: str
) -> None:
    """Print the combination of a vector with `sums`, which the first one begins."""
    out = code.printer
    where, wide = code.element(sums, column, dtype), out.type(dtype)
    none = constant(out, identity(kind, dtype))
    old = out.load(where, dtype)
    old = out.emit(f"select i1 {first}, {wide} {none}, {wide} {old}")
    out.store(combine(out, kind, dtype, old, value), where, dtype)


class Rows:
    """Addresses of four rows; for those beyond the end that of the first, masked.

    Parameters
    ----------
    is_full
        Whether there are four rows; otherwise ``%count`` says how many.
    """

    def __init__(self, code: Code, dtype: DType, *, is_full: bool) -> None:
        self.code, self.dtype = code, dtype
        self.pointers: list[str] = []
        self.present: list[str] = []
        for k in range(GROUP):
            row = str(k)
            if not is_full:
                self.present.append(code.emit(f"icmp slt i64 {k}, %count"))
                row = code.emit(f"select i1 {self.present[k]}, i64 {k}, i64 0")
            self.pointers.append(code.at("%rows", code.i64("mul", row, "%stride")))

    def load(self, column: str, missing: str = "") -> list[str]:
        """Return four vectors: `missing`, or the first, for rows that are not."""
        out, code, dtype = self.code.printer, self.code, self.dtype
        loads = [out.load(code.element(p, column, dtype), dtype) for p in self.pointers]
        return self.masked(loads, missing) if missing else loads

    def masked(self, values: Sequence[str], missing: str) -> list[str]:
        """Return the rows' values, and `missing` for rows that are not."""
        out = self.code.printer
        wide = out.type(self.dtype)
        if not self.present:
            return list(values)
        return [
            out.emit(f"select i1 {has}, {wide} {x}, {wide} {missing}")
            for has, x in zip(self.present, values, strict=True)
        ]


def across(code: Code) -> Iterator[str]:
    """Loop over the columns: print the body for vectors, then for what is left."""
    out, width = code.printer, code.printer.width
    whole = code.i64("and", "%columns", -width)
    rest = code.i64("sub", "%columns", whole)
    with code.loop(whole, width) as column:
        yield column
    out.width = 1
    with code.loop(rest) as column:
        yield code.i64("add", whole, column)
    out.width = width


def both(code: Code, dtype: DType, emit: Callable[[Rows], None]) -> None:
    """Print the code for four rows, and that for fewer."""
    full, fewer, done = map(code.new_label, ("full", "fewer", "done"))
    code.branch(code.emit(f"icmp eq i64 %count, {GROUP}"), full, fewer)
    for label, is_full in ((full, True), (fewer, False)):
        code.start(label)
        emit(Rows(code, dtype, is_full=is_full))
        code.jump(done)
    code.start(done)

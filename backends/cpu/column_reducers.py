"""Prints the functions that reduce rows to one row, each column for itself.

``void f(ptr sums, ptr rows, i64 stride, i64 count, i64 columns, i64 first)`` combines
up to eight rows as a tree, and this with `sums` unless `first` is 1.
"""

from collections.abc import Callable, Iterator
from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.folds import (
    combine,
    constant,
    corrected,
    deviations,
    identity,
    lanes,
    tree,
)
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.row_reducers import LEVEL
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.expr import arg, convert
from lazydag.backends.scalar.types import TYPES, DType
from lazydag.ir.reduction import COLUMN_BLOCK

GROUP: Final = 8
MAX_COLUMNS: Final = 512
"""Columns that the sum of squares takes at a time."""


def print_column_reducer(symbol: str, kind: str, dtype: DType) -> Module:
    """Return the function that reduces a group of rows, for m2 a block of rows."""
    code = Code(VectorPrinter(lanes(dtype)))
    if kind == "m2":
        _m2(code, dtype)
    else:
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
            value = tree(out, kind, dtype, rows.load(column, kind))
            accumulate(code, kind, dtype, "%sums", column, value, is_first)

    both(code, dtype, ("%rows", "%stride"), "%count", group)


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


def _m2(code: Code, dtype: DType) -> None:
    """Print two passes over a block: means, then deviations from them."""
    out = code.printer
    means, firsts, seconds = (code.buffer(dtype, MAX_COLUMNS) for _ in range(3))

    pitch = MAX_COLUMNS + lanes(dtype)
    kept = code.buffer(dtype, COLUMN_BLOCK * pitch)

    def total(rows: "Rows", g: str) -> None:
        is_first = code.emit(f"icmp eq i64 {g}, 0")
        for column in across(code):
            values = rows.load(column, "sum")
            for k, x in enumerate(values):
                place = code.i64("mul", code.i64("add", g, k), pitch)
                row = code.element(kept, place, dtype)
                out.store(x, code.element(row, column, dtype), dtype)
            value = tree(out, "sum", dtype, values)
            accumulate(code, "sum", dtype, means, column, value, is_first)

    groups(code, dtype, ("%rows", "%stride"), total)
    for column in across(code):
        where = code.element(means, column, dtype)
        sums = {0: out.load(where, dtype), 1: _count(code, dtype)}
        (mean,) = out.body([arg(0, dtype) / arg(1, dtype)], sums)
        out.store(mean, where, dtype)

    def deviate(rows: "Rows", g: str) -> None:
        is_first = code.emit(f"icmp eq i64 {g}, 0")
        for column in across(code):
            mean = out.load(code.element(means, column, dtype), dtype)
            pairs = [
                out.body(deviations(dtype), {0: x, 1: mean})
                for x in rows.load(column, "sum", mean)
            ]
            for k, sums in enumerate((firsts, seconds)):
                value = tree(out, "sum", dtype, [pair[k] for pair in pairs])
                accumulate(code, "sum", dtype, sums, column, value, is_first)

    groups(code, dtype, (kept, str(pitch * TYPES[dtype].nbytes)), deviate)
    for column in across(code):
        first, second = (
            out.load(code.element(sums, column, dtype), dtype)
            for sums in (firsts, seconds)
        )
        named = {0: first, 1: second, 2: _count(code, dtype)}
        (result,) = out.body([corrected(dtype)], named)
        out.store(result, code.element("%sums", column, dtype), dtype)


def _count(code: Code, dtype: DType) -> str:
    out = code.printer
    width, out.width = out.width, 1
    (count,) = out.body([convert(arg(0, "i64"), dtype)], {0: "%count"})
    out.width = width
    return out.splat(count, dtype)


class Rows:
    """Addresses of eight rows; for those beyond `count` the first, masked.

    Parameters
    ----------
    rows
        Names of the first row's address and of the distance of rows in bytes.
    count
        Name of the number of rows, ``""`` for exactly eight.
    """

    def __init__(
        self, code: Code, dtype: DType, rows: tuple[str, str], count: str = ""
    ) -> None:
        first, stride = rows
        self.code, self.dtype = code, dtype
        self.pointers: list[str] = []
        self.present: list[str] = []
        for k in range(GROUP):
            row = str(k)
            if count:
                self.present.append(code.emit(f"icmp slt i64 {k}, {count}"))
                row = code.emit(f"select i1 {self.present[k]}, i64 {k}, i64 0")
            self.pointers.append(code.at(first, code.i64("mul", row, stride)))

    def load(self, column: str, kind: str, missing: str = "") -> list[str]:
        """Return eight vectors, `missing` or the identity for rows that are not."""
        out, code, dtype = self.code.printer, self.code, self.dtype
        loads = [out.load(code.element(p, column, dtype), dtype) for p in self.pointers]
        if not self.present:
            return loads
        wide = out.type(dtype)
        none = missing or constant(out, identity(kind, dtype))
        return [
            out.emit(f"select i1 {has}, {wide} {x}, {wide} {none}")
            for has, x in zip(self.present, loads, strict=True)
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


def both(
    code: Code,
    dtype: DType,
    rows: tuple[str, str],
    count: str,
    emit: Callable[[Rows], None],
) -> None:
    """Print the code for eight rows, and that for fewer."""
    full, fewer, done = map(code.new_label, ("full", "fewer", "done"))
    code.branch(code.emit(f"icmp eq i64 {count}, {GROUP}"), full, fewer)
    for label, number in ((full, ""), (fewer, count)):
        code.start(label)
        emit(Rows(code, dtype, rows, number))
        code.jump(done)
    code.start(done)


def groups(
    code: Code, dtype: DType, rows: tuple[str, str], emit: Callable[[Rows, str], None]
) -> None:
    """Loop over the groups of eight rows of a block, given its address and stride."""
    first, stride = rows
    with code.loop("%count", GROUP) as g:
        count = code.minimum(code.i64("sub", "%count", g), GROUP)
        here = code.at(first, code.i64("mul", g, stride))
        both(code, dtype, (here, stride), count, lambda found: emit(found, g))

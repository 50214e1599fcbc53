"""Prints the functions that find sums and squared deviations of columns in one pass.

A block's first rows give each column an anchor near its mean; what deviates from it is
added up, with its square. In the end the deviations are those from the mean. The state
of a strip of columns is four rows: anchors, sums, deviations and squares.
"""

from collections.abc import Callable
from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.column_reducers import Rows, across, both
from lazydag.backends.cpu.folds import constant, corrected, deviations, lanes, tree
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.row_reducers import LEVEL
from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.expr import Expr, arg, const, convert
from lazydag.backends.scalar.lower import RULES
from lazydag.backends.scalar.types import DType

FIELDS: Final = 4
MOMENT_COLUMNS: Final = 1024
"""Most columns in a strip: the state of these stays in the nearest cache."""
ROWS: Final = "ptr %state, ptr %rows, i64 %stride, i64 %count, i64 %columns"
RESULTS: Final = "ptr %total, ptr %residual, ptr %m2, i64 %count, i64 %columns"


def pitch(dtype: DType) -> int:
    """Return the elements from field to field: they must not share cache lines."""
    return MOMENT_COLUMNS + lanes(dtype)


def print_column_moments(symbol: str, kind: str, dtype: DType) -> Module:
    """Return the function that begins, goes on with, or ends a block's moments.

    Kinds are ``anchor``, which takes the first group's rows and adds none of them,
    ``moments``, which adds rows, and ``settle``, which takes the number of rows.
    """
    head, emit = COLUMN_MOMENTS[kind]
    code = Code(VectorPrinter(lanes(dtype)))
    emit(code, dtype)
    code.line("ret void")
    text = module_text(code.function(f"void @{symbol}({head})"), code.printer)
    return Module(text, (symbol,), level=LEVEL)


def _field(code: Code, dtype: DType, field: int, column: str) -> str:
    first = code.element("%state", field * pitch(dtype), dtype)
    return code.element(first, column, dtype)


def _anchor(code: Code, dtype: DType) -> None:
    out = code.printer

    def group(rows: Rows) -> None:
        for column in across(code):
            named = dict(enumerate(rows.load(column)))
            (anchor,) = out.body([middle(dtype)], named)
            none = constant(out, const(-0.0, dtype))
            for field, value in enumerate((anchor, none, none, none)):
                out.store(value, _field(code, dtype, field, column), dtype)

    both(code, dtype, group)


def middle(dtype: DType) -> Expr:
    """Return the mean of the inner two of four values: an outlier does not move it."""
    low, high = RULES["minimum"], RULES["maximum"]
    a, b, c, d = (arg(i, dtype) for i in range(4))
    inner = (high(low(a, b), low(c, d)), low(high(a, b), high(c, d)))
    half = const(0.5, dtype)
    return inner[0] * half + inner[1] * half


def _moments(code: Code, dtype: DType) -> None:
    out, names = code.printer, [arg(i, dtype) for i in range(2)]

    def group(rows: Rows) -> None:
        for column in across(code):
            none = constant(out, const(-0.0, dtype))
            where = [_field(code, dtype, k, column) for k in range(FIELDS)]
            anchor = out.load(where[0], dtype)
            values = rows.load(column)
            pairs = [out.body(deviations(dtype), {0: x, 1: anchor}) for x in values]
            terms = (values, *(list(each) for each in zip(*pairs, strict=True)))
            for place, term in zip(where[1:], terms, strict=True):
                part = tree(out, "sum", dtype, rows.masked(term, none))
                old = out.load(place, dtype)
                (new,) = out.body([names[0] + names[1]], {0: old, 1: part})
                out.store(new, place, dtype)

    both(code, dtype, group)


def _settle(code: Code, dtype: DType) -> None:
    out = code.printer
    width, out.width = out.width, 1
    (count,) = out.body([convert(arg(0, "i64"), dtype)], {0: "%count"})
    out.width = width
    anchor, total, first, second, n = (arg(i, dtype) for i in range(5))
    residual = first + n * (anchor - total / n)
    results = [total, residual, corrected(first, second, n)]
    for column in across(code):
        named = {
            k: out.load(_field(code, dtype, k, column), dtype) for k in range(FIELDS)
        }
        named[FIELDS] = out.splat(count, dtype)
        for name, value in zip(
            ("%total", "%residual", "%m2"), out.body(results, named), strict=True
        ):
            out.store(value, code.element(name, column, dtype), dtype)


COLUMN_MOMENTS: Final[dict[str, tuple[str, Callable[[Code, DType], None]]]] = {
    "anchor": (ROWS, _anchor),
    "moments": (ROWS, _moments),
    "settle": (f"ptr %state, {RESULTS}", _settle),
}

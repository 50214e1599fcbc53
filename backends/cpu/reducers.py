"""The library of reductions: functions that kernels call on blocks of values.

They are compiled once per machine, apart from kernels, whose code stays small.
"""

from typing import Final

from lazydag.backends.cpu.column_moments import COLUMN_MOMENTS, print_column_moments
from lazydag.backends.cpu.column_reducers import print_column_reducer
from lazydag.backends.cpu.folds import lanes
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.row_reducers import print_row_reducer
from lazydag.backends.cpu.vector import Call, VectorPrinter
from lazydag.backends.scalar.expr import Function
from lazydag.backends.scalar.types import DType

LIBRARY: Final = "lzr"
PRINTERS: Final = {"row": print_row_reducer, "column": print_column_reducer}


def reducer_library(call: Call) -> Module:
    """Return the text of a function, for the compiler."""
    form, kind = call.function.name.split("_")
    printer = PRINTERS[form]
    if form == "column" and kind in COLUMN_MOMENTS:
        printer = print_column_moments
    return printer(call.symbol, kind, call.function.result)


def call_reducer(
    out: VectorPrinter, form: str, kind: str, dtype: DType, arguments: str
) -> None:
    """Print a call of the reducer ``row`` or ``column`` of a kind and type."""
    call = Call(Function(LIBRARY, f"{form}_{kind}", (dtype,), dtype), lanes(dtype))
    out.calls.add(call)
    types = ", ".join(part.split()[0] for part in arguments.split(", "))
    out.declare(call.symbol, f"declare void @{call.symbol}({types})")
    out.lines.append(f"  call void @{call.symbol}({arguments})")

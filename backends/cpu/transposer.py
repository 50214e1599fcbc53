"""The library function that copies a small block of a matrix, transposed.

``void f(ptr to, i64 pitch, ptr from, i64 stride, i64 rows, i64 columns)`` reads columns
that are contiguous, `stride` bytes apart, and writes rows `pitch` bytes apart.
"""

from typing import Final

from lazydag.backends.cpu.code import Code, module_text
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import Call, VectorPrinter
from lazydag.backends.scalar.expr import Function
from lazydag.backends.scalar.types import TYPES, DType

LIBRARY: Final = "lzt"
LANES: Final = 8
LEVEL: Final = 2
OF_SIZE: Final[dict[int, DType]] = {1: "u8", 2: "u16", 4: "u32", 8: "u64"}


def transposer_library(call: Call) -> Module:
    """Return the text of the function, for the compiler."""
    dtype = call.function.result
    code = Code(VectorPrinter(LANES))
    with code.loop("%columns") as column:
        source = code.at("%from", code.i64("mul", column, "%stride"))
        target = code.element("%to", column, dtype)
        whole = code.i64("and", "%rows", -LANES)
        with code.loop(whole, LANES) as row:
            vector = code.printer.load(code.element(source, row, dtype), dtype)
            _spread(code, dtype, vector, _row(code, target, row))
        rest = code.i64("sub", "%rows", whole)
        code.printer.width = 1
        with code.loop(rest) as i:
            row = code.i64("add", whole, i)
            value = code.printer.load(code.element(source, row, dtype), dtype)
            code.printer.store(value, _row(code, target, row), dtype)
    code.line("ret void")
    params = "ptr %to, i64 %pitch, ptr %from, i64 %stride, i64 %rows, i64 %columns"
    text = code.function(f"void @{call.symbol}({params})")
    return Module(module_text(text, code.printer), (call.symbol,), level=LEVEL)


def _row(code: Code, target: str, row: str) -> str:
    return code.at(target, code.i64("mul", row, "%pitch"))


def _spread(code: Code, dtype: DType, vector: str, target: str) -> None:
    kind, align = TYPES[dtype].llvm, TYPES[dtype].nbytes
    for lane in range(LANES):
        one = code.emit(f"extractelement <{LANES} x {kind}> {vector}, i64 {lane}")
        code.line(f"store {kind} {one}, ptr {target}, align {align}")
        target = code.at(target, "%pitch")


def call_transposer(out: VectorPrinter, dtype: DType, arguments: str) -> None:
    """Print a call of the function for elements of a type."""
    same = OF_SIZE[TYPES[dtype].nbytes]
    call = Call(Function(LIBRARY, "block", (same,), same), LANES)
    out.calls.add(call)
    types = ", ".join(part.split()[0] for part in arguments.split(", "))
    out.declare(call.symbol, f"declare void @{call.symbol}({types})")
    out.lines.append(f"  call void @{call.symbol}({arguments})")

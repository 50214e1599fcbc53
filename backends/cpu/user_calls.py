"""Calls of people's scalar functions inside of kernels.

A function may raise: then its module's flag is up, and the kernel that asks for it
takes it down and returns `FAILED`.
"""

from collections.abc import Sequence
from typing import Any, Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import Call
from lazydag.backends.scalar.expr import Expr, call
from lazydag.ir.types import DTYPES

LIBRARY: Final = "lzu"
FAILED: Final = 1
MEANINGS: Final = {FAILED: "a function decorated with @lazydag.kernel raised"}


def user_call(attrs: Any, operands: Sequence[Expr]) -> Expr:
    """Return the expression that calls a person's function."""
    from lazydag.backends.cpu.user_kernel import user_function

    dtypes = [DTYPES[x.dtype] for x in operands]
    return call(user_function(attrs.kernel.function, dtypes), *operands)


def user_library(call: Call) -> Module:
    """Return the text of a person's function, for the compiler."""
    from lazydag.backends.cpu import user_kernel

    return user_kernel.user_library(call)


def failure_symbol(call: Call) -> str:
    """Return the name of the function that asks whether a call has failed."""
    return f"{call.symbol}_failed"


def check_failures(code: Code) -> None:
    """Print a return with a code if a person's function raised."""
    for made in sorted(code.printer.calls, key=lambda c: c.symbol):
        if made.function.library == LIBRARY:
            symbol = failure_symbol(made)
            code.printer.declare(symbol, f"declare i32 @{symbol}()")
            flag = code.emit(f"call i32 @{symbol}()")
            with code.when(code.emit(f"icmp ne i32 {flag}, 0")):
                code.line(f"ret i32 {FAILED}")
                code.start(code.new_label("dead"))

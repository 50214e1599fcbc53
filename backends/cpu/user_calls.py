"""Calls of people's scalar functions inside of kernels.

A function may raise. Each call of a kernel has a status word for every function on its
stack, so that no run learns of another's failure. The kernel ends with the code of a
function that failed: `FAILED` of the first by symbol, one more of each further one.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from lazydag.backends.cpu.code import Code
from lazydag.backends.cpu.instructions import status_word
from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import Call
from lazydag.backends.scalar.expr import Expr, call
from lazydag.ir.types import DTYPES

LIBRARY: Final = "lzu"
FAILED: Final = 1


def user_call(attrs: Any, operands: Sequence[Expr]) -> Expr:
    """Return the expression that calls a person's function."""
    from lazydag.backends.cpu.user_kernel import user_function

    dtypes = [DTYPES[x.dtype] for x in operands]
    return call(user_function(attrs.kernel.function, dtypes), *operands)


def user_library(call: Call) -> Module:
    """Return the text of a person's function, for the compiler."""
    from lazydag.backends.cpu import user_kernel

    return user_kernel.user_library(call)


def meanings(calls: Iterable[Call]) -> dict[int, str]:
    """Return what the codes of a kernel that makes these calls mean."""
    return dict(enumerate((made.function.failure for made in failing(calls)), FAILED))


def check_failures(code: Code) -> None:
    """Print a return with a code for each function that may have failed."""
    for number, made in enumerate(failing(code.printer.calls), FAILED):
        word = status_word(made.symbol)
        code.status(word)
        status = code.emit(f"load i32, ptr {word}, align 4")
        with code.when(code.emit(f"icmp ne i32 {status}, 0")):
            code.line(f"ret i32 {number}")
            code.start(code.new_label("dead"))


def failing(calls: Iterable[Call]) -> list[Call]:
    """Return the calls of functions that can fail, in the order of their codes."""
    return sorted((c for c in calls if c.function.failure), key=lambda c: c.symbol)

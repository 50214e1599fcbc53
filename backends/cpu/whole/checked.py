"""Arithmetic as Python has it, as long as integers fit into 64 bits.

Python's integers grow, Numba's wrap. Here an operation that would wrap raises
OverflowError instead, so that the caller can let Python compute it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from numba import types
from numba.core import ir
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.errors import TypingError
from numba.core.typed_passes import NopythonRewrites
from numba.extending import intrinsic

_MESSAGE = "an integer needs more than 64 bits"
_NUMBERS = (types.Integer, types.Float, types.Complex)


def _operation(generate: Callable[..., Any]) -> Any:
    """Return what Numba calls for two integers, generated so."""

    def operation(typing: Any, x: Any, y: Any) -> Any:
        del typing, x, y
        return types.int64(types.int64, types.int64), generate

    return intrinsic(operation)


def _by_llvm(name: str) -> Any:
    """Return LLVM's operation on 64 bits that tells whether it wraps."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        del signature
        pair = getattr(builder, f"s{name}_with_overflow")(*args)
        with builder.if_then(builder.extract_value(pair, 1), likely=False):
            conventions = context.call_conv
            conventions.return_user_exc(builder, OverflowError, (_MESSAGE,))
        return builder.extract_value(pair, 0)

    return _operation(generate)


def _by_function(function: Callable[[int, int], int]) -> Any:
    """Return an operation on 64 bits that Numba compiles from a function."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.compile_internal(builder, function, signature, args)

    return _operation(generate)


_mul = _by_llvm("mul")


def _shift(x: Any, y: Any) -> Any:
    if y < 0 or y > 62 or (x << y) >> y != x:
        raise OverflowError(_MESSAGE)
    return x << y


def _power(x: Any, y: Any) -> Any:
    if y < 0:  # a float, for Python
        raise OverflowError(_MESSAGE)
    result = x**0
    for _ in range(y):
        result = _mul(result, x)
        if x in (0, 1):
            break
    return result


_CHECKED: Final = {
    operator.add: _by_llvm("add"),
    operator.sub: _by_llvm("sub"),
    operator.mul: _mul,
    operator.lshift: _by_function(_shift),
    operator.pow: _by_function(_power),
}


@register_pass(mutates_CFG=False, analysis_only=False)  # type: ignore[no-untyped-call]
class CheckNumbers(FunctionPass):
    """Check integers, and refuse types that Numba computes otherwise than NumPy 2."""

    _name = "check_numbers"

    def __init__(self) -> None:
        FunctionPass.__init__(self)  # type: ignore[no-untyped-call]

    def run_pass(self, state: Any) -> bool:
        """Change the operations of a typed function."""
        for name, kind in state.typemap.items():
            _check_width(name, kind)
        for block in state.func_ir.blocks.values():
            for statement in block.find_insts(ir.Assign):
                value = statement.value
                is_expression = isinstance(value, ir.Expr)
                if is_expression and value.op in ("binop", "inplace_binop"):
                    _check_operation(value, state.calltypes[value].args)
        return True


def _check_width(name: str, kind: Any) -> None:
    element = getattr(kind, "dtype", kind)
    wanted = 128 if isinstance(element, types.Complex) else 64
    if isinstance(element, _NUMBERS) and getattr(element, "bitwidth", 64) != wanted:
        raise TypingError(f"{name} is {kind}")


def _check_operation(expression: Any, kinds: Any) -> None:
    name = "fn" if expression.op == "binop" else "immutable_fn"
    checked = _CHECKED.get(getattr(expression, name))
    if checked is None:
        return
    if all(isinstance(kind, types.Boolean) for kind in kinds):
        # NumPy's sum of two truth values is one, Python's is 2
        raise TypingError("arithmetic of truth values")
    if all(isinstance(kind, types.Integer) for kind in kinds) and all(
        kind.signed for kind in kinds
    ):
        setattr(expression, name, checked)
        expression.static_lhs = expression.static_rhs = ir.UNDEFINED


class CheckedCompiler(CompilerBase):
    """Numba's compiler, with that pass once types are known."""

    def define_pipelines(self) -> list[Any]:
        """Return the one pipeline."""
        builder: Any = DefaultPassBuilder
        passes = builder.define_nopython_pipeline(self.state)
        passes.add_pass_after(CheckNumbers, NopythonRewrites)
        passes.finalize()
        return [passes]

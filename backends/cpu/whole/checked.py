"""Arithmetic as Python has it, as long as integers fit into 64 bits.

Python's integers grow, Numba's wrap. Here an operation that would wrap raises
OverflowError instead, so that the caller can let Python compute it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba import types
from numba.core.errors import TypingError
from numba.extending import intrinsic, overload

_MESSAGE = "an integer needs more than 64 bits"


def _is_integer(*kinds: Any) -> bool:
    return all(isinstance(kind, types.Integer) for kind in kinds) and all(
        kind.signed for kind in kinds
    )


def _is_truth(*kinds: Any) -> bool:
    return all(isinstance(k, types.Boolean) for k in kinds)


def _intrinsic(name: str) -> Any:
    """Return LLVM's operation on 64 bits that tells whether it wraps."""

    @intrinsic
    def operation(typing: Any, x: Any, y: Any) -> Any:
        del typing, x, y

        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            del signature
            pair = getattr(builder, f"s{name}_with_overflow")(*args)
            with builder.if_then(builder.extract_value(pair, 1), likely=False):
                conventions = context.call_conv
                conventions.return_user_exc(builder, OverflowError, (_MESSAGE,))
            return builder.extract_value(pair, 0)

        return types.int64(types.int64, types.int64), generate

    return operation


_add, _sub, _mul = map(_intrinsic, ("add", "sub", "mul"))


def _overloaded(
    plain: Callable[[Any, Any], Any], in_integers: Any, otherwise: Any
) -> None:
    """Let `plain` check integers; other operands are computed by `otherwise`."""

    def choose(x: Any, y: Any) -> Any:
        if _is_truth(x, y):  # NumPy's sum of two truth values is one, Python's is 2
            raise TypingError("arithmetic of truth values")
        if _is_integer(x, y):
            return lambda x, y: in_integers(numba.int64(x), numba.int64(y))
        return otherwise

    overload(plain, inline="always", strict=False)(choose)


def add(x: Any, y: Any) -> Any:
    """Return ``x + y``."""
    return x + y


def sub(x: Any, y: Any) -> Any:
    """Return ``x - y``."""
    return x - y


def mul(x: Any, y: Any) -> Any:
    """Return ``x * y``."""
    return x * y


def shift(x: Any, y: Any) -> Any:
    """Return ``x << y``."""
    return x << y


def power(x: Any, y: Any) -> Any:
    """Return ``x ** y``."""
    return x**y


def _add_into(x: Any, y: Any) -> Any:
    x += y
    return x


def _sub_into(x: Any, y: Any) -> Any:
    x -= y
    return x


def _mul_into(x: Any, y: Any) -> Any:
    x *= y
    return x


@numba.njit
def _shift(x: int, y: int) -> int:
    if y < 0 or y > 62 or (x << y) >> y != x:
        raise OverflowError(_MESSAGE)
    return x << y


@numba.njit
def _power(x: int, y: int) -> Any:
    if y < 0:  # a float, for Python
        raise OverflowError(_MESSAGE)
    result: Any = numba.int64(1)
    for _ in range(y):
        result = _mul(result, x)
        if result in (0, 1) and x in (0, 1):
            break
    return result


def add_into(x: Any, y: Any) -> Any:
    """Return `x` after ``x += y``."""
    x += y
    return x


def sub_into(x: Any, y: Any) -> Any:
    """Return `x` after ``x -= y``."""
    x -= y
    return x


def mul_into(x: Any, y: Any) -> Any:
    """Return `x` after ``x *= y``."""
    x *= y
    return x


_overloaded(add, _add, lambda x, y: x + y)
_overloaded(sub, _sub, lambda x, y: x - y)
_overloaded(mul, _mul, lambda x, y: x * y)
_overloaded(shift, _shift, lambda x, y: x << y)
_overloaded(power, _power, lambda x, y: x**y)
_overloaded(add_into, _add, _add_into)
_overloaded(sub_into, _sub, _sub_into)
_overloaded(mul_into, _mul, _mul_into)

"""The math of people's scalar functions: our library's, so that bits are the same.

Numba's text calls intrinsics of LLVM, and functions of the C library, which differ from
machine to machine, and which GPUs do not have.
"""

from __future__ import annotations

import re
from typing import Any, Final

from lazydag.backends.cpu.vector import Call
from lazydag.backends.scalar.expr import Function
from lazydag.backends.scalar.math import FUNCTIONS, LIBRARY

_DECLARED: Final = re.compile(
    r"^declare (?:\w+ )*?(double|float) @([\w.]+)\(", re.MULTILINE
)
_INTRINSIC: Final = re.compile(r"llvm\.(\w+)\.f(?:32|64)")


def with_our_math(text: str) -> tuple[str, frozenset[Call]]:
    """Return a text that calls our library where it has a function, and those calls."""
    calls = set()
    for kind, symbol in _DECLARED.findall(text):
        name = _name(symbol, kind)
        if name in FUNCTIONS:
            dtype: Any = "f32" if kind == "float" else "f64"
            params = (dtype,) * FUNCTIONS[name].arity
            call = Call(Function(LIBRARY, name, params, dtype), 1)
            text = re.sub(rf"@{re.escape(symbol)}(?=\()", f"@{call.symbol}", text)
            calls.add(call)
    return text, frozenset(calls)


def _name(symbol: str, kind: str) -> str:
    """Return what the C library calls a function of doubles."""
    intrinsic = _INTRINSIC.fullmatch(symbol)
    if intrinsic:
        return intrinsic[1]
    return symbol.removesuffix("f") if kind == "float" else symbol

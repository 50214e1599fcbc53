"""People's scalar functions in kernels for GPUs: Numba's text for processors.

Numba's text for scalars has little of a processor in it, so it is compiled for GPUs as
it stands, into the kernels that call it. What it calls has to be there as well: a
function that calls others stays on the host. Importing this module imports Numba.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import llvmlite.binding as llvm
import numpy as np

from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.user_kernel import (
    Compiled,
    compile_function,
    compiled_as,
    scalar_call,
)
from lazydag.backends.cpu.vector import Call
from lazydag.backends.cuda.printer import remainder
from lazydag.backends.scalar.types import DType

#: Intrinsics that GPUs have, by the part of their names that says what they do.
INTRINSICS: Final = frozenset(
    {
        *("abs", "bswap", "ctlz", "ctpop", "cttz", "fshl", "fshr"),
        *("smax", "smin", "umax", "umin"),
        *("ceil", "copysign", "fabs", "floor", "fma", "rint", "sqrt", "trunc"),
        *("maximum", "maxnum", "minimum", "minnum"),
        *("assume", "lifetime", "memcpy", "memset", "vector"),
    }
)

_DECLARED: Final = re.compile(r"^declare [^\n]*?@([\w.]+)\(", re.MULTILINE)
_MACHINE: Final = re.compile(r"^target [^\n]*$", re.MULTILINE)
_COMMON: Final = re.compile(r"= common (?:\w+ )*?global")
_REMAINDER: Final = re.compile(r"frem (?:\w+ )*?(double|float) ([^\n,]+), ([^\s,]+)")
_TYPES: Final[dict[str, DType]] = {"double": "f64", "float": "f32"}


@cache
def can_run(function: Callable[..., Any], dtypes: tuple[np.dtype[Any], ...]) -> bool:
    """Tell whether GPUs have all that a function needs."""
    compiled = compile_function(function, dtypes)
    known = {call.symbol for call in compiled.calls}
    foreign = [name for name in _DECLARED.findall(compiled.text) if name not in known]
    return all(map(_is_there, foreign))


def _is_there(symbol: str) -> bool:
    first, *rest = symbol.split(".")
    return first == "llvm" and bool(rest) and rest[0] in INTRINSICS


def user_library(call: Call) -> Module:
    """Return the text of a person's function for one thread."""
    compiled = compiled_as(call.function.name)
    text, calls = _without_machine(compiled)
    inner = llvm.parse_assembly(text)
    inner.get_function(compiled.symbol).add_function_attribute("alwaysinline")
    outer = llvm.parse_assembly(scalar_call(call, compiled.symbol))
    outer.link_in(inner)
    outer.get_function(compiled.symbol).linkage = "internal"
    return Module(str(outer), (call.symbol,), calls, level=2, is_optimised=True)


def _without_machine(compiled: Compiled) -> tuple[str, frozenset[Call]]:
    """Return a function's text for any machine, and what it calls."""
    text = _MACHINE.sub("", compiled.text)
    text = _COMMON.sub("= internal global", text)
    calls = set(compiled.calls)

    def called(match: re.Match[str]) -> str:
        kind, a, b = match.groups()
        made = Call(remainder(_TYPES[kind]), 1)
        calls.add(made)
        return f"call {kind} @{made.symbol}({kind} {a}, {kind} {b})"

    text = _REMAINDER.sub(called, text)
    declared = [
        f"declare {kind} @{made.symbol}({kind}, {kind})"
        for made in calls - compiled.calls
        for kind in [k for k, t in _TYPES.items() if t == made.function.result]
    ]
    return "\n".join((text, *declared)), frozenset(calls)

"""Makes the math library's functions, one module each, for the processor.

A function takes and gives whole vectors. Its fast path is straight-line code; a slow
path is a function of its own, called when a lane needs it, so that its registers cost
nothing otherwise.
"""

from typing import Final

from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import ATTRIBUTES, Call, VectorPrinter
from lazydag.backends.scalar.expr import Expr, arg
from lazydag.backends.scalar.math import FUNCTIONS, Slow

NATURAL: Final = {"f64": 8, "f32": 16}
"""Lanes of the widest version; wider vectors are cut into such pieces."""
LEVEL: Final = 2
"""Optimisation: a function is compiled once a machine and called everywhere."""


def math_library(call: Call) -> Module:
    """The module that defines the function at its width."""
    natural = NATURAL[call.function.result]
    if call.width > natural:
        return _in_pieces(call, natural)
    return _whole(call)


def _whole(call: Call) -> Module:
    row = FUNCTIONS[call.function.name]
    out = VectorPrinter(call.width)
    args = [arg(i, dtype) for i, dtype in enumerate(call.function.params)]
    if row.slow is None:
        text = _define(out, call, call.symbol, row.fast(*args))
    else:
        text = _define_both(out, call, row.fast(*args), row.slow, args)
    return Module(f"{text}\n{out.declarations}\n", (call.symbol,), level=LEVEL)


def _define(
    out: VectorPrinter, call: Call, symbol: str, value: Expr, linkage: str = ""
) -> str:
    """The text of a function that computes one expression."""
    result = out.type(call.function.result)
    (name,) = out.body([value], _names(call))
    head = f"define {linkage} {result} @{symbol}({_params(out, call)}) {ATTRIBUTES}"
    return f"{head} {{\n{out.take()}\n  ret {result} {name}\n}}"


def _define_both(
    out: VectorPrinter, call: Call, fast: Expr, slow: Slow, args: list[Expr]
) -> str:
    """The fast path, and the slow one for the lanes that ask for it."""
    result = out.type(call.function.result)
    hidden = f"{call.symbol}_slow"
    slow_text = _define(out, call, hidden, slow.value(*args), "internal")
    value, needed = out.body([fast, slow.when(*args)], _names(call))
    any_lane = out.any(needed)
    head = f"define {result} @{call.symbol}({_params(out, call)}) {ATTRIBUTES}"
    mask = out.type("bool")
    pair = f"{result} %exact, {result} {value}"
    return f"""{head} {{
{out.take()}
  br i1 {any_lane}, label %slow, label %done
slow:
  %exact = call {result} @{hidden}({_params(out, call)})
  %mixed = select {mask} {needed}, {pair}
  ret {result} %mixed
done:
  ret {result} {value}
}}
{slow_text}"""


def _params(out: VectorPrinter, call: Call) -> str:
    kinds = [out.type(dtype) for dtype in call.function.params]
    return ", ".join(f"{kind} %a{i}" for i, kind in enumerate(kinds))


def _names(call: Call) -> dict[int, str]:
    return {i: f"%a{i}" for i in range(len(call.function.params))}


def _in_pieces(call: Call, natural: int) -> Module:
    """A wide version that calls the natural one on each piece."""
    function, out = call.function, VectorPrinter(call.width)
    piece, kind = VectorPrinter(natural), out.type(function.result)
    part = Call(function, natural)
    inner = piece.type(function.result)
    parts = []
    for start in range(0, call.width, natural):
        lanes = _mask(range(start, start + natural))
        cut = [
            (inner, out.emit(f"shufflevector {kind} {a}, {kind} poison, {lanes}"))
            for a in _names(call).values()
        ]
        parts.append(out.call(part.symbol, inner, cut))
    value = _join(out, parts, function.result, natural)
    head = f"define {kind} @{call.symbol}({_params(out, call)}) {ATTRIBUTES}"
    text = f"{head} {{\n{out.take()}\n  ret {kind} {value}\n}}\n{out.declarations}\n"
    return Module(text, (call.symbol,), frozenset((part,)), LEVEL)


def _join(out: VectorPrinter, parts: list[str], dtype: str, width: int) -> str:
    """Concatenate vectors pairwise."""
    while len(parts) > 1:
        kind = VectorPrinter(width).type(dtype)
        lanes = _mask(range(2 * width))
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [
            out.emit(f"shufflevector {kind} {a}, {kind} {b}, {lanes}") for a, b in pairs
        ]
        width *= 2
    return parts[0]


def _mask(lanes: range) -> str:
    return f"<{len(lanes)} x i32> <{', '.join(f'i32 {i}' for i in lanes)}>"

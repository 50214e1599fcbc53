"""``fmod`` for GPUs, exact: long division of floats.

The divisor is doubled until it is more than half of the dividend, then halved down
again, and taken away wherever it fits. All of that is exact: the rest and what is taken
away lie within a factor of two of each other.
"""

from __future__ import annotations

from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.vector import Call
from lazydag.backends.scalar.types import TYPES

_TEXT = """
declare {t} @llvm.fabs.f{bits}({t})
declare {t} @llvm.copysign.f{bits}({t}, {t})

define {t} @{symbol}({t} %x, {t} %y) nounwind {{
entry:
  %a = call {t} @llvm.fabs.f{bits}({t} %x)
  %b = call {t} @llvm.fabs.f{bits}({t} %y)
  %bad.a = fcmp ueq {t} %a, 0x7FF0000000000000
  %bad.b = fcmp ueq {t} %b, 0.0
  %bad = or i1 %bad.a, %bad.b
  br i1 %bad, label %none, label %check
none:
  %zero = fsub {t} %x, %x
  %nan = fdiv {t} %zero, %zero
  ret {t} %nan
check:
  %less = fcmp olt {t} %a, %b
  br i1 %less, label %as.is, label %first
as.is:
  ret {t} %x
first:
  %half = fmul {t} %a, 0.5
  br label %up
up:
  %d = phi {t} [%b, %first], [%twice, %double]
  %fits = fcmp ole {t} %d, %half
  br i1 %fits, label %double, label %down
double:
  %twice = fmul {t} %d, 2.0
  br label %up
down:
  %r = phi {t} [%a, %up], [%rest, %down]
  %e = phi {t} [%d, %up], [%less.e, %down]
  %is.more = fcmp oge {t} %r, %e
  %taken = fsub {t} %r, %e
  %rest = select i1 %is.more, {t} %taken, {t} %r
  %less.e = fmul {t} %e, 0.5
  %go.on = fcmp oge {t} %less.e, %b
  br i1 %go.on, label %down, label %done
done:
  %signed = call {t} @llvm.copysign.f{bits}({t} %rest, {t} %x)
  ret {t} %signed
}}
"""


def remainder_library(call: Call) -> Module:
    """Return the text of the function, for the compiler."""
    row = TYPES[call.function.result]
    text = _TEXT.format(t=row.llvm, bits=row.bits, symbol=call.symbol)
    return Module(text, (call.symbol,), level=2)

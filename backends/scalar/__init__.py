"""Scalar expressions: one element of a fused kernel, independent of any processor.

In come arithmetic and calls, built by the constructors here; out go graphs of `Expr`
that the printers (`backends.cpu.vector` for processors) turn into code. `guard` has
the constructors that are defined for every operand, `math` the elementary functions.
"""

from lazydag.backends.scalar.expr import (
    OPS,
    Expr,
    Function,
    Operand,
    absolute,
    arg,
    bitcast,
    call,
    ceil,
    const,
    const_bits,
    convert,
    copysign,
    eq,
    floor,
    fma,
    make,
    ne,
    rint,
    select,
    sqrt,
    table,
    trunc,
    umulh,
    unordered,
    value_of,
)
from lazydag.backends.scalar.order import cse, substitute, topological
from lazydag.backends.scalar.types import TYPES, DType, ScalarType

__all__ = [
    "OPS",
    "TYPES",
    "DType",
    "Expr",
    "Function",
    "Operand",
    "ScalarType",
    "absolute",
    "arg",
    "bitcast",
    "call",
    "ceil",
    "const",
    "const_bits",
    "convert",
    "copysign",
    "cse",
    "eq",
    "floor",
    "fma",
    "make",
    "ne",
    "rint",
    "select",
    "sqrt",
    "substitute",
    "table",
    "topological",
    "trunc",
    "umulh",
    "unordered",
    "value_of",
]

"""The op table: every operation of the IR, one row each.

Elementwise ops take operands of one shape (and, but for `where` and `call`, one
element type): conversions and broadcasts are nodes of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from lazydag.ir import attrs as a
from lazydag.ir import evaluate, infer, infer_bodies, philox, positions
from lazydag.ir.types import Type


class Kind(Enum):
    """What an op does to the shape of the problem."""

    SOURCE = "source"
    ELEMENTWISE = "elementwise"
    MOVEMENT = "movement"
    REDUCTION = "reduction"
    LIBRARY = "library"
    WRITE = "write"
    GROUP = "group"


@dataclass(frozen=True, slots=True, eq=False)
class Op:
    """One operation.

    Parameters
    ----------
    name : str
        Name in dumps.
    kind : Kind
        What it does to the shape of the problem.
    arity : int
        Number of sources; -1 for any number.
    attrs : type
        Class of the node's attributes.
    infer : callable
        ``infer(source_types, attrs)`` returns the node's type.
    evaluate : callable or None
        ``evaluate(attrs, *arrays)`` returns the value, in NumPy; None where a value
        comes from outside or from a body.
    flops : float
        Cost of one element in units of one addition.
    ufunc : numpy.ufunc or None
        The NumPy function of the same meaning.
    """

    name: str
    kind: Kind
    arity: int
    attrs: type[Any]
    infer: Callable[..., Type]
    evaluate: Callable[..., Any] | None
    flops: float = 0.0
    ufunc: np.ufunc | None = None

    def __repr__(self) -> str:
        return f"<op {self.name}>"


# Where NumPy differs from the array API standard on complex numbers.
_CORRECTED: dict[np.ufunc, Callable[..., Any]] = {
    np.expm1: evaluate.expm1,
    np.tanh: evaluate.tanh,
}


def _elementwise(
    name: str,
    ufunc: np.ufunc,
    rule: Callable[..., Type],
    flops: float = 1.0,
) -> Op:
    return Op(
        name,
        Kind.ELEMENTWISE,
        ufunc.nin,
        a.NoAttrs,
        rule,
        _CORRECTED.get(ufunc) or evaluate.elementwise(ufunc),
        flops,
        ufunc,
    )


# name, ufunc, type rule, cost of an element in additions
_ELEMENTWISE: tuple[tuple[str, np.ufunc, Callable[..., Type], float], ...] = (
    ("add", np.add, infer.same, 1),
    ("sub", np.subtract, infer.numeric, 1),
    ("mul", np.multiply, infer.same, 1),
    ("div", np.divide, infer.inexact, 4),
    ("floordiv", np.floor_divide, infer.real, 12),
    ("mod", np.remainder, infer.real, 12),
    ("pow", np.power, infer.numeric, 60),
    ("neg", np.negative, infer.numeric, 1),
    ("abs", np.absolute, infer.magnitude, 1),
    ("sign", np.sign, infer.numeric, 2),
    ("minimum", np.minimum, infer.same, 2),
    ("maximum", np.maximum, infer.same, 2),
    ("fmin", np.fmin, infer.same, 2),
    ("fmax", np.fmax, infer.same, 2),
    ("copysign", np.copysign, infer.floating, 1),
    ("nextafter", np.nextafter, infer.floating, 4),
    ("conj", np.conjugate, infer.inexact, 1),
    ("sqrt", np.sqrt, infer.inexact, 6),
    ("floor", np.floor, infer.floating, 1),
    ("ceil", np.ceil, infer.floating, 1),
    ("trunc", np.trunc, infer.floating, 1),
    ("rint", np.rint, infer.inexact, 1),
    ("exp", np.exp, infer.inexact, 20),
    ("exp2", np.exp2, infer.inexact, 20),
    ("expm1", np.expm1, infer.inexact, 30),
    ("log", np.log, infer.inexact, 25),
    ("log2", np.log2, infer.inexact, 30),
    ("log10", np.log10, infer.inexact, 30),
    ("log1p", np.log1p, infer.inexact, 30),
    ("sin", np.sin, infer.inexact, 30),
    ("cos", np.cos, infer.inexact, 30),
    ("tan", np.tan, infer.inexact, 40),
    ("asin", np.arcsin, infer.inexact, 30),
    ("acos", np.arccos, infer.inexact, 30),
    ("atan", np.arctan, infer.inexact, 30),
    ("atan2", np.arctan2, infer.floating, 40),
    ("sinh", np.sinh, infer.inexact, 40),
    ("cosh", np.cosh, infer.inexact, 40),
    ("tanh", np.tanh, infer.inexact, 40),
    ("asinh", np.arcsinh, infer.inexact, 50),
    ("acosh", np.arccosh, infer.inexact, 50),
    ("atanh", np.arctanh, infer.inexact, 50),
    ("hypot", np.hypot, infer.floating, 20),
    ("cbrt", np.cbrt, infer.floating, 30),
    ("isnan", np.isnan, infer.inexact_predicate, 1),
    ("isinf", np.isinf, infer.inexact_predicate, 1),
    ("isfinite", np.isfinite, infer.inexact_predicate, 1),
    ("signbit", np.signbit, infer.predicate, 1),
    ("eq", np.equal, infer.comparison, 1),
    ("ne", np.not_equal, infer.comparison, 1),
    ("lt", np.less, infer.comparison, 1),
    ("le", np.less_equal, infer.comparison, 1),
    ("gt", np.greater, infer.comparison, 1),
    ("ge", np.greater_equal, infer.comparison, 1),
    ("land", np.logical_and, infer.logical, 1),
    ("lor", np.logical_or, infer.logical, 1),
    ("lxor", np.logical_xor, infer.logical, 1),
    ("lnot", np.logical_not, infer.logical, 1),
    ("band", np.bitwise_and, infer.integral, 1),
    ("bor", np.bitwise_or, infer.integral, 1),
    ("bxor", np.bitwise_xor, infer.integral, 1),
    ("bnot", np.invert, infer.integral, 1),
    ("shl", np.left_shift, infer.integer, 1),
    ("shr", np.right_shift, infer.integer, 1),
)

# name, kind, arity, attributes, type rule, meaning, cost of an element
_OTHERS: tuple[Op, ...] = (
    Op("param", Kind.SOURCE, 0, a.ParamAttrs, infer.param, None),
    Op("leaf", Kind.SOURCE, 0, a.LeafAttrs, infer.param, None),
    Op("const", Kind.SOURCE, 0, a.ConstAttrs, infer.const, evaluate.const),
    Op(
        "erf",
        Kind.ELEMENTWISE,
        1,
        a.NoAttrs,
        infer.floating,
        evaluate.elementwise(evaluate.erf_elementwise),
        40,
    ),
    Op("real", Kind.ELEMENTWISE, 1, a.NoAttrs, infer.part, evaluate.real, 1),
    Op("imag", Kind.ELEMENTWISE, 1, a.NoAttrs, infer.part, evaluate.imag, 1),
    Op("complex", Kind.ELEMENTWISE, 2, a.NoAttrs, infer.whole, evaluate.whole, 1),
    Op("cast", Kind.ELEMENTWISE, 1, a.CastAttrs, infer.cast, evaluate.cast, 1),
    Op("where", Kind.ELEMENTWISE, 3, a.NoAttrs, infer.select, evaluate.select, 1),
    Op("call", Kind.ELEMENTWISE, -1, a.CallAttrs, infer.call, evaluate.call, 50),
    Op("philox", Kind.ELEMENTWISE, 3, a.NoAttrs, infer.words, philox.word, 25),
    Op(
        "broadcast",
        Kind.MOVEMENT,
        1,
        a.ShapeAttrs,
        infer.broadcast,
        evaluate.broadcast,
    ),
    Op("reshape", Kind.MOVEMENT, 1, a.ShapeAttrs, infer.reshape, evaluate.reshape),
    Op(
        "transpose",
        Kind.MOVEMENT,
        1,
        a.TransposeAttrs,
        infer.transpose,
        evaluate.transpose,
    ),
    Op("slice", Kind.MOVEMENT, 1, a.SliceAttrs, infer.slice_, evaluate.slice_),
    Op("retile", Kind.MOVEMENT, 1, a.RetileAttrs, infer.retile, evaluate.retile),
    Op("pin", Kind.MOVEMENT, 1, a.PinAttrs, infer.pin, evaluate.pin),
    Op("write", Kind.WRITE, 2, a.SliceAttrs, infer.write, evaluate.write),
    Op("sum", Kind.REDUCTION, 1, a.ReduceAttrs, infer.reduce, evaluate.sum_, 1),
    Op("prod", Kind.REDUCTION, 1, a.ReduceAttrs, infer.reduce, evaluate.prod_, 1),
    Op("amin", Kind.REDUCTION, 1, a.ReduceAttrs, infer.reduce, evaluate.amin, 2),
    Op("amax", Kind.REDUCTION, 1, a.ReduceAttrs, infer.reduce, evaluate.amax, 2),
    Op("any", Kind.REDUCTION, 1, a.ReduceAttrs, infer.reduce_logical, evaluate.any_, 1),
    Op("all", Kind.REDUCTION, 1, a.ReduceAttrs, infer.reduce_logical, evaluate.all_, 1),
    Op("m2", Kind.REDUCTION, 1, a.ReduceAttrs, infer.reduce_floating, evaluate.m2, 4),
    Op(
        "residual",
        Kind.REDUCTION,
        1,
        a.ReduceAttrs,
        infer.reduce_floating,
        evaluate.residual,
        2,
    ),
    Op("iota", Kind.LIBRARY, 0, a.IotaAttrs, infer.iota, evaluate.iota, 1),
    Op("concat", Kind.LIBRARY, -1, a.ConcatAttrs, infer.concat, evaluate.concat, 1),
    Op(
        "argmin",
        Kind.LIBRARY,
        1,
        a.ArgReduceAttrs,
        infer.arg_reduce,
        evaluate.argmin,
        2,
    ),
    Op(
        "argmax",
        Kind.LIBRARY,
        1,
        a.ArgReduceAttrs,
        infer.arg_reduce,
        evaluate.argmax,
        2,
    ),
    Op(
        "gather",
        Kind.LIBRARY,
        -1,
        a.GatherAttrs,
        positions.infer_gather,
        positions.gather,
        2,
    ),
    Op(
        "scatter",
        Kind.LIBRARY,
        -1,
        a.ScatterAttrs,
        positions.infer_scatter,
        positions.scatter,
        4,
    ),
    Op("matmul", Kind.LIBRARY, 2, a.NoAttrs, infer.matmul, evaluate.matmul, 0),
    Op(
        "function",
        Kind.LIBRARY,
        -1,
        a.FunctionAttrs,
        infer.function,
        evaluate.function,
    ),
    Op("loop", Kind.LIBRARY, -1, a.LoopAttrs, infer_bodies.loop, None),
    Op("branch", Kind.LIBRARY, -1, a.BranchAttrs, infer_bodies.branch, None),
    Op("stencil", Kind.LIBRARY, -1, a.StencilAttrs, infer_bodies.stencil, None),
    Op("copy", Kind.GROUP, 1, a.CopyAttrs, infer.copy, evaluate.copy),
    Op("kernel", Kind.GROUP, -1, a.KernelAttrs, infer.kernel, None),
    Op("get", Kind.GROUP, 1, a.GetAttrs, infer.get, None),
)

#: Every op by name.
OPS: dict[str, Op] = {
    op.name: op for op in (*(_elementwise(*row) for row in _ELEMENTWISE), *_OTHERS)
}

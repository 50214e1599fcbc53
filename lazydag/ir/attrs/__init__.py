"""Attributes of nodes: one frozen dataclass for each op that has any.

In: what an op has to know beside its sources. Out: immutable, hashable values, by which
nodes are interned.
"""

from __future__ import annotations

from lazydag.ir.attrs.attrs import Attrs, bodies_of, call_key, scoped, with_output
from lazydag.ir.attrs.calls import BranchAttrs, FunctionAttrs, LoopAttrs, StencilAttrs
from lazydag.ir.attrs.elementwise import (
    NONE,
    ArgReduceAttrs,
    CallAttrs,
    CastAttrs,
    NoAttrs,
    ReduceAttrs,
    UserKernel,
)
from lazydag.ir.attrs.kernels import CopyAttrs, GetAttrs, KernelAttrs
from lazydag.ir.attrs.movement import (
    ConcatAttrs,
    GatherAttrs,
    PinAttrs,
    RetileAttrs,
    ScatterAttrs,
    ShapeAttrs,
    SliceAttrs,
    TransposeAttrs,
)
from lazydag.ir.attrs.values import ConstAttrs, IotaAttrs, Leaf, LeafAttrs, ParamAttrs

__all__ = [
    "NONE",
    "ArgReduceAttrs",
    "Attrs",
    "BranchAttrs",
    "CallAttrs",
    "CastAttrs",
    "ConcatAttrs",
    "ConstAttrs",
    "CopyAttrs",
    "FunctionAttrs",
    "GatherAttrs",
    "GetAttrs",
    "IotaAttrs",
    "KernelAttrs",
    "Leaf",
    "LeafAttrs",
    "LoopAttrs",
    "NoAttrs",
    "ParamAttrs",
    "PinAttrs",
    "ReduceAttrs",
    "RetileAttrs",
    "ScatterAttrs",
    "ShapeAttrs",
    "SliceAttrs",
    "StencilAttrs",
    "TransposeAttrs",
    "UserKernel",
    "bodies_of",
    "call_key",
    "scoped",
    "with_output",
]

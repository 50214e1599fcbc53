"""The attributes of any op, and what can be asked of them all."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from lazydag.ir.attrs.calls import BranchAttrs, FunctionAttrs, LoopAttrs, StencilAttrs
from lazydag.ir.attrs.elementwise import (
    ArgReduceAttrs,
    CallAttrs,
    CastAttrs,
    NoAttrs,
    ReduceAttrs,
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
from lazydag.ir.attrs.values import ConstAttrs, IotaAttrs, LeafAttrs, ParamAttrs

if TYPE_CHECKING:
    from lazydag.ir.graph import Graph

Attrs: TypeAlias = (
    NoAttrs
    | ParamAttrs
    | LeafAttrs
    | ConstAttrs
    | IotaAttrs
    | CastAttrs
    | ShapeAttrs
    | TransposeAttrs
    | SliceAttrs
    | PinAttrs
    | RetileAttrs
    | GatherAttrs
    | ScatterAttrs
    | ConcatAttrs
    | ReduceAttrs
    | ArgReduceAttrs
    | FunctionAttrs
    | LoopAttrs
    | BranchAttrs
    | StencilAttrs
    | CallAttrs
    | KernelAttrs
    | GetAttrs
    | CopyAttrs
)


def scoped(attrs: Attrs, scope: str) -> Attrs:
    """Return the attributes of the same op in another scope, if it has one."""
    if isinstance(attrs, (ParamAttrs, IotaAttrs)) and attrs.scope != scope:
        return replace(attrs, scope=scope)
    return attrs


def bodies_of(attrs: Attrs) -> tuple[Graph, ...]:
    """Return the graphs that the attributes hold."""
    if isinstance(attrs, (KernelAttrs, LoopAttrs, StencilAttrs)):
        return (attrs.body,)
    return attrs.bodies if isinstance(attrs, BranchAttrs) else ()


def call_key(attrs: Attrs) -> Hashable | None:
    """Return what is equal for the results of one call; None if there is one only."""
    if isinstance(attrs, FunctionAttrs):
        return attrs.name, attrs.options
    if isinstance(attrs, (LoopAttrs, BranchAttrs, StencilAttrs)):
        return replace(attrs, output=0)
    return None


def with_output(attrs: Attrs, output: int) -> Attrs:
    """Return the attributes of another result of the same call."""
    assert isinstance(attrs, (FunctionAttrs, LoopAttrs, BranchAttrs, StencilAttrs))
    return replace(attrs, output=output)

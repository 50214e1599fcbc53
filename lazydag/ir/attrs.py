"""Attributes of nodes: one frozen dataclass for each op that has any."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazydag.ir.types import ArrayType, DType

if TYPE_CHECKING:
    from lazydag.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class NoAttrs:
    """Attributes of an op that has none."""


NONE = NoAttrs()


@dataclass(frozen=True, slots=True)
class ParamAttrs:
    """An input of a graph.

    Parameters
    ----------
    slot : int
        Its position.
    type : ArrayType
        Its type.
    scope : str
        What it belongs to, such as ``flights.py:29:haversine``. Equal computations
        in two scopes are nodes of their own, each with its own line of the user.
    space : str
        The memory space that it lies in; empty for that of NumPy's arrays.
    """

    slot: int
    type: ArrayType
    scope: str = ""
    space: str = ""


class Leaf:
    """Identity of an array that a program holds; `data` is what it holds.

    An array of NumPy, or on a device. Two leaves are never equal, so that two arrays
    are never taken for one.
    """

    __slots__ = ("__weakref__", "data")

    def __init__(self, data: Any) -> None:
        self.data = data


@dataclass(frozen=True, slots=True)
class LeafAttrs:
    """An array held by the program, before it becomes a parameter of a plan."""

    leaf: Leaf
    type: ArrayType


@dataclass(frozen=True, slots=True)
class ConstAttrs:
    """A scalar known while tracing; keyed by its bytes, so 0.0 is not -0.0."""

    data: bytes
    dtype: DType

    def value(self) -> np.generic:
        """Return the NumPy scalar."""
        scalar: np.generic = np.frombuffer(self.data, self.dtype)[0]
        return scalar


@dataclass(frozen=True, slots=True)
class IotaAttrs:
    """The numbers 0, 1, … length - 1; `scope` is as that of a parameter."""

    length: int
    dtype: DType
    scope: str = ""


@dataclass(frozen=True, slots=True)
class CastAttrs:
    """Element type to convert to, with the meaning of ``ndarray.astype``."""

    dtype: DType


@dataclass(frozen=True, slots=True)
class ShapeAttrs:
    """The shape to broadcast or reshape to."""

    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransposeAttrs:
    """Axis `axes[i]` of the source becomes axis `i`."""

    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SliceAttrs:
    """Elements ``start + i * step`` for ``i < count``, for each axis."""

    starts: tuple[int, ...]
    counts: tuple[int, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PinAttrs:
    """On which device an array is to lie.

    Parameters
    ----------
    device : str
        Its name, such as ``"gpu:0"``, or a kind of which any will do: ``"gpu"``.
    made : bool
        Whether what computes the array runs there, too, and what is computed for that
        alone. Else it may be made elsewhere, and moved.
    """

    device: str
    made: bool = True


@dataclass(frozen=True, slots=True)
class RetileAttrs:
    """Into which tiles an array is cut from here on, and whose memory holds them.

    Parameters
    ----------
    tile : tuple of int
        Extents of a tile, one for each axis.
    distribution : str
        ``"rows"`` or ``"columns"`` for a band of them on each worker; ``"2x3"`` for a
        grid of workers, to which tiles are dealt in turn along each axis; empty if it
        does not matter.
    """

    tile: tuple[int, ...]
    distribution: str = ""


@dataclass(frozen=True, slots=True)
class GatherAttrs:
    """Which axes are indexed, one for each array of positions.

    Parameters
    ----------
    axes : tuple of int
        Ascending.
    at : int
        How many of the other axes come before those of the positions.
    """

    axes: tuple[int, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class ScatterAttrs:
    """Where elements are written, and how.

    Parameters
    ----------
    region : SliceAttrs
        The part of the base that positions count in.
    axes, at
        As those of `GatherAttrs`, for that part.
    how : str
        ``"set"``, or the name of the ufunc that makes the new element of the old one
        and the value.
    """

    region: SliceAttrs
    axes: tuple[int, ...]
    at: int = 0
    how: str = "set"


@dataclass(frozen=True, slots=True)
class ConcatAttrs:
    """Axis along which the sources are joined."""

    axis: int


@dataclass(frozen=True, slots=True)
class ReduceAttrs:
    """A reduction over adjacent or scattered axes.

    Parameters
    ----------
    axes : tuple of int
        Reduced axes, ascending; they disappear from the shape.
    block : int
        0 to reduce all elements; otherwise one partial result for each `block`
        consecutive elements of the (adjacent, flattened) reduced axes, which then
        leave one axis of ``ceil(n / block)`` partials in their place.
    """

    axes: tuple[int, ...]
    block: int = 0


@dataclass(frozen=True, slots=True)
class ArgReduceAttrs:
    """Axis along which the position of the extreme element is wanted."""

    axis: int


@dataclass(frozen=True, slots=True)
class FunctionAttrs:
    """A function of whole arrays: a row of `lazydag.ir.functions`.

    Parameters
    ----------
    name : str
        The row.
    options : tuple of (str, value)
        Numbers, strings, None and tuples of them, by name.
    output : int
        Which of its results.
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()
    output: int = 0


@dataclass(frozen=True, slots=True)
class LoopAttrs:
    """A body that is run again and again on what it made before.

    The sources are the first values of the carries, arrays of which each step takes a
    row, and values that all steps read. The body's parameters are the number of the
    step, i64, the carries, the rows, and those values. It gives the new carries, and
    what is stacked along a new first axis. The results are the last carries, and the
    stacks.

    Parameters
    ----------
    body : Graph
        One step, at stage TRACED.
    carries, rows : int
        How many there are.
    length : int or None
        The number of steps; None to go on while the first carry, a bool, is true.
    reverse : bool
        Whether rows are taken, and stacks filled, from the end.
    output : int
        Which of the results.
    """

    body: Graph
    carries: int
    rows: int = 0
    length: int | None = None
    reverse: bool = False
    output: int = 0


@dataclass(frozen=True, slots=True)
class BranchAttrs:
    """One of several bodies, chosen by the first source, an i64.

    Numbers beyond the ends choose the first or the last body. The other sources are
    what all bodies take; their results are of the same types.

    Parameters
    ----------
    bodies : tuple of Graph
        At stage TRACED.
    output : int
        Which of the results.
    """

    bodies: tuple[Graph, ...]
    output: int = 0


@dataclass(frozen=True, slots=True)
class StencilAttrs:
    """Sweeps over arrays: each element anew of those around it.

    The first sources are swept: after a sweep the results take their places. The
    others, of the same shape or without axes, stay as they are.

    Parameters
    ----------
    body : Graph
        One element, at stage TRACED: parameters and results have no axes. It gives
        what becomes of the first sources.
    neighbours : tuple of tuple of int
        For each parameter of the body the source, and how far away along each axis.
    boundary : tuple of str
        For each axis what lies beyond its ends: a row of `lazydag.ir.boundaries`, or
        ``"constant 0.0"``.
    steps : int
        How many sweeps.
    output : int
        Which of the results.
    """

    body: Graph
    neighbours: tuple[tuple[int, ...], ...]
    boundary: tuple[str, ...]
    steps: int = 1
    output: int = 0

    @property
    def radius(self) -> tuple[int, ...]:
        """How far the farthest neighbours are away along each axis."""
        found = [0] * len(self.boundary)
        for _, *offsets in self.neighbours:
            if offsets:
                found = [max(r, abs(k)) for r, k in zip(found, offsets, strict=True)]
        return tuple(found)


class UserKernel:
    """A scalar function that a person wrote, to be used elementwise.

    Identity is that of the object: two kernels are equal only if they are one.
    """

    __slots__ = ("__weakref__", "function", "name")

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.function = function


@dataclass(frozen=True, slots=True)
class CallAttrs:
    """An elementwise call of a person's scalar function, and what it returns."""

    kernel: UserKernel
    dtype: DType


@dataclass(frozen=True, slots=True)
class KernelAttrs:
    """One kernel: what it computes, in which tiles, on which device.

    Parameters
    ----------
    body : Graph
        What is computed; its parameters stand for the kernel's sources.
    tile : tuple of int or None
        Shape of a tile of the iteration space; None before tiling, empty for a
        library call, which is one task.
    device : str or None
        Name of the device; None before placement.
    """

    body: Graph
    tile: tuple[int, ...] | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class GetAttrs:
    """Which output of a kernel."""

    index: int


@dataclass(frozen=True, slots=True)
class CopyAttrs:
    """The memory space to copy to."""

    space: str


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

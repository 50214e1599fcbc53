"""Pieces of kernels: parts of an iteration space that are computed in turn.

A piece is a kernel of the same structure as the whole, so nothing is compiled for it.
It ends where blocks of reductions end: the bits are those of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd, prod

import numpy as np

from lazydag.ir.attrs import ParamAttrs, ShapeAttrs
from lazydag.ir.graph import Graph, Stage, make_graph, param, rebuild
from lazydag.ir.node import Node, array_type, is_fusable, make, with_sources
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.types import ArrayType
from lazydag.passes.work import iteration_shape, reduction_of

_PARAM, _CONST, _BROADCAST = (OPS[name] for name in ("param", "const", "broadcast"))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an iteration space: the elements ``[start, start + count)`` of an axis.

    Parameters
    ----------
    lead
        Indices along the axes before.
    """

    lead: tuple[int, ...]
    start: int
    count: int

    def sizes(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Return the extents of the piece of an iteration space."""
        return (*(1 for _ in self.lead), self.count, *shape[len(self.lead) + 1 :])


@dataclass(frozen=True, slots=True)
class Pieces:
    """How an iteration space is cut: along one axis, for each index of those before.

    Parameters
    ----------
    step
        Extent of a piece along the axis, but for the last.
    block, inner
        Elements that make one partial result, and those of one index along the axis;
        the block is 0 if the axis is kept.
    """

    shape: tuple[int, ...]
    axis: int
    step: int
    block: int = 0
    inner: int = 1

    def __len__(self) -> int:
        return prod(self.shape[: self.axis]) * -(-self.shape[self.axis] // self.step)

    def __iter__(self) -> Iterator[Piece]:
        extent = self.shape[self.axis]
        for lead in np.ndindex(*self.shape[: self.axis]):
            for start in range(0, extent, self.step):
                yield Piece(lead, start, min(self.step, extent - start))

    def partial(self, piece: Piece) -> Piece:
        """Return which partial results a piece gives."""
        if not self.block:
            return piece
        start, stop = (
            -(-n * self.inner // self.block)
            for n in (piece.start, piece.start + piece.count)
        )
        return Piece(piece.lead, start, stop - start)


def can_cut(body: Graph) -> bool:
    """Tell whether pieces of a kernel are kernels: it is elementwise, or reduces."""
    shape = iteration_shape(body)
    return bool(prod(shape)) and all(_is_cut(node, shape) for node in body.nodes())


def _is_cut(node: Node, shape: tuple[int, ...]) -> bool:
    if node.op is _PARAM:
        return array_type(node).sizes == shape
    if node.op is _BROADCAST:
        return node.srcs[0].op is _CONST and array_type(node).sizes == shape
    return (
        node.op is _CONST
        or (node.op.kind is Kind.ELEMENTWISE and is_fusable(node))
        or node.op.kind is Kind.REDUCTION
    )


def pieces_of(body: Graph, nbytes: int) -> Pieces | None:
    """Return pieces whose operands and results have at most about `nbytes` each.

    None if no cut along one axis makes them so small. The outermost axes are cut, so
    that pieces of arrays in C order have no gaps.
    """
    shape = iteration_shape(body)
    whole = sum(array_type(node).nbytes for node in (*body.params, *body.outputs))
    for axis, (granule, block, inner) in enumerate(_granules(body, shape)):
        most = nbytes * prod(shape[: axis + 1]) // whole
        if most >= min(granule, shape[axis]):
            step = min(shape[axis], max(most // granule, 1) * granule)
            return Pieces(shape, axis, step, block, inner)
    return None


def _granules(body: Graph, shape: tuple[int, ...]) -> Iterator[tuple[int, int, int]]:
    """Yield for each axis that may be cut: multiples of what; block and inner."""
    reduction = reduction_of(body)
    axes = (len(shape),) if reduction is None else reduction.axes
    yield from ((1, 0, 1) for _ in shape[: axes[0]])
    if reduction is not None and reduction.block:
        inner = prod(shape[axes[0] + 1 : axes[-1] + 1])
        yield reduction.block // gcd(reduction.block, inner), reduction.block, inner


def piece_body(body: Graph, sizes: tuple[int, ...]) -> Graph:
    """Return what a piece of some extents computes."""

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        if isinstance(node.attrs, ParamAttrs):
            return param(node.attrs.slot, ArrayType(sizes, array_type(node).dtype))
        if node.op is _BROADCAST:
            return make(_BROADCAST, *srcs, attrs=ShapeAttrs(sizes), source=node.source)
        return with_sources(node, srcs)

    every = rebuild((*body.params, *body.outputs), visit)
    params, outputs = every[: len(body.params)], every[len(body.params) :]
    return make_graph(body.name, params, outputs, Stage.SIMPLIFIED)

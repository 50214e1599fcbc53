"""Split reductions into a tree of blocks that depends on the shape alone.

One partial result for each absolute block of elements, then a reduction of the
partials, and so on: the order of additions, and with it every bit of the result, is
settled here, before anything is known of tiles, threads or devices.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from lazydag.cost.target import Target
from lazydag.ir.attrs import (
    ReduceAttrs,
    ShapeAttrs,
    SliceAttrs,
    TransposeAttrs,
)
from lazydag.ir.graph import Graph, Note, evolve, rebuild, with_sources
from lazydag.ir.node import Node, const, make
from lazydag.ir.ops import OPS, Kind, Op
from lazydag.ir.reduction import adjacent_groups, block_size
from lazydag.ir.rewrite import rewrite
from lazydag.passes.rules.match import spread
from lazydag.passes.rules.reductions import of_one
from lazydag.passes.simplify import RULES

_SUM, _M2, _RESHAPE = OPS["sum"], OPS["m2"], OPS["reshape"]


@dataclass(frozen=True, slots=True)
class SplitReductions:
    """Write every reduction as a tree over adjacent axes and fixed blocks."""

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph`, still SIMPLIFIED, with reductions over single blocks only."""
        del target
        split = 0

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            nonlocal split
            new = with_sources(node, srcs)
            if node.op.kind is not Kind.REDUCTION:
                return new
            tree = reduction_tree(new)
            split += tree is not new
            return tree

        outputs = rebuild(graph.outputs, visit)
        if not split:
            return graph
        outputs, _ = rewrite(outputs, RULES)
        reason = f"{split} reductions cut into blocks of fixed size, whatever the tiles"
        note = Note("split_reductions", graph.name, reason)
        return evolve(graph, outputs, graph.stage, [note])


def reduction_tree(node: Node) -> Node:
    """Return the tree of blocked reductions that computes `node`."""
    assert isinstance(node.attrs, ReduceAttrs)
    x, op = node.srcs[0], node.op
    groups = adjacent_groups(node.attrs.axes)
    if not groups:
        return of_one(node)
    if len(groups) == 1:
        return _reduce_group(op, x, groups[0])
    if op is _M2:
        return _reduce_group(op, *_gathered(x, node.attrs.axes))
    for group in reversed(groups):
        x = _reduce_group(op, x, group)
    return x


def _gathered(x: Node, axes: tuple[int, ...]) -> tuple[Node, tuple[int, ...]]:
    """Return `x` with scattered `axes` moved to the end, and where they are then."""
    kept = tuple(a for a in range(x.type.ndim) if a not in axes)
    moved = make(
        OPS["transpose"], x, attrs=TransposeAttrs(kept + axes), source=x.source
    )
    return moved, tuple(range(len(kept), x.type.ndim))


def _reduce_group(op: Op, x: Node, axes: tuple[int, ...]) -> Node:
    """Reduce over adjacent axes: blocks first, then the axis of their partials."""
    shape = x.type.shape
    count, block = prod(shape[a] for a in axes), block_size(shape, axes)
    if count <= block:
        whole = make(op, x, attrs=ReduceAttrs(axes), source=x.source)
        return of_one(whole) if count == 1 else whole
    inner = _inner_axes(shape, axes, block)
    if inner != axes:
        return _inner_first(op, x, axes[: -len(inner)], inner)
    partial = make(op, x, attrs=ReduceAttrs(axes, block), source=x.source)
    if op is _M2:
        return _merge_blocks(x, partial, axes, count, block)
    return _reduce_group(op, partial, axes[:1])


def _inner_axes(
    shape: tuple[int, ...], axes: tuple[int, ...], block: int
) -> tuple[int, ...]:
    """Return the last of `axes` that have about a block of elements together.

    Were blocks to run over the ends of long rows, tiles could only end where both do.
    """
    for first in range(len(axes) - 1, 0, -1):
        if prod(shape[a] for a in axes[first:]) >= block // 4:
            return axes[first:]
    return axes


def _inner_first(
    op: Op, x: Node, outer: tuple[int, ...], inner: tuple[int, ...]
) -> Node:
    """Reduce over the inner axes, then the results over the outer ones."""
    each = _reduce_group(op, x, inner)
    if op is not _M2:
        return _reduce_group(op, each, outer)
    size = prod(x.type.shape[a] for a in inner)
    count = size * prod(x.type.shape[a] for a in outer)
    sums = _reduce_group(_SUM, x, inner)
    expected = _expected(_reduce_group(_SUM, sums, outer), size, count)
    within = _reduce_group(_SUM, each, outer)
    return _binary("add", within, _between(sums, expected, size, outer))


def _merge_blocks(
    x: Node, partial: Node, axes: tuple[int, ...], count: int, block: int
) -> Node:
    """Merge the blocks' sums of squared deviations (Chan, Golub and LeVeque 1983).

    ``M2 = sum(M2_b) + sum((S_b - n_b / n * S)**2 / n_b)`` over blocks b of n_b elements
    with sum S_b, of n with sum S; all blocks but the last have `block` elements.
    """
    along = axes[:1]
    sums = make(_SUM, x, attrs=ReduceAttrs(axes, block), source=x.source)
    total = _reduce_group(_SUM, sums, along)
    within = _reduce_group(_SUM, partial, along)
    full, rest = divmod(count, block)
    whole = _blocks(sums, axes[0], 0, full)
    across = _between(whole, _expected(total, block, count), block, along)
    if rest:
        last = _blocks(sums, axes[0], full, 1)
        gap = _between(last, _expected(total, rest, count), rest, along)
        across = _binary("add", across, gap)
    return _binary("add", within, across)


def _blocks(sums: Node, at: int, start: int, count: int) -> Node:
    """Return `count` blocks' sums along axis `at`, from block `start` on."""
    shape = sums.type.shape
    starts = tuple(start if a == at else 0 for a in range(len(shape)))
    counts = tuple(count if a == at else n for a, n in enumerate(shape))
    attrs = SliceAttrs(starts, counts, (1,) * len(shape))
    return make(OPS["slice"], sums, attrs=attrs, source=sums.source)


def _expected(total: Node, size: int, count: int) -> Node:
    """Return what `size` elements would add to the sum `total` of `count`."""
    return _binary("mul", total, const(size / count, total.type.dtype))


def _between(part: Node, expected: Node, size: int, axes: tuple[int, ...]) -> Node:
    """Return ``sum((S_b - expected)**2 / size)`` over `axes` of the sums S_b."""
    shape = part.type.shape
    if expected.type.ndim:
        unit = tuple(1 if a in axes else n for a, n in enumerate(shape))
        expected = make(_RESHAPE, expected, attrs=ShapeAttrs(unit), source=part.source)
    gap = _binary("sub", part, spread(expected, shape))
    square = _binary("mul", gap, gap)
    term = _binary("div", square, const(size, part.type.dtype))
    return _reduce_group(_SUM, term, axes)


def _binary(name: str, x: Node, y: Node) -> Node:
    return make(OPS[name], x, spread(y, x.type.shape), source=x.source)

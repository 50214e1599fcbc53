"""Split reductions into a tree of blocks that depends on the shape alone.

One partial result for each absolute block of elements, then a reduction of the
partials, and so on: the order of additions, and with it every bit of the result, is
settled here, before anything is known of tiles, threads or devices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import TypeAlias

from lazydag.cost.target import Target
from lazydag.ir.attrs import ReduceAttrs, ShapeAttrs, SliceAttrs
from lazydag.ir.graph import Graph, Note, evolve, rebuild, with_sources
from lazydag.ir.node import Node, const, make
from lazydag.ir.ops import OPS, Kind, Op
from lazydag.ir.reduction import adjacent_groups, block_size
from lazydag.ir.rewrite import rewrite
from lazydag.passes.rules.match import spread
from lazydag.passes.rules.reductions import of_one
from lazydag.passes.simplify import RULES

Axes: TypeAlias = tuple[int, ...]

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
        count = f"{split} reduction{'s' * (split != 1)}"
        reason = f"{count} cut into blocks of fixed size, whatever the tiles"
        note = Note("split_reductions", graph.name, reason)
        return evolve(graph, outputs, graph.stage, [note])


def reduction_tree(node: Node) -> Node:
    """Return the tree of blocked reductions that computes `node`."""
    assert isinstance(node.attrs, ReduceAttrs)
    groups = adjacent_groups(node.attrs.axes)
    return _reduce(node.op, node.srcs[0], groups) if groups else of_one(node)


def _reduce(op: Op, x: Node, groups: Sequence[Axes]) -> Node:
    """Reduce over scattered axes, given as runs of neighbours: the last run first."""
    *outer, inner = groups
    return _inner_first(op, x, outer, inner) if outer else _reduce_group(op, x, inner)


def _reduce_group(op: Op, x: Node, axes: Axes) -> Node:
    """Reduce over adjacent axes: blocks first, then the axis of their partials."""
    shape = x.type.shape
    count, block = prod(shape[a] for a in axes), block_size(shape, axes)
    if count <= block:
        whole = make(op, x, attrs=ReduceAttrs(axes), source=x.source)
        return of_one(whole) if count == 1 else whole
    inner = _inner_axes(shape, axes, block)
    if op is _M2 and inner != axes:
        return _inner_first(op, x, [axes[: -len(inner)]], inner)
    is_cut = prod(shape[a] for a in inner) > block
    attrs = ReduceAttrs(inner, block if is_cut else 0)
    partial = make(op, x, attrs=attrs, source=x.source)
    if op is _M2:
        return _merge_blocks(x, partial, axes, count, block)
    # The axis of partial results, if there is one, stands behind the outer axes.
    return _reduce_group(op, partial, axes[: len(axes) - len(inner) + is_cut])


def _inner_axes(shape: tuple[int, ...], axes: Axes, block: int) -> Axes:
    """Return the last of `axes` that have about a block of elements together.

    Were blocks to run over the ends of long rows, tiles could only end where both do.
    """
    for first in range(len(axes) - 1, 0, -1):
        if prod(shape[a] for a in axes[first:]) >= block // 4:
            return axes[first:]
    return axes


def _inner_first(op: Op, x: Node, outer: Sequence[Axes], inner: Axes) -> Node:
    """Reduce over the inner axes, then the results over the outer ones."""
    each = _reduce_group(op, x, inner)
    if op is not _M2:
        return _reduce(op, each, outer)
    shape = x.type.shape
    size = prod(shape[a] for a in inner)
    count = size * prod(shape[a] for group in outer for a in group)
    sums = _reduce_group(_SUM, x, inner)
    expected = _expected(_reduce(_SUM, sums, outer), size, count)
    across = _reduce(_SUM, _deviation(sums, expected, size, outer), outer)
    return _binary("add", _reduce(_SUM, each, outer), across)


def _merge_blocks(x: Node, partial: Node, axes: Axes, count: int, block: int) -> Node:
    """Merge the blocks' sums of squared deviations (Chan, Golub and LeVeque 1983).

    ``M2 = sum(M2_b) + sum((S_b - n_b / n * S)**2 / n_b)`` over blocks b of n_b elements
    with sum S_b, of n with sum S; all blocks but the last have `block` elements.
    """
    along = axes[:1]
    sums = make(_SUM, x, attrs=ReduceAttrs(axes, block), source=x.source)
    total = _reduce_group(_SUM, sums, along)
    result = _reduce_group(_SUM, partial, along)
    full, rest = divmod(count, block)
    for start, blocks, size in ((0, full, block), (full, 1, rest)):
        if size:
            part = _blocks(sums, axes[0], start, blocks)
            expected = _expected(total, size, count)
            gap = _deviation(part, expected, size, [along])
            across = _reduce_group(_SUM, gap, along) if blocks > 1 else gap
            result = _binary("add", result, across)
    return result


def _blocks(sums: Node, at: int, start: int, count: int) -> Node:
    """Return `count` blocks' sums along axis `at`, from block `start` on.

    The axis vanishes if there is one only.
    """
    shape = sums.type.shape
    starts = tuple(start if a == at else 0 for a in range(len(shape)))
    counts = tuple(count if a == at else n for a, n in enumerate(shape))
    attrs = SliceAttrs(starts, counts, (1,) * len(shape))
    part = make(OPS["slice"], sums, attrs=attrs, source=sums.source)
    return part if count > 1 else _reshaped(part, shape[:at] + shape[at + 1 :])


def _reshaped(x: Node, shape: tuple[int, ...]) -> Node:
    return make(_RESHAPE, x, attrs=ShapeAttrs(shape), source=x.source)


def _expected(total: Node, size: int, count: int) -> Node:
    """Return what `size` elements would add to the sum `total` of `count`."""
    return _binary("mul", total, const(size / count, total.type.dtype))


def _deviation(sums: Node, expected: Node, size: int, groups: Sequence[Axes]) -> Node:
    """Return ``(S_b - expected)**2 / size`` for sums S_b along the axes of `groups`."""
    shape = sums.type.shape
    if expected.type.ndim and expected.type.shape != shape:
        axes = {a for group in groups for a in group}
        unit = tuple(1 if a in axes else n for a, n in enumerate(shape))
        expected = _reshaped(expected, unit)
    gap = _binary("sub", sums, spread(expected, shape))
    return _binary("div", _binary("mul", gap, gap), const(size, sums.type.dtype))


def _binary(name: str, x: Node, y: Node) -> Node:
    return make(OPS[name], x, spread(y, x.type.shape), source=x.source)

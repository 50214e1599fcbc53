"""Sums of squared deviations: those of blocks, merged.

Chan, Golub and LeVeque (1983) merge blocks by their means. A rounded mean would make
their formula as inexact as the mean is large; here the sum of what deviates from the
rounded mean, the residual, makes up for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod

from lazydag.ir.attrs import ShapeAttrs, SliceAttrs
from lazydag.ir.node import Node, const, make
from lazydag.ir.ops import OPS
from lazydag.ir.reduction import block_size
from lazydag.passes.reduction_trees import Axes, inner_axes, over, tree
from lazydag.passes.rules.match import spread

_SUM, _RESIDUAL, _M2 = OPS["sum"], OPS["residual"], OPS["m2"]


@dataclass(frozen=True, slots=True)
class Moments:
    """What is known of parts of an array that have equally many elements.

    Attributes
    ----------
    count
        Elements of each part.
    total
        Sums.
    residual
        Sums of deviations from the rounded mean, ``total / count``.
    m2
        Sums of squared deviations from the mean.
    """

    count: int
    total: Node
    residual: Node
    m2: Node


def moments(x: Node, groups: Sequence[Axes]) -> Moments:
    """Return the moments over runs of neighbouring axes."""
    *outer, inner = groups
    found = _group_moments(x, inner)
    return _merged(found.total, [found], outer) if outer else found


def _group_moments(x: Node, axes: Axes) -> Moments:
    """Return the moments over adjacent axes."""
    shape = x.type.shape
    count, block = prod(shape[a] for a in axes), block_size(shape, axes)
    if count <= block:
        return _moments_over(x, axes, count)
    inner = inner_axes(shape, axes, block)
    if inner != axes:
        found = _group_moments(x, inner)
        return _merged(found.total, [found], [axes[: -len(inner)]])
    blocks, at = _moments_over(x, axes, block, block), axes[0]
    full, rest = divmod(count, block)
    parts = [_cut(blocks, at, 0, full, block)]
    if rest:
        parts.append(_cut(blocks, at, full, 1, rest))
    return _merged(blocks.total, parts, [(at,)])


def _moments_over(x: Node, axes: Axes, count: int, block: int = 0) -> Moments:
    return Moments(count, *(over(op, x, axes, block) for op in (_SUM, _RESIDUAL, _M2)))


def _cut(blocks: Moments, at: int, start: int, number: int, count: int) -> Moments:
    """Return some of the blocks along an axis, which vanishes if it is one only."""
    parts = (blocks.total, blocks.residual, blocks.m2)
    return Moments(count, *(_slice(x, at, start, number) for x in parts))


def _slice(x: Node, at: int, start: int, number: int) -> Node:
    shape = x.type.shape
    if number == shape[at]:
        return x
    starts = tuple(start if a == at else 0 for a in range(len(shape)))
    counts = tuple(number if a == at else n for a, n in enumerate(shape))
    attrs = SliceAttrs(starts, counts, (1,) * len(shape))
    part = make(OPS["slice"], x, attrs=attrs, source=x.source)
    return part if number > 1 else _reshaped(part, shape[:at] + shape[at + 1 :])


def _merged(totals: Node, parts: Sequence[Moments], groups: Sequence[Axes]) -> Moments:
    """Return the moments of all parts together.

    ``M2 = sum(M2_b + d_b**2 / n_b) - sum(d_b)**2 / n``, where part b of n_b elements
    deviates by ``d_b = n_b * (mean_b - mean) + residual_b`` from the rounded mean.

    Parameters
    ----------
    totals
        The sums of all parts along the axes in `groups`.
    parts
        Their moments; a part without these axes is a single one.
    """
    total, ndim = tree(_SUM, totals, groups), totals.type.ndim
    count = sum(part.count * _number(part, ndim, groups) for part in parts)
    mean = _by("div", total, count)
    gaps, squares = [], []
    for part in parts:
        gap = _gap(part, mean, groups)
        square = _binary(
            "add", part.m2, _by("div", _binary("mul", gap, gap), part.count)
        )
        along = groups if gap.type.ndim == ndim else ()
        gaps.append(tree(_SUM, gap, along))
        squares.append(tree(_SUM, square, along))
    residual, m2 = (reduce(_added, each) for each in (gaps, squares))
    excess = _by("div", _binary("mul", residual, residual), count)
    return Moments(count, total, residual, _binary("sub", m2, excess))


def _number(part: Moments, ndim: int, groups: Sequence[Axes]) -> int:
    shape = part.total.type.shape
    if len(shape) < ndim:
        return 1
    return prod(shape[a] for axes in groups for a in axes)


def _gap(part: Moments, mean: Node, groups: Sequence[Axes]) -> Node:
    """Return the sums of a part's deviations from the mean of all."""
    shape = part.total.type.shape
    if mean.type.ndim and mean.type.shape != shape:
        axes = {a for group in groups for a in group}
        unit = tuple(1 if a in axes else n for a, n in enumerate(shape))
        mean = _reshaped(mean, unit)
    apart = _binary("sub", _by("div", part.total, part.count), spread(mean, shape))
    return _binary("add", _by("mul", apart, part.count), part.residual)


def _reshaped(x: Node, shape: tuple[int, ...]) -> Node:
    return make(OPS["reshape"], x, attrs=ShapeAttrs(shape), source=x.source)


def _added(x: Node, y: Node) -> Node:
    return _binary("add", x, y)


def _by(name: str, x: Node, number: int) -> Node:
    return _binary(name, x, spread(const(number, x.type.dtype), x.type.shape))


def _binary(name: str, x: Node, y: Node) -> Node:
    return make(OPS[name], x, y, source=x.source)

"""Trees of reductions: over blocks of a fixed size first, then over their results."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import Op
from lazydag.ir.reduction import block_size
from lazydag.passes.rules.reductions import of_one

Axes: TypeAlias = tuple[int, ...]


def tree(op: Op, x: Node, groups: Sequence[Axes]) -> Node:
    """Reduce over scattered axes, given as runs of neighbours: the last run first."""
    for axes in reversed(groups):
        x = group_tree(op, x, axes)
    return x


def group_tree(op: Op, x: Node, axes: Axes) -> Node:
    """Reduce over adjacent axes."""
    shape = x.type.shape
    block = block_size(shape, axes)
    if prod(shape[a] for a in axes) <= block:
        return over(op, x, axes)
    inner = inner_axes(shape, axes, block)
    is_cut = prod(shape[a] for a in inner) > block
    partial = over(op, x, inner, block if is_cut else 0)
    # The axis of partial results, if there is one, stands behind the outer axes.
    return group_tree(op, partial, axes[: len(axes) - len(inner) + is_cut])


def over(op: Op, x: Node, axes: Axes, block: int = 0) -> Node:
    """Return one reduction, which for single elements is none."""
    node = make(op, x, attrs=ReduceAttrs(axes, block), source=x.source)
    is_one = not block and prod(x.type.shape[a] for a in axes) == 1
    return of_one(node) if is_one else node


def inner_axes(shape: tuple[int, ...], axes: Axes, block: int) -> Axes:
    """Return the last of `axes` that have about a block of elements together.

    Were blocks to run over the ends of long rows, tiles could only end where both do.
    """
    for first in range(len(axes) - 1, 0, -1):
        if prod(shape[a] for a in axes[first:]) >= block // 4:
            return axes[first:]
    return axes

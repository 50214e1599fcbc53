"""Which ops may share a kernel.

Each op gets a level: how many values that must be complete in memory lie before it. An
edge inside a kernel keeps the level, every other edge raises it. So any path between
two ops of one level and one iteration shape stays among such ops, and fusing them can
never make a cycle. Linear in the number of nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.node import Node, is_fusable
from lazydag.ir.ops import Kind
from lazydag.passes.rules.match import splat

Space: TypeAlias = tuple[int, tuple[int, ...]]
Signature: TypeAlias = tuple[tuple[int, ...], int]


def iteration_of(node: Node) -> tuple[int, ...]:
    """Return the shape that computing `node` runs over."""
    over = node.srcs[0] if node.op.kind is Kind.REDUCTION else node
    shape: tuple[int, ...] = over.type.shape
    return shape


def is_fused(node: Node) -> bool:
    """Tell whether `node` is computed inside a fused kernel."""
    return is_fusable(node) or node.op.kind is Kind.REDUCTION


def is_direct(node: Node, src: Node) -> bool:
    """Tell whether `node` can take `src` from a register of the same kernel."""
    return is_fusable(src) and src.type.shape == iteration_of(node)


@dataclass(slots=True)
class Levels:
    """Level of each node, and the spaces (level and shape) that fused nodes share."""

    max_ops: int
    level: dict[Node, int] = field(default_factory=dict)
    _available: dict[Node, int] = field(default_factory=dict)
    _count: dict[Space, int] = field(default_factory=dict)
    _signature: dict[Space, Signature] = field(default_factory=dict)

    def space(self, node: Node) -> Space:
        """Return the space of a fused node."""
        return self.level[node], iteration_of(node)

    def assign(self, order: Sequence[Node]) -> None:
        """Give every node of `order`, sources first, its level."""
        for node in order:
            if node.op.kind is Kind.SOURCE or splat(node) is not None:
                self.level[node] = self._available[node] = 0
            elif node.op.kind is Kind.MOVEMENT:
                self.level[node] = self._available[node] = self._available[node.srcs[0]]
            else:
                self.level[node] = self._level(node)
                self._available[node] = self.level[node] + 1

    def _level(self, node: Node) -> int:
        if not is_fused(node):
            return max((self._available[s] for s in node.srcs), default=0)
        level = 0
        for src in node.srcs:
            direct = is_direct(node, src)
            level = max(level, self.level[src] if direct else self._available[src])
        shape = iteration_of(node)
        while not self._admits(node, (level, shape)):
            level += 1
        space = (level, shape)
        self._count[space] = self._count.get(space, 0) + 1
        return level

    def _admits(self, node: Node, space: Space) -> bool:
        """Tell whether `space` has room for `node`, and reduces over the same axes."""
        if self._count.get(space, 0) >= self.max_ops:
            return False
        if node.op.kind is not Kind.REDUCTION:
            return True
        assert isinstance(node.attrs, ReduceAttrs)
        wanted = (node.attrs.axes, node.attrs.block)
        return self._signature.setdefault(space, wanted) == wanted

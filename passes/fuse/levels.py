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


@dataclass(slots=True)
class Levels:
    """Which space (level and shape) each fused op is in, and what it takes directly.

    Parameters
    ----------
    max_ops : int
        Most ops in one space.
    level : dict
        Level of every node.
    space : dict
        Space of every fused node; no others are in it.
    direct : dict
        For every fused node the sources that it could take from a register of the same
        kernel: ops over its own iteration shape.
    """

    max_ops: int
    level: dict[Node, int] = field(default_factory=dict)
    space: dict[Node, Space] = field(default_factory=dict)
    direct: dict[Node, tuple[Node, ...]] = field(default_factory=dict)
    _available: dict[Node, int] = field(default_factory=dict)
    _count: dict[Space, int] = field(default_factory=dict)
    _signature: dict[Space, Signature] = field(default_factory=dict)

    def assign(self, order: Sequence[Node]) -> None:
        """Give every node of `order`, sources first, its level."""
        for node in order:
            kind = node.op.kind
            if kind is Kind.SOURCE or splat(node) is not None:
                self.level[node] = self._available[node] = 0
            elif kind is Kind.MOVEMENT:
                self.level[node] = self._available[node] = self._available[node.srcs[0]]
            else:
                level = self._level(node)
                self.level[node], self._available[node] = level, level + 1

    def is_inside(self, node: Node, src: Node) -> bool:
        """Tell whether `src` is in the same space as its fused user `node`."""
        return src in self.direct[node] and self.space[src] == self.space[node]

    def later(self, node: Node) -> list[Node]:
        """Return direct sources of a fused node that an earlier space computes."""
        space = self.space[node]
        return [s for s in self.direct[node] if self.space[s] != space]

    def _level(self, node: Node) -> int:
        if not is_fused(node):
            return max((self._available[s] for s in node.srcs), default=0)
        shape = iteration_of(node)
        direct = []
        level = 0
        for src in node.srcs:
            if src in self.space and src.type.shape == shape and is_fusable(src):
                direct.append(src)
                level = max(level, self.level[src])
            else:
                level = max(level, self._available[src])
        while not self._admits(node, (level, shape)):
            level += 1
        space = self.space[node] = (level, shape)
        self.direct[node] = tuple(direct)
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

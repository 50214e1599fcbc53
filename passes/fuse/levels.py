"""Which ops may share a kernel.

Each op gets a level: how many values that must be complete in memory lie before it. An
edge inside a kernel keeps the level, every other edge raises it. So any path between
two ops of one level and one iteration shape stays among such ops, and fusing them can
never make a cycle. Linear in the number of nodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TypeAlias

from lazydag.ir.node import Node, is_fusable
from lazydag.ir.ops import Kind
from lazydag.passes.fuse.groups import Groups
from lazydag.passes.rules.match import splat

Space: TypeAlias = tuple[int, tuple[int, ...]]

# Over so few elements a kernel costs more to start than to run: one will do.
SMALL_SIZE = 1 << 16


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
    """Which space each fused op is in, what it takes directly, and its group.

    Parameters
    ----------
    groups : Groups
        The sets of fused nodes that become kernels.
    level : dict
        Level of every node.
    space : dict
        Level and iteration shape of every fused node; no others are in it. If one node
        of a space feeds another directly, one kernel computes both.
    direct : dict
        For every fused node the sources that it could take from a register of the same
        kernel: ops over its own iteration shape.
    """

    groups: Groups
    level: dict[Node, int] = field(default_factory=dict)
    space: dict[Node, Space] = field(default_factory=dict)
    direct: dict[Node, tuple[Node, ...]] = field(default_factory=dict)
    _available: dict[Node, int] = field(default_factory=dict)

    def assign(self, order: Sequence[Node]) -> None:
        """Give every node of `order`, sources first, its level and its group."""
        for node in order:
            kind = node.op.kind
            if kind is Kind.SOURCE or splat(node) is not None:
                self.level[node] = self._available[node] = 0
            elif kind is Kind.MOVEMENT:
                self.level[node] = self._available[node] = self._available[node.srcs[0]]
            else:
                level = self._fused(node) if is_fused(node) else self._called(node)
                self.level[node], self._available[node] = level, level + 1
        for node in self.space:
            self._gather(node)

    def later(self, node: Node) -> list[Node]:
        """Return direct sources of a fused node that an earlier space computes."""
        space = self.space[node]
        return [s for s in self.direct[node] if self.space[s] != space]

    def _called(self, node: Node) -> int:
        return max((self._available[s] for s in node.srcs), default=0)

    def _fused(self, node: Node) -> int:
        shape = iteration_of(node)
        direct: list[Node] = []
        level = 0
        for src in node.srcs:
            if src in self.space and src.type.shape == shape and is_fusable(src):
                direct.append(src)
                level = max(level, self.level[src])
            else:
                level = max(level, self._available[src])
        members = [s for s in direct if self.level[s] == level]
        if not self.groups.admits(node, members):
            level, members = level + 1, []
        self.groups.add(node, members)
        self.space[node] = level, shape
        self.direct[node] = tuple(dict.fromkeys(direct))
        return level

    def _gather(self, node: Node) -> None:
        """Put ops of one space together that read the same, or if it is small.

        Otherwise unrelated computations of one shape stay kernels of their own.
        """
        space, direct = self.space[node], self.direct[node]
        if prod(space[1]) <= SMALL_SIZE:
            self.groups.gather(node, space)
            return
        for src in node.srcs:
            is_inside = src in direct and self.space[src] == space
            if not is_inside and src.type.size > 1 and splat(src) is None:
                self.groups.gather(node, (space, src))

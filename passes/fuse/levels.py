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
from lazydag.passes.fuse.groups import Group, Groups
from lazydag.passes.rules.match import splat

Space: TypeAlias = tuple[int, tuple[int, ...]]

_SOURCE, _MOVEMENT, _REDUCTION = Kind.SOURCE, Kind.MOVEMENT, Kind.REDUCTION

# Over so few elements a kernel costs more to start than to run: one will do.
SMALL_SIZE = 1 << 16


def iteration_of(node: Node) -> tuple[int, ...]:
    """Return the shape that computing `node` runs over."""
    over = node.srcs[0] if node.op.kind is _REDUCTION else node
    shape: tuple[int, ...] = over.type.shape
    return shape


def is_fused(node: Node) -> bool:
    """Tell whether `node` is computed inside a fused kernel."""
    return is_fusable(node) or node.op.kind is _REDUCTION


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
        levels, available = self.level, self._available
        for node in order:
            kind = node.op.kind
            if kind is _SOURCE or splat(node) is not None:
                levels[node] = available[node] = 0
            elif kind is _MOVEMENT:
                levels[node] = available[node] = available[node.srcs[0]]
            else:
                level = self._fused(node) if is_fused(node) else self._called(node)
                levels[node], available[node] = level, level + 1
        self._gather()

    def later(self, node: Node) -> list[Node]:
        """Return direct sources of a fused node that an earlier space computes."""
        space = self.space[node]
        return [s for s in self.direct[node] if self.space[s] != space]

    def _called(self, node: Node) -> int:
        return max((self._available[s] for s in node.srcs), default=0)

    def _fused(self, node: Node) -> int:
        shape = iteration_of(node)
        direct: dict[Node, int] = {}
        level = 0
        for src in node.srcs:
            space = self.space.get(src)
            if space and src.type.shape == shape and src.op.kind is not _REDUCTION:
                least = direct[src] = space[0]
            else:
                least = self._available[src]
            level = max(level, least)
        members = [s for s, least in direct.items() if least == level]
        if not members:
            self.groups.begin(node)
        elif not self.groups.join(node, members):
            level += 1
            self.groups.begin(node)
        self.space[node] = level, shape
        self.direct[node] = tuple(direct)
        return level

    def _gather(self) -> None:
        """Put ops of one space together that read the same, or if it is small.

        Otherwise unrelated computations of one shape stay kernels of their own.
        """
        gathered: set[Group] = set()
        for node, space in self.space.items():
            if prod(space[1]) > SMALL_SIZE:
                self._gather_readers(node, space)
                continue
            group = self.groups.find(node)
            if group not in gathered:
                gathered.add(self.groups.gather(group, space))

    def _gather_readers(self, node: Node, space: Space) -> None:
        direct = self.direct[node]
        for src in node.srcs:
            is_inside = src in direct and self.space[src] == space
            if not is_inside and src.type.size > 1 and splat(src) is None:
                self.groups.gather(self.groups.find(node), (space, src))

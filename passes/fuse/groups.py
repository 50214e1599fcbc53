"""Groups: which fused ops become one kernel."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from lazydag.ir.node import Node
from lazydag.passes.fuse.levels import Levels
from lazydag.passes.rules.match import splat

# Over so few elements a kernel costs more to start than to run: one will do.
SMALL_SIZE = 1 << 16


class _Union:
    """Disjoint sets with path halving."""

    def __init__(self) -> None:
        self.parent: dict[object, object] = {}

    def find(self, item: object) -> object:
        parent = self.parent.setdefault(item, item)
        while parent != item:
            above = self.parent[parent]
            self.parent[item] = above
            item, parent = above, self.parent[above]
        return item

    def join(self, a: object, b: object) -> None:
        self.parent[self.find(a)] = self.find(b)


def find_groups(order: Sequence[Node], levels: Levels) -> list[list[Node]]:
    """Return the groups of ops to fuse, in an order in which they can run.

    Ops of one space belong together if one feeds the other, if they read the same
    input, or if the space is small; otherwise unrelated computations of one shape stay
    kernels of their own.
    """
    sets = _Union()
    for node in order:
        if node in levels.space:
            _join_sources(node, levels, sets)
    groups: dict[object, list[Node]] = {}
    for node in order:
        if node in levels.space:
            groups.setdefault(sets.find(node), []).append(node)
    return sorted(groups.values(), key=lambda group: levels.level[group[0]])


def _join_sources(node: Node, levels: Levels, sets: _Union) -> None:
    space = levels.space[node]
    if prod(space[1]) <= SMALL_SIZE:
        sets.join(node, space)
    for src in node.srcs:
        if levels.is_inside(node, src):
            sets.join(node, src)
        elif splat(src) is None and src.type.size > 1:
            sets.join(node, (space, src))

"""Groups: the sets of fused ops that become one kernel each."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.node import Node

#: The axes and block of a reduction; a kernel has one at most.
Signature: TypeAlias = ReduceAttrs | None


def signature_of(node: Node) -> Signature:
    """Return what a kernel with `node` in it reduces over; None for an elementwise."""
    return node.attrs if isinstance(node.attrs, ReduceAttrs) else None


@dataclass(slots=True)
class Groups:
    """Disjoint sets of nodes of limited size, with one reduction signature each.

    Parameters
    ----------
    max_ops : int
        Most nodes in a group.
    """

    max_ops: int
    _parent: dict[Node, Node] = field(default_factory=dict)
    _size: dict[Node, int] = field(default_factory=dict)
    _signature: dict[Node, Signature] = field(default_factory=dict)
    _open: dict[Hashable, Node] = field(default_factory=dict)

    def find(self, node: Node) -> Node:
        """Return the node that stands for the group of `node`."""
        parent = self._parent
        while (above := parent[node]) is not node:
            parent[node] = parent[above]
            node = above
        return node

    def size(self, node: Node) -> int:
        """Return how many nodes are in the group of `node`."""
        return self._size[self.find(node)]

    def admits(self, node: Node, members: Iterable[Node]) -> bool:
        """Tell whether one group can hold `node` and the groups of `members`."""
        roots = {self.find(m) for m in members}
        if roots and 1 + sum(self._size[r] for r in roots) > self.max_ops:
            return False
        signatures = {self._signature[r] for r in roots} | {signature_of(node)}
        return len(signatures - {None}) <= 1

    def add(self, node: Node, members: Iterable[Node]) -> None:
        """Put `node` into one group with those of `members`, which admits it."""
        self._parent[node] = node
        self._size[node] = 1
        self._signature[node] = signature_of(node)
        for member in members:
            self._join(node, member)

    def gather(self, node: Node, key: Hashable) -> None:
        """Join the group that was last open under `key`, if both fit into one.

        Groups with different reductions stay apart, each open for its own kind.
        """
        kind = self._signature[self.find(node)]
        for place in dict.fromkeys(((key, kind), (key, None))):
            other = self._open.get(place)
            if other is not None and self._fit(node, other):
                self._join(node, other)
            else:
                self._open[place] = node

    def _fit(self, a: Node, b: Node) -> bool:
        a, b = self.find(a), self.find(b)
        if a is b:
            return True
        signatures = {self._signature[a], self._signature[b]} - {None}
        return self._size[a] + self._size[b] <= self.max_ops and len(signatures) <= 1

    def _join(self, a: Node, b: Node) -> None:
        a, b = self.find(a), self.find(b)
        if a is b:
            return
        if self._size[a] < self._size[b]:
            a, b = b, a
        self._parent[b] = a
        self._size[a] += self._size[b]
        self._signature[a] = self._signature[a] or self._signature[b]

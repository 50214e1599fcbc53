"""Groups: the sets of fused ops that become one kernel each."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.node import Node

#: The axes and block of a reduction; a kernel has one at most.
Signature: TypeAlias = ReduceAttrs | None


def signature_of(node: Node) -> Signature:
    """Return what a kernel with `node` in it reduces over; None for an elementwise."""
    return node.attrs if isinstance(node.attrs, ReduceAttrs) else None


@dataclass(slots=True, eq=False)
class Group:
    """A set of nodes while it grows.

    Parameters
    ----------
    size : int
        Number of nodes.
    reductions : int
        How many of them are reductions.
    signature : Signature
        What its kernel reduces over.
    device : str or None
        Where its nodes have to run; None if that is open.
    above : Group or None
        The group that it has become part of.
    """

    size: int
    reductions: int
    signature: Signature
    device: str | None = None
    above: Group | None = None

    def root(self) -> Group:
        """Return the group that this one is now."""
        group = self
        while (above := group.above) is not None:
            if above.above is not None:
                group.above = above.above
            group = above
        return group


@dataclass(slots=True)
class Groups:
    """Disjoint sets of nodes of limited size, with one reduction signature each.

    What has to run on a device is in no set with what has not.

    Parameters
    ----------
    max_ops : int
        Most nodes in a group.
    max_reductions : int
        Most reductions in a group.
    bound : mapping of Node to str
        The devices of nodes that have to run on one.
    """

    max_ops: int
    max_reductions: int
    bound: Mapping[Node, str] = field(default_factory=dict)
    _of: dict[Node, Group] = field(default_factory=dict)
    _open: dict[Hashable, Group] = field(default_factory=dict)

    def find(self, node: Node) -> Group:
        """Return the group of `node`."""
        group = self._of[node]
        return group if group.above is None else group.root()

    def begin(self, node: Node) -> None:
        """Put `node` into a group of its own."""
        signature = signature_of(node)
        device = self.bound.get(node)
        self._of[node] = Group(1, int(signature is not None), signature, device)

    def join(self, node: Node, members: Iterable[Node]) -> bool:
        """Put `node` into one group with those of `members`; False if that cannot be.

        There must be members.
        """
        groups = {self.find(m): None for m in members}
        signature = signature_of(node)
        own = int(signature is not None)
        if sum(g.size for g in groups) >= self.max_ops:
            return False
        if sum(g.reductions for g in groups) + own > self.max_reductions:
            return False
        if {g.device for g in groups} != {self.bound.get(node)}:
            return False
        first, *others = groups
        for group in (first, *others):
            if signature is None:
                signature = group.signature
            elif group.signature not in {None, signature}:
                return False
        for group in others:
            first = _joined(first, group)
        first.size += 1
        first.reductions += own
        first.signature = signature
        self._of[node] = first
        return True

    def gather(self, group: Group, key: Hashable) -> Group:
        """Join the group that was last open under `key`, if both fit into one.

        Groups with different reductions stay apart, each open for its own kind.
        """
        own = (key, group.device)
        for place in dict.fromkeys(((own, group.signature), (own, None))):
            other = self._open.get(place)
            if other is not None and self._fit(group, other.root()):
                group = _joined(group, other.root())
            else:
                self._open[place] = group
        return group

    def _fit(self, a: Group, b: Group) -> bool:
        if a is b:
            return True
        signatures = {a.signature, b.signature} - {None}
        is_small = a.size + b.size <= self.max_ops
        is_shallow = a.reductions + b.reductions <= self.max_reductions
        return is_small and is_shallow and len(signatures) <= 1


def _joined(a: Group, b: Group) -> Group:
    if a is b:
        return a
    if a.size < b.size:
        a, b = b, a
    b.above = a
    a.size += b.size
    a.reductions += b.reductions
    a.signature = a.signature or b.signature
    return a

"""Recompute or materialise: what to do with a value that a later kernel wants too.

The value is computed in an earlier kernel, because the later one has to wait for
something else, such as a mean. Either the earlier kernel stores it, or the later one
computes it again from inputs that it may read anyway: whichever takes less time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lazydag.cost.target import Device
from lazydag.ir.graph import Note
from lazydag.ir.node import Node
from lazydag.ir.text.units import format_seconds
from lazydag.ir.types import dtype_name
from lazydag.passes.fuse.groups import Group
from lazydag.passes.fuse.levels import Levels
from lazydag.passes.rules.match import splat
from lazydag.passes.work import touched_nbytes

# A cone of more ops is not worth looking at.
MAX_CONE = 64


@dataclass(frozen=True, slots=True)
class Cone:
    """How a later kernel computes a value again: the ops, and what they read."""

    ops: tuple[Node, ...]
    inputs: tuple[Node, ...]


@dataclass(slots=True)
class Decisions:
    """What happens to values that later kernels want.

    Parameters
    ----------
    again : set of Node
        Computed again by each kernel that wants them.
    kept : set of Node
        Stored, since computing them again takes longer.
    notes : list of Note
        Why.
    """

    levels: Levels
    again: set[Node] = field(default_factory=set)
    kept: set[Node] = field(default_factory=set)
    notes: list[Note] = field(default_factory=list)

    def is_inside(self, node: Node, src: Node, home: Node | None) -> bool:
        """Tell whether the kernel that computes `node` computes its operand, too.

        Parameters
        ----------
        home : Node or None
            What the kernel is for; None if `node` is computed again elsewhere.
        """
        levels = self.levels
        if src not in levels.direct[node]:
            return False
        space = levels.space[src]
        if src in self.again or (home is not None and space == levels.space[home]):
            return True
        return space == levels.space[node] and src not in self.kept


def decide(
    order: Sequence[Node], levels: Levels, wanted: set[Node], device: Device
) -> Decisions:
    """Decide for each value that later kernels could take from a register.

    Parameters
    ----------
    order : sequence of Node
        All nodes, sources first.
    wanted : set of Node
        Outputs of the graph, which are stored in any case.
    """
    decisions = Decisions(levels)
    readers = _readers(levels)
    if not readers:
        return decisions
    stored = _stored_anyway(order, levels) | wanted
    chooser = _Chooser(decisions, device, stored, _inputs(levels))
    for value in order:
        if value in readers:
            chooser.choose(value, tuple(readers[value]))
    return decisions


def _stored_anyway(order: Iterable[Node], levels: Levels) -> set[Node]:
    """Return the values that something reads from memory, whatever is decided."""
    direct = levels.direct
    return {s for n in order for s in n.srcs if s not in direct.get(n, ())}


def _readers(levels: Levels) -> dict[Node, dict[Group, None]]:
    """Return for each value the later groups that could take it from a register."""
    readers: dict[Node, dict[Group, None]] = {}
    for node in levels.space:
        for src in levels.later(node):
            readers.setdefault(src, {})[levels.groups.find(node)] = None
    return readers


def _inputs(levels: Levels) -> dict[Group, set[Node]]:
    """Return what each group reads from memory in any case."""
    inputs: dict[Group, set[Node]] = {}
    for node, direct in levels.direct.items():
        found = inputs.setdefault(levels.groups.find(node), set())
        found.update(s for s in node.srcs if s not in direct)
    return inputs


@dataclass(slots=True)
class _Chooser:
    """Compares seconds, one value after the other, sources first."""

    decisions: Decisions
    device: Device
    stored: set[Node]
    inputs: dict[Group, set[Node]]
    added: dict[Group, int] = field(default_factory=dict)

    def choose(self, value: Node, groups: tuple[Group, ...]) -> None:
        """Decide about `value`, which later `groups` want."""
        part = self._cone(value, groups)
        store, redo = self._seconds(value, part, groups)
        is_again = part is not None and redo <= store
        if part is not None and is_again:
            self.decisions.again.add(value)
            for group in groups:
                self.inputs[group].update(part.inputs)
                self.added[group] = self.added.get(group, 0) + len(part.ops)
        else:
            self.decisions.kept.add(value)
            for group in groups:
                self.inputs[group].add(value)
        note = _note(value, len(groups), store, redo, is_again=is_again)
        self.decisions.notes.append(note)

    def _cone(self, root: Node, groups: Sequence[Group]) -> Cone | None:
        """Return how `root` is computed again; None if by too many ops."""
        most = max(group.size + self.added.get(group, 0) for group in groups)
        limit = min(MAX_CONE, self.decisions.levels.groups.max_ops - most)
        ops: dict[Node, None] = {}
        inputs: dict[Node, None] = {}
        stack = [root]
        while stack:
            node = stack.pop()
            if node in ops:
                continue
            ops[node] = None
            if len(ops) > limit:
                return None
            for src in node.srcs:
                if self.decisions.is_inside(node, src, None):
                    stack.append(src)
                elif splat(src) is None:
                    inputs[src] = None
        return Cone(tuple(ops), tuple(inputs))

    def _seconds(
        self, value: Node, part: Cone | None, groups: Sequence[Group]
    ) -> tuple[float, float]:
        """Return the seconds of storing and loading `value`, and of recomputing it."""
        rate = self.device.bytes_per_s
        traffic = value.type.nbytes * (len(groups) + (value not in self.stored))
        if part is None:
            return traffic / rate, float("inf")
        compute = sum(
            n.op.flops * n.type.size / self.device.flops(dtype_name(n.type.dtype))
            for n in part.ops
        )
        redo = 0.0
        for group in groups:
            known = self.inputs[group]
            extra = sum(touched_nbytes(s) for s in part.inputs if s not in known)
            redo += max(compute, extra / rate)
        return traffic / rate, redo


def _note(
    value: Node, readers: int, store: float, redo: float, *, is_again: bool
) -> Note:
    reason = (
        f"{'computed again' if is_again else 'stored'} for {readers} later "
        f"kernel{'s' * (readers > 1)}: storing and loading takes "
        f"{format_seconds(store)}, computing again {format_seconds(redo)}"
    )
    return Note("fuse", f"{value.op.name} {value.type}", reason)

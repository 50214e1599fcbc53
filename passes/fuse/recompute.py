"""Recompute or materialise: what to do with a value that a later kernel wants too.

The value is computed in an earlier kernel, because the later one has to wait for
something else, such as a mean. Either the earlier kernel stores it, or the later one
computes it again from inputs that it may read anyway: whichever takes less time.
"""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.cost.target import Device
from lazydag.ir.graph import Note
from lazydag.ir.node import Node
from lazydag.ir.types import dtype_name
from lazydag.passes.fuse.levels import Levels, Space
from lazydag.passes.rules.match import splat
from lazydag.passes.work import touched_nbytes

# A cone of more ops is not worth looking at.
MAX_CONE = 64


@dataclass(frozen=True, slots=True)
class Cone:
    """A value's computation inside its own kernel: the ops, and what they read."""

    ops: tuple[Node, ...]
    inputs: tuple[Node, ...]


def cone(root: Node, levels: Levels, limit: int = MAX_CONE) -> Cone | None:
    """Return the ops of `root`'s own space that it depends on; None if too many."""
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
            if levels.is_inside(node, src):
                stack.append(src)
            elif splat(src) is None:
                inputs[src] = None
    return Cone(tuple(ops), tuple(inputs))


def decide(
    order: list[Node], levels: Levels, wanted: set[Node], device: Device
) -> tuple[set[Node], list[Note]]:
    """Return the values to compute again in later kernels, and why.

    Parameters
    ----------
    order : list of Node
        All nodes, sources first.
    wanted : set of Node
        Outputs of the graph, which are stored in any case.
    """
    readers = _later_readers(order, levels)
    inputs = _inputs_by_space(order, levels)
    again: set[Node] = set()
    notes: list[Note] = []
    for value, spaces in readers.items():
        part = cone(value, levels)
        if part is None:
            continue
        stored = value in wanted
        store, redo = _seconds(value, part, spaces, inputs, device, stored=stored)
        if redo < store:
            again.add(value)
        choice = "computed again" if redo < store else "stored"
        reason = (
            f"{choice} for {len(spaces)} later kernel{'s' * (len(spaces) > 1)}: "
            f"storing and loading takes {store * 1e3:.3g} ms, "
            f"computing again {redo * 1e3:.3g} ms"
        )
        notes.append(Note("fuse", f"{value.op.name} {value.type}", reason))
    return again, notes


def _later_readers(order: list[Node], levels: Levels) -> dict[Node, set[Space]]:
    """Return for each value the later spaces that could take it from a register."""
    readers: dict[Node, set[Space]] = {}
    for node in order:
        if node in levels.space:
            for src in levels.later(node):
                readers.setdefault(src, set()).add(levels.space[node])
    return readers


def _inputs_by_space(order: list[Node], levels: Levels) -> dict[Space, set[Node]]:
    """Return what each space reads from memory."""
    inputs: dict[Space, set[Node]] = {}
    for node in order:
        if node in levels.space:
            found = inputs.setdefault(levels.space[node], set())
            direct = levels.direct[node]
            found.update(s for s in node.srcs if s not in direct)
    return inputs


def _seconds(
    value: Node,
    part: Cone,
    spaces: set[Space],
    inputs: dict[Space, set[Node]],
    device: Device,
    *,
    stored: bool,
) -> tuple[float, float]:
    """Return the seconds of storing `value` and loading it, and of recomputing it."""
    rate = device.bytes_per_s
    nbytes = value.type.nbytes
    store = nbytes * (len(spaces) + (not stored)) / rate
    flops = sum(n.op.flops * n.type.size for n in part.ops)
    compute = flops / device.flops(dtype_name(value.type.dtype))
    redo = 0.0
    for space in spaces:
        extra = (touched_nbytes(s) for s in part.inputs if s not in inputs[space])
        redo += max(compute, sum(extra) / rate)
    return store, redo

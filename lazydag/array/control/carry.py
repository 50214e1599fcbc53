"""What goes from step to step of a loop, and the loop over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.control import body as bodies
from lazydag.array.control.body import Body, Standing
from lazydag.array.control.fit import fitted, is_weak
from lazydag.array.nodes.broadcast import cast
from lazydag.array.pytree import Tree, build, flatten, paths
from lazydag.ir.attrs import LoopAttrs
from lazydag.ir.node import Node, array_type, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc, caller_location
from lazydag.ir.types import I64, ArrayType

_LOOP = OPS["loop"]

#: The number of the step, which every body is given first.
STEP: Standing = (ArrayType((), I64), False)


@dataclass(slots=True)
class Carry:
    """What goes from step to step.

    Parameters
    ----------
    tree : Tree
        Its structure.
    nodes : list of Node
        The first values.
    weak : list of bool
        Which of them are Python numbers.
    """

    tree: Tree
    nodes: list[Node]
    weak: list[bool]

    @classmethod
    def of(cls, value: Any) -> Carry:
        """Take a first value apart."""
        leaves, tree = flatten(value)
        nodes = [node_of(leaf) for leaf in leaves]
        return cls(tree, nodes, [is_weak(leaf) for leaf in leaves])

    @property
    def types(self) -> list[ArrayType]:
        """Types of what is carried."""
        return [array_type(node) for node in self.nodes]

    @property
    def standing(self) -> list[Standing]:
        """What stands for it in a body."""
        return list(zip(self.types, self.weak, strict=True))

    @property
    def names(self) -> list[str]:
        """What the parts are called in messages."""
        return paths(self.tree, "carry")

    def arrays(self, stands: Sequence[Array]) -> Any:
        """Return arrays in the structure of the first value."""
        return build(self.tree, stands)

    def widened(self, found: Sequence[Any], nodes: Sequence[Node]) -> bool:
        """Let Python numbers have the types that they become; tell whether one did.

        ``0`` that becomes a float in the first step is ``0.0`` from the start.
        """
        changed = False
        for at, (leaf, node) in enumerate(zip(found, nodes, strict=True)):
            own, type_ = array_type(self.nodes[at]), array_type(node)
            is_free = self.weak[at] and not is_weak(leaf)
            if is_free and own.shape == type_.shape and own.dtype != type_.dtype:
                source = caller_location()
                self.nodes[at] = cast(self.nodes[at], type_.dtype, source)
                self.weak[at] = False
                changed = True
        return changed


def next_carries(
    what: str, carry: Carry, leaves: Sequence[Any], nodes: Sequence[Node]
) -> list[Node]:
    """Return what a step gives, in the types of what it was given."""
    return fitted(what, carry.names, leaves, nodes, carry.types)


def looped(
    traced: Body,
    outputs: Sequence[Node],
    carries: Sequence[Node],
    rows: Sequence[Node],
    source: SourceLoc | None,
    *,
    length: int | None,
    reverse: bool = False,
) -> list[Array]:
    """Return all results of a loop over a traced body."""
    captured = bodies.invariant(traced, outputs)
    graph = bodies.closed(traced, outputs, captured)
    srcs = (*carries, *rows, *captured)
    return [
        Array(
            make(
                _LOOP,
                *srcs,
                attrs=LoopAttrs(graph, len(carries), len(rows), length, reverse, i),
                source=source,
            )
        )
        for i in range(len(outputs))
    ]

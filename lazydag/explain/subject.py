"""What can be explained, as a traced graph with the arrays for its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from numpy.typing import NDArray

from lazydag.errors import UsageError
from lazydag.ir.attrs import LeafAttrs
from lazydag.ir.graph import (
    Graph,
    make_graph,
    param,
    rebuild,
    topological,
    with_sources,
)
from lazydag.ir.node import Node
from lazydag.ir.source import SourceLoc, lines_of

if TYPE_CHECKING:
    from lazydag.runtime.tasklist import TaskList

Traced: TypeAlias = tuple[Graph, Sequence[NDArray[Any] | None]]


class Part(Protocol):
    """A part of a function that is run on its own."""

    @property
    def graph(self) -> Graph:
        """What is computed."""
        ...

    @property
    def arrays(self) -> Sequence[NDArray[Any] | None]:
        """What its parameters stand for, where that is known."""
        ...

    @property
    def why(self) -> str:
        """What its value is needed for."""
        ...

    @property
    def at(self) -> SourceLoc | None:
        """The line that needs it."""
        ...


class Parts(Protocol):
    """How a function runs."""

    @property
    def parts(self) -> Sequence[Part]:
        """Its parts, in order; none if it is not traced."""
        ...

    @property
    def tier(self) -> str:
        """What runs it, and why."""
        ...


@runtime_checkable
class RunsInParts(Protocol):
    """A jitted function."""

    def segments(self, *args: Any, **kwargs: Any) -> Parts:
        """Return how it runs for these arguments."""
        ...


@runtime_checkable
class HasNode(Protocol):
    """A lazy array."""

    @property
    def node(self) -> Node:
        """What it is computed from."""
        ...


@runtime_checkable
class HasTasks(Protocol):
    """A region of tasks that was recorded."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def task_list(self) -> TaskList:
        """Return its tasks, in the order of the program."""
        ...

    def notes(self) -> tuple[str, ...]:
        """Return what its planning wants to be known."""
        ...

    def run(self) -> object:
        """Run it once more, on the same arrays."""
        ...


def traced(
    subject: object, args: Sequence[Any], kwargs: Mapping[str, Any] | None = None
) -> Traced:
    """Return the graph of lazy arrays, and what it stands on.

    Raises
    ------
    UsageError
        If `subject` is neither a jitted function nor a lazy array.
    """
    arrays = (subject, *args)
    nodes = [array.node for array in arrays if isinstance(array, HasNode)]
    if len(nodes) < len(arrays) or kwargs:
        remedy = "Put @lazydag.jit above it." if callable(subject) else ""
        raise UsageError(
            f"cannot explain {subject!r}: it is neither a jitted function nor a lazy "
            "array",
            remedy=remedy,
        )
    return _over_parameters(nodes)


def _over_parameters(nodes: Sequence[Node]) -> Traced:
    """Return the graph of `nodes`, a parameter for each array that they stand on.

    The lines are its scope, so that its nodes are not those of equal expressions.
    """
    scope = lines_of(node.source for node in topological(nodes))
    params: list[Node] = []
    arrays: list[NDArray[Any]] = []

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        if not isinstance(node.attrs, LeafAttrs):
            return with_sources(node, srcs)
        params.append(param(len(params), node.attrs.type, scope=scope))
        arrays.append(node.attrs.leaf.data)
        return params[-1]

    outputs = rebuild(nodes, visit)
    return make_graph("lazy", params, outputs), arrays

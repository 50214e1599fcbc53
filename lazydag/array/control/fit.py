"""Making what a function returned fit what it has to be, or saying what does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lazydag.array.array import Array
from lazydag.array.nodes.broadcast import cast
from lazydag.array.pytree import Tree, paths
from lazydag.errors import DTypeError, ShapeError
from lazydag.ir.node import Node, array_type
from lazydag.ir.source import caller_location
from lazydag.ir.types import ArrayType

_NUMBERS = (bool, int, float, complex)


def is_weak(value: Any) -> bool:
    """Tell whether a value counts as a Python number in promotion."""
    if isinstance(value, Array):
        return value._weak
    return type(value) in _NUMBERS


def same_structure(what: str, found: Tree, wanted: Tree, root: str) -> None:
    """Check that a result is built as it has to be.

    Raises
    ------
    DTypeError
        If it is not.
    """
    if found != wanted:
        listed = [", ".join(paths(tree, root)) or "nothing" for tree in (found, wanted)]
        raise DTypeError(
            f"{what} returned another structure than it was given: "
            f"{listed[0]} instead of {listed[1]}",
            caller_location(),
            "Return tuples, lists and dicts as they came.",
        )


def fitted(
    what: str,
    names: Sequence[str],
    leaves: Sequence[Any],
    nodes: Sequence[Node],
    types: Sequence[ArrayType],
) -> list[Node]:
    """Return the nodes in these types; Python numbers are converted.

    Raises
    ------
    ShapeError, DTypeError
        If a result is of another type.
    """
    each = zip(names, leaves, nodes, types, strict=True)
    return [_fitted(what, *one) for one in each]


def _fitted(what: str, name: str, leaf: Any, node: Node, wanted: ArrayType) -> Node:
    found = array_type(node)
    if found == wanted:
        return node
    if found.shape == wanted.shape and is_weak(leaf):
        return cast(node, wanted.dtype, caller_location())
    error = ShapeError if found.shape != wanted.shape else DTypeError
    raise error(
        f"{what} returned {found} for {name}, which is {wanted}",
        caller_location(),
        "The type of a value that is carried on must stay: "
        + (
            "convert it with astype."
            if error is DTypeError
            else "give it its last shape from the start."
        ),
    )

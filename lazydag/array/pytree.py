"""Trees of arrays: nested tuples, lists, dicts, named tuples, dataclasses and None.

`flatten` takes a tree apart into leaves and a structure that is hashable; `build` puts
other leaves in their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeAlias

from lazydag.ir.types import ArrayType


@dataclass(frozen=True, slots=True)
class Branch:
    """A container in a tree.

    Parameters
    ----------
    kind : type
        Class of the container.
    keys : tuple
        Keys of a dict, names of fields, or positions.
    children : tuple of Tree
        What is in it.
    fixed : tuple
        Names and values of a dataclass's fields that are part of the structure.
    """

    kind: type
    keys: tuple[Any, ...]
    children: tuple[Tree, ...]
    fixed: tuple[tuple[str, Any], ...] = ()


#: A container, `LEAF` or None.
Tree: TypeAlias = "Branch | str | None"
LEAF = "leaf"


def flatten(value: Any) -> tuple[list[Any], Tree]:
    """Return the leaves of a tree, in order, and its structure.

    Examples
    --------
    >>> leaves, tree = flatten({"a": (1, 2), "b": None})
    >>> leaves, build(tree, [10, 20])
    ([1, 2], {'a': (10, 20), 'b': None})
    """
    leaves: list[Any] = []
    return leaves, _take_apart(value, leaves)


def _take_apart(value: Any, leaves: list[Any]) -> Tree:
    if value is None:
        return None
    parts = _parts(value)
    if parts is None:
        leaves.append(value)
        return LEAF
    keys, items, fixed = parts
    children = tuple([_take_apart(item, leaves) for item in items])
    return Branch(type(value), keys, children, fixed)


def _parts(value: Any) -> tuple[tuple[Any, ...], Sequence[Any], Any] | None:
    """Return keys, items and fixed fields of a container; None for a leaf."""
    if isinstance(value, ArrayType):  # stands in for an array
        return None
    if isinstance(value, dict):
        return tuple(value), list(value.values()), ()
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return value._fields, value, ()
    if isinstance(value, tuple | list):
        return tuple(range(len(value))), value, ()
    if is_dataclass(value) and not isinstance(value, type):
        free: list[str] = []
        fixed: list[str] = []
        for f in fields(value):
            (fixed if f.metadata.get("static") else free).append(f.name)
        names, fixed_names = tuple(free), tuple(fixed)
        pairs = tuple((name, getattr(value, name)) for name in fixed_names)
        return names, [getattr(value, name) for name in names], pairs
    return None


def build(tree: Tree, leaves: Sequence[Any]) -> Any:
    """Return the tree with this structure and these leaves."""
    return _put_together(tree, iter(leaves))


def _put_together(tree: Tree, leaves: Iterator[Any]) -> Any:
    if tree is None:
        return None
    if not isinstance(tree, Branch):
        return next(leaves)
    items = [_put_together(child, leaves) for child in tree.children]
    return _container(tree, items)


def _container(tree: Branch, items: list[Any]) -> Any:
    kind: Callable[..., Any] = tree.kind
    if issubclass(tree.kind, dict):
        found = kind() if tree.kind is not dict else {}
        found.update(zip(tree.keys, items, strict=True))
        return found
    if issubclass(tree.kind, tuple) and hasattr(tree.kind, "_fields"):
        return kind(*items)
    if issubclass(tree.kind, tuple | list):
        return kind(items)
    # a dataclass's constructor may check or compute: its fields are set as they are
    found = object.__new__(tree.kind)
    for name, item in (*zip(tree.keys, items, strict=True), *tree.fixed):
        object.__setattr__(found, name, item)
    return found


def paths(tree: Tree, root: str) -> list[str]:
    """Return a name for each leaf, such as ``columns.a.0``."""
    if tree is None:
        return []
    if not isinstance(tree, Branch):
        return [root]
    return [
        path
        for key, child in zip(tree.keys, tree.children, strict=True)
        for path in paths(child, f"{root}.{key}" if root else str(key))
    ]

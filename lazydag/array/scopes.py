"""Scopes: on which device arrays are computed that a program records meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

from lazydag.array.nodes.pins import note_device, pin_in, pinned
from lazydag.array.tracing import state
from lazydag.errors import UsageError
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location

# What is there already: it stays where it is.
_THERE = frozenset({OPS["leaf"], OPS["param"]})


@dataclass(slots=True)
class Scope:
    """A device, and the arrays that were made meanwhile.

    Parameters
    ----------
    device : str
        Such as ``"gpu:0"``, or ``"gpu"`` for any.
    made : list of weak references
        The arrays, until they are pinned.
    """

    device: str
    made: list[ref[Any]] = field(default_factory=list)

    def settle(self) -> None:
        """Pin what is recorded in arrays that are still there; views follow theirs."""
        made, self.made = self.made, []
        for known in made:
            array = known()
            if array is None or array._weak or array._link is not None:
                continue
            if array._value is None and array._node is not None:
                array._node = self.pin(array._node)

    def pin(self, node: Node) -> Node:
        """Return what is computed on the scope's device, unless it is on another."""
        if node.op in _THERE or pin_in(node) is not None:
            return node
        return pinned(node, self.device, made=True, source=node.source)


@contextmanager
def scope(device: str) -> Iterator[None]:
    """Compute what is recorded meanwhile on one device, and leave the results there.

    Parameters
    ----------
    device : str
        ``"cpu"``, ``"gpu:0"`` or ``"gpu"`` for any GPU. Scopes may be nested: the
        innermost counts.

    Raises
    ------
    UsageError
        If that is no name of a device. Whether there is such a device is seen when
        something is computed.

    Examples
    --------
    >>> import lazydag as ld
    >>> with ld.scope("cpu"):
    ...     x = ld.arange(4.0) + 1
    >>> x, x.device
    (Array([1., 2., 3., 4.]), 'cpu')
    """
    check_name(device)
    note_device()
    outer = state.scope
    if outer is not None:
        outer.settle()
    own = state.scope = Scope(device)
    try:
        yield
    finally:
        state.scope = outer
        own.settle()


def check_name(device: object) -> None:
    """Refuse what is no name of a device.

    Raises
    ------
    UsageError
        If it is none.
    """
    if isinstance(device, str):
        kind, colon, number = device.partition(":")
        if kind and (number.isdecimal() if colon else True):
            return
    raise UsageError(
        f"there is no device {device!r}",
        caller_location(),
        "Devices have names such as 'cpu' and 'gpu:0'.",
    )


def in_scope(node: Node) -> Node:
    """Return what is computed on the device of the scope that the program is in."""
    return node if state.scope is None else state.scope.pin(node)


def settle_scope() -> None:
    """Pin what was recorded in a scope so far: something of it is used now."""
    if state.scope is not None:
        state.scope.settle()

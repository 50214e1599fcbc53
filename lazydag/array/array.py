"""The lazy array: a node, and once computed a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

import numpy as np

from lazydag.array import engine, force, reuse
from lazydag.array.attributes import Attributes
from lazydag.array.conversions import Conversions
from lazydag.array.interfaces import Interfaces
from lazydag.array.items import Items
from lazydag.array.layout import reshape_in_place
from lazydag.array.leaves import depends_on_params, held_by, leaf
from lazydag.array.link import Link, link_to
from lazydag.array.methods import Methods
from lazydag.array.nodes.pins import far_held_by, has_devices, seen
from lazydag.array.nodes.record import Operand, Weak, as_node, record
from lazydag.array.nodes.rows import Row
from lazydag.array.nodes.tiles import retiled, wish_in
from lazydag.array.operands import foreign_operand
from lazydag.array.operators import Operators
from lazydag.array.residing import Residing
from lazydag.array.scopes import settle_scope
from lazydag.array.tracing import Trace, state
from lazydag.array.values import Value
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.ir.types import ArrayType, DType

if TYPE_CHECKING:
    from lazydag.runtime.device_array import DeviceArray

NDArray: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[Any]]"

_PARAM = OPS["param"]


class Array(Attributes, Conversions, Interfaces, Items, Methods, Operators, Residing):
    """A lazy array: what is to be computed, and the value once it has been.

    Made by `lazydag.asarray` and by operations on other arrays. Its value is computed
    when it is needed: by `lazydag.compute`, ``np.asarray``, ``print``, ``float`` and
    ``bool``, all that it depends on in one go.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.asarray([1.0, 2.0, 4.0])
    >>> y = (x - x.mean()) ** 2      # recorded
    >>> y.shape, y.dtype
    ((3,), dtype('float64'))
    >>> float(y.max() > 2)           # computed
    1.0
    """

    __slots__ = ("__weakref__", "_home", "_link", "_node", "_value", "_weak")

    __hash__ = None  # type: ignore[assignment]

    _home: Trace | None
    _link: Link | None
    _node: Node | None
    _value: NDArray | None
    _weak: bool

    def __init__(
        self,
        node: Node | None = None,
        value: NDArray | None = None,
        *,
        weak: bool = False,
    ) -> None:
        self._node = node
        self._value = value
        self._weak = weak
        self._link = None
        trace = self._home = state.trace
        if trace is not None:
            trace.add(self, node)
        if seen and node is not None:
            scope = state.scope
            if scope is not None:
                scope.made.append(ref(self))

    # ------------------------------------------------------------ what it is

    @property
    def node(self) -> Node:
        """The node to build on; a leaf once the value is known."""
        node = self._node
        if node is None:
            if self._link is not None:
                return self._link.node()
            assert self._value is not None
            node = self._node = leaf(self._value)
        elif (kept := reuse.kept_values()) and (value := kept.get(node)) is not None:
            if isinstance(value, np.ndarray):
                self._value = value
            self._node = node = leaf(value)
        return node

    def operand(self) -> Operand:
        """Return the node, marked if it counts as a Python scalar in promotion."""
        return Weak(self.node) if self._weak else self.node

    @property
    def owner(self) -> Array:
        """The array whose elements this one shows: itself, unless it is a view."""
        return self if self._link is None else self._link.base

    @property
    def is_computed(self) -> bool:
        """Whether the value is known, so that asking for it costs nothing."""
        link = self._link if self._node is None else None
        known = self._value if link is None else link.known()
        return known is not None or self._is_there()

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements along each axis."""
        if self._value is not None:
            return self._value.shape
        return tuple(self.node.type.shape)

    @shape.setter
    def shape(self, shape: Any) -> None:
        """Show the same elements in another shape, from now on."""
        reshape_in_place(self, shape)

    @property
    def dtype(self) -> DType:
        """Type of the elements."""
        if self._value is not None:
            return self._value.dtype
        type_: ArrayType = self.node.type
        return type_.dtype

    # ------------------------------------------------------------ values

    def _force(self, why: str = "array") -> NDArray:
        value = self._value
        found = self.settled(why) if value is None else value
        return engine.on_host(found)

    def settled(self, why: str) -> Value:
        """Return the values, wherever they are, and keep them."""
        if self._value is not None:
            return self._value
        settle_scope()
        link = self._link if self._node is None else None
        value: Value | None = self._far()
        if value is not None:
            return value
        value = held_by(self.node) if link is None else link.known()
        if value is None:
            (value,) = force.values_of([self.node], why)
        self.keep(value)
        return value

    def _far(self) -> DeviceArray | None:
        """Return the values if they are known, on a device."""
        if not has_devices():
            return None
        link = self._link if self._node is None else None
        return far_held_by(self.node) if link is None else link.far()

    def _is_there(self) -> bool:
        """Tell whether the array's node stands for values that are known."""
        return held_by(self.node) is not None or self._far() is not None

    def values_for(self, why: str) -> NDArray:
        """Return the values, which are needed now; `why` is a key of `REMEDIES`."""
        return self._force(why)

    def keep(self, value: Value) -> None:
        """Take `value` as the array's, and forget how it is computed.

        An argument of a function that is being traced stays one.
        """
        if self._link is not None and self._node is None:
            self._link.keep(value)
        elif self._value is None and self.node.op is not _PARAM:
            wish = wish_in(self._node)
            self.hold(value)
            if wish is not None:
                self._node = retiled(leaf(value), wish)

    def hold(self, value: Value) -> None:
        """Have these values from now on."""
        if isinstance(value, np.ndarray):
            self._value, self._node = value, None
        else:
            self._value, self._node = None, leaf(value)

    def viewed(self, node: Node) -> Array:
        """Return a view of the array, given its node: movement ops over the array's.

        Writes into one are seen by the other.
        """
        parent = self._link
        link = link_to(self if parent is None else parent.base, parent, self.node, node)
        if link is None:
            return Array(node)
        view = Array()
        view._link = link
        return view

    def _is_traced(self) -> bool:
        traced = state.trace is not None and self._value is None
        return traced and depends_on_params([self.node])

    def __reduce__(self) -> Any:
        return _computed, (self._force(),)


def operand(value: Any) -> Operand:
    """Return what functions compute with: a node, or a Python scalar."""
    if isinstance(value, Array):
        return value.operand()
    return foreign_operand(value)


def optional_operand(value: Any) -> Operand | None:
    """Return an operand, or None for None."""
    return None if value is None else operand(value)


def node_of(value: Any) -> Node:
    """Return a node for an array or whatever can be made one."""
    return value.node if isinstance(value, Array) else as_node(operand(value))


def apply(row: Row, *values: Any) -> Array:
    """Return `row` applied to arrays and whatever can be made one."""
    return Array(record(row, *map(operand, values)))


def view_of(value: Any, viewing: Callable[..., Node], *args: Any) -> Array:
    """Return a view of an array, or of what can be made one."""
    array = value if isinstance(value, Array) else Array(node_of(value))
    return array.viewed(viewing(array.node, *args))


def holding(value: Value) -> Array:
    """Return an array of computed values, of NumPy or on a device."""
    return Array(value=value) if isinstance(value, np.ndarray) else Array(leaf(value))


def _computed(value: Any) -> Array:
    """Return an array for a NumPy value."""
    return Array(value=np.asarray(value))

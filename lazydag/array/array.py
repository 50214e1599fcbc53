"""The lazy array: a node, and once computed a value."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from operator import index
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import ref

import numpy as np

from lazydag.array import engine, force, reuse
from lazydag.array.attributes import Attributes
from lazydag.array.getting import get_element, get_known, get_positions
from lazydag.array.keys import has_dots, is_basic
from lazydag.array.leaves import depends_on_params, held_by, leaf
from lazydag.array.link import Link, link_to
from lazydag.array.methods import Methods
from lazydag.array.nodes.move import reshape
from lazydag.array.nodes.pins import far_held_by, has_devices, seen
from lazydag.array.nodes.record import Operand, Weak, as_node, record
from lazydag.array.nodes.rows import Row
from lazydag.array.nodes.subscript import subscript
from lazydag.array.nodes.tiles import retiled, wish_in
from lazydag.array.operands import foreign_operand
from lazydag.array.operators import Operators
from lazydag.array.probing import is_probe
from lazydag.array.residing import Residing
from lazydag.array.scopes import settle_scope
from lazydag.array.setting import set_item
from lazydag.array.tracing import Trace, state
from lazydag.array.values import Value
from lazydag.errors import TraceError
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import ArrayType, DType

if TYPE_CHECKING:
    from lazydag.runtime.device_array import DeviceArray

NDArray: TypeAlias = "np.ndarray[tuple[int, ...], np.dtype[Any]]"

_PLAIN = (np.float64, np.int64, np.bool_, np.complex128)
_PARAM = OPS["param"]
_VERSIONS = (None, "2021.12", "2022.12", "2023.12", "2024.12", "2025.12")

#: Iterating over a traced array writes its body out so many times at most.
MOST_UNROLLED = 10_000


class Array(Attributes, Methods, Operators, Residing):
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

    __array_priority__ = 1000
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

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        size: int = self.node.type.size
        return size

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

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray:
        value = self._force("array")
        if copy is False and has_devices() and self.device != "cpu":
            raise ValueError(f"the values on {self.device} have to be copied for NumPy")
        if not value.ndim and copy is None:
            copy = True  # NumPy's results without axes are scalars, and stay so
        if dtype is None and not copy:
            return value
        return np.array(value, dtype=dtype, copy=copy)

    def __lazydag_value__(self) -> NDArray:
        """Return the values for a task that has the array as an argument."""
        return self._force("array")

    def __bool__(self) -> bool:
        if is_probe():
            return False
        return bool(self._force("bool"))

    def __int__(self) -> int:
        return int(real_only(self, "int")._force("int"))

    def __float__(self) -> float:
        return float(real_only(self, "float")._force("float"))

    def __complex__(self) -> complex:
        return complex(self._force("complex"))

    def __index__(self) -> int:
        return index(self._force("index"))

    def __repr__(self) -> str:
        if self._is_traced():
            return f"<traced {self.node.type}>"
        text = np.array2string(self._force(), separator=", ", prefix="Array(")
        plain = self.dtype in _PLAIN and self.size
        return f"Array({text})" if plain else f"Array({text}, dtype={self.dtype})"

    def __str__(self) -> str:
        return repr(self) if self._is_traced() else str(self._force())

    def __format__(self, spec: str) -> str:
        if self._is_traced():
            return format(repr(self), spec)
        value = self._force()
        return format(value if value.ndim else value[()], spec)

    def _is_traced(self) -> bool:
        traced = state.trace is not None and self._value is None
        return traced and depends_on_params([self.node])

    def __reduce__(self) -> Any:
        return _computed, (self._force(),)

    # ------------------------------------------------------------ parts

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        if not self._is_traced():
            values = self._force("iter")
            if self.ndim == 1:
                return map(_computed, values)
            return map(self.__getitem__, range(len(self)))  # rows are views
        if len(self) > MOST_UNROLLED:
            raise TraceError(
                f"iterating over {self.node.type} would trace {len(self)} times over",
                caller_location(),
                "Write it with whole arrays.",
            )
        return (self[i] for i in range(len(self)))

    def __contains__(self, item: Any) -> bool:
        return bool((self == item).any())

    def __getitem__(self, key: Any) -> Array:
        known = get_element(self, key)
        if known is not None:
            return Array(value=known)
        if not is_basic(key):
            return self._at(key)
        node = self._item(key)
        is_scalar = not node.type.shape and not has_dots(key)
        return Array(node) if is_scalar else self.viewed(node)

    def _at(self, key: Any) -> Array:
        """Return elements that masks and positions select."""
        known = get_known(self, key)
        if known is not None:
            return _computed(known)
        node, is_view = get_positions(self, key)
        is_view = is_view and bool(node.type.shape)
        return self.viewed(node) if is_view else Array(node)

    def _item(self, key: Any) -> Node:
        return subscript(self.node, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        set_item(self, key, value)

    # ------------------------------------------------------------ NumPy's protocols

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        from lazydag.array import protocols  # noqa: PLC0415  # made of arrays itself

        return protocols.call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Any, types: Any, args: Any, kwargs: Any
    ) -> Any:
        from lazydag.array import protocols  # noqa: PLC0415  # made of arrays itself

        del types
        return protocols.call_function(function, args, kwargs)

    # ------------------------------------------------------------ other libraries

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        if api_version not in _VERSIONS:
            raise ValueError(f"unknown version {api_version!r} of the array API")
        return sys.modules["lazydag"]


def reshape_in_place(array: Array, shape: Any) -> None:
    """Give an array another shape; its views stay what they are.

    Raises
    ------
    AttributeError
        If its elements would have to be copied, or it is another function's argument.
    """
    node = reshape(array.node, shape)
    parent = array._link
    owner = array if parent is None else parent.base
    link = link_to(owner, parent, array.node, node)
    if link is None or array.node.op is _PARAM:
        raise AttributeError(
            "Incompatible shape for in-place modification. Use `.reshape()` to make a "
            "copy with the desired shape."
        )
    if parent is None:  # the elements get another owner, of the shape they had
        link.owner = Array(array._node, array._value, weak=array._weak)
        link.owner._home = array._home
    array._link, array._node, array._value = link, None, None


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


def real_only(array: Array, name: str) -> Array:
    """Return `array`, which is to become a Python number without imaginary part.

    Raises
    ------
    TypeError
        If it is complex.
    """
    if array.dtype.kind == "c":
        raise TypeError(f"can't convert complex to {name}")
    return array


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

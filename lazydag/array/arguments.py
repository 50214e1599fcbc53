"""Arguments of jitted functions: arrays out of them, and the key of the trace."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import BuiltinFunctionType, EllipsisType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array import engine
from lazydag.array.array import Array
from lazydag.array.leaves import plain
from lazydag.array.nodes.dtypes import supported
from lazydag.array.nodes.pins import far_held_by, has_devices
from lazydag.array.operands import as_numpy
from lazydag.array.pytree import Tree, flatten
from lazydag.array.values import Value, is_far, is_on_device
from lazydag.errors import TraceError, UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL, C128, F64, I64, ArrayType

if TYPE_CHECKING:
    from lazydag.runtime.device_array import DeviceArray

_NDARRAY = np.ndarray
_LIMIT = 2**63
_FIXED = (
    str,
    bytes,
    range,
    type,
    Enum,
    EllipsisType,
    FunctionType,
    BuiltinFunctionType,
    MethodType,
    partial,
    np.dtype,
    np.ufunc,
)
_SCALARS = {bool: BOOL, int: I64, float: F64, complex: C128}


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of a call, taken apart.

    Parameters
    ----------
    leaves : list
        Arrays, scalars and types, in order.
    tree : Tree
        Structure of ``(args, kwargs)``, with None in place of static arguments.
    static : tuple
        ``(position or name, value)`` of each static argument.
    fixed : tuple
        ``(position among all leaves, value)`` of each leaf that can be neither array
        nor number, such as a name or a function.
    """

    leaves: list[Any]
    tree: Tree
    static: tuple[tuple[int | str, Any], ...]
    fixed: tuple[tuple[int, Any], ...]

    def key(self, arrays: Sequence[Value]) -> Hashable:
        """Return what decides whether a trace can be used again.

        Parameters
        ----------
        arrays : sequence of ndarray or DeviceArray
            Those of the leaves.
        """
        static = tuple((at, _static_key(at, value)) for at, value in self.static)
        fixed = tuple((at, _static_key(at, value)) for at, value in self.fixed)
        leaves = tuple(map(leaf_key, self.leaves, arrays))
        return self.tree, static, fixed, leaves

    def numbers(self) -> frozenset[int]:
        """Return the positions of the leaves that are Python and NumPy numbers."""
        kinds = (bool, int, float, complex, np.generic)
        return frozenset(i for i, v in enumerate(self.leaves) if isinstance(v, kinds))


def take_apart(
    args: Sequence[Any], kwargs: dict[str, Any], static: frozenset[int | str]
) -> Call:
    """Return a call's arguments, those at `static` places apart."""
    if not static:
        return _call((tuple(args), kwargs), ())
    named: dict[int | str, Any] = {i: v for i, v in enumerate(args) if i in static}
    named |= {k: value for k, value in kwargs.items() if k in static}
    free = tuple(None if i in static else value for i, value in enumerate(args))
    rest = {k: None if k in static else value for k, value in kwargs.items()}
    return _call((free, rest), tuple(named.items()))


def _call(arguments: Any, static: tuple[tuple[int | str, Any], ...]) -> Call:
    leaves, tree = flatten(arguments)
    fixed = tuple((i, value) for i, value in enumerate(leaves) if _is_fixed(value))
    if fixed:
        places = {position for position, _ in fixed}
        leaves = [value for i, value in enumerate(leaves) if i not in places]
    return Call(leaves, tree, static, fixed)


def _is_fixed(value: Any) -> bool:
    """Tell whether a leaf steers the function, and is no value to compute with."""
    if isinstance(value, int):
        return not isinstance(value, bool) and not -_LIMIT <= value < _LIMIT
    if isinstance(value, _FIXED):
        return True
    # a decorated function, which a jitted one is, too
    return callable(value) and hasattr(value, "__wrapped__")


def flat_arguments(args: tuple[Any, ...]) -> tuple[Hashable, list[Value]] | None:
    """Return key and arrays of arguments that are all arrays or numbers; else None.

    This is the way of nearly all calls, and has to be short.
    """
    parts: list[Hashable] = []
    arrays = []
    for value in args:
        kind = value.__class__
        array = value._value if kind is Array else value
        if array.__class__ is _NDARRAY:
            parts.append((array.shape, array.dtype, array.strides))
        elif kind is float or (kind is int and -_LIMIT <= value < _LIMIT):
            array = np.array(value)
            parts.append(kind)
        else:
            array = _far_array(value)
            if array is None:
                return None
            parts.append(_far_key(array))
        arrays.append(array)
    return tuple(parts), arrays


def _far_array(value: Any) -> DeviceArray | None:
    """Return the values of a lazy array that is computed, on a device."""
    if value.__class__ is not Array or not has_devices():
        return None
    return far_held_by(value.node)


def _far_key(array: DeviceArray) -> Hashable:
    return array.shape, array.dtype, array.strides, array.space


def leaf_key(value: Any, array: Value) -> Hashable:
    """Return the part of the key for one leaf, and its array."""
    if not isinstance(array, np.ndarray):
        return _far_key(array)
    if type(value) in _SCALARS:
        return (type(value),)
    return array.shape, array.dtype, array.strides


def leaf_array(value: Any, path: str) -> Value | None:
    """Return the array that is passed for a leaf; None for a type.

    Raises
    ------
    TraceError
        If it is neither an array nor a number.
    """
    if isinstance(value, ArrayType):
        return None
    dtype = _SCALARS.get(type(value))
    if dtype is not None:
        return np.asarray(value, dtype)
    if isinstance(value, Array):
        found = value.settled("array")
        return found if is_far(found) else plain(as_numpy(found))
    if is_on_device(value):
        return engine.adopted(value)
    if isinstance(value, np.ndarray | np.generic) or hasattr(value, "__array__"):
        return plain(as_numpy(np.asarray(value)))
    raise TraceError(
        f"argument {path} is a {type(value).__name__}, which cannot be traced",
        caller_location(),
        f"Make it static: jit(f, static_argnames=({path.partition('.')[0]!r},)).",
    )


def leaf_type(value: Any, array: Value | None) -> tuple[ArrayType, bool]:
    """Return the type that is traced for a leaf, and whether it is weak."""
    if array is None:
        assert isinstance(value, ArrayType)
        return value, False
    weak = type(value) in (int, float, complex)
    return ArrayType(array.shape, supported(array.dtype)), weak


def _static_key(at: int | str, value: Any) -> Hashable:
    try:
        hash(value)
    except TypeError:
        raise UsageError(
            f"static argument {at} is a {type(value).__name__}, which has no hash",
            caller_location(),
            "Static arguments are compared between calls: pass a tuple, for example.",
        ) from None
    # 1, 1.0 and True are equal, as are 0.0 and -0.0
    return type(value), repr(value) if isinstance(value, float) else value

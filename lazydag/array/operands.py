"""What functions and operators take besides lazy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array import engine
from lazydag.array.leaves import leaf
from lazydag.array.nodes.dtypes import supported
from lazydag.array.nodes.move import stack
from lazydag.array.nodes.record import Operand, as_node
from lazydag.array.nodes.scalars import constant
from lazydag.array.tracing import state
from lazydag.array.values import is_on_device
from lazydag.errors import DTypeError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location

_PYTHON = (bool, int, float, complex)


_TAKEN = (np.ndarray, np.generic, *_PYTHON, list, tuple)


def is_operand(value: Any) -> bool:
    """Tell whether operators take `value`; others may know what to do with it."""
    if isinstance(value, _TAKEN) or is_on_device(value):
        return True
    return hasattr(value, "__array__") and not hasattr(value, "__array_ufunc__")


def foreign_operand(value: Any) -> Operand:
    """Return an operand for anything but a lazy array.

    Raises
    ------
    DTypeError
        If its elements are of a dtype that is not supported.
    """
    if type(value) in _PYTHON:
        scalar: complex = value
        return scalar
    if isinstance(value, np.generic):
        return _numpy_scalar(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, complex):
        return complex(value)
    if isinstance(value, list | tuple) and holds_lazy(value):
        return stack([_node(each) for each in value])
    if is_on_device(value):
        return leaf(engine.adopted(value))
    return leaf(as_numpy(value))


def holds_lazy(values: Any) -> bool:
    """Tell whether a lazy array is among values, or in lists and tuples of them."""
    kinds = set(map(type, values))
    if any(hasattr(kind, "__lazydag_value__") for kind in kinds):
        return True
    deeper = kinds & {list, tuple}
    return bool(deeper) and any(holds_lazy(v) for v in values if type(v) in deeper)


def _node(value: Any) -> Node:
    if hasattr(value, "__lazydag_value__"):
        node: Node = value.node
        return node
    return as_node(foreign_operand(value))


def as_numpy(value: Any) -> np.ndarray[Any, Any]:
    """Return `value` as a NumPy array of a supported dtype, not copied if it is one."""
    try:
        array = value if isinstance(value, np.ndarray) else np.asarray(value)
    except ValueError as error:  # nested sequences of unequal lengths
        raise DTypeError(
            f"{type(value).__name__} is not an array: {error}",
            caller_location(),
            "Nested sequences must have equal lengths.",
        ) from None
    if array.dtype.kind == "O":
        raise DTypeError(
            f"{type(value).__name__} with Python objects is not an array of numbers",
            caller_location(),
            "Convert it with np.asarray(x, dtype=float) first, if it holds numbers.",
        )
    supported(array.dtype)
    if state.trace is not None and isinstance(value, list | tuple):
        state.trace.known[id(array)] = array  # nobody else has it
    return array


def _numpy_scalar(value: np.generic) -> Node:
    """Return a constant while tracing; else a leaf, so that plans serve all values."""
    if state.trace is not None:
        return constant(value, supported(value.dtype))
    return leaf(np.asarray(value))

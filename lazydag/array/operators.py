"""Operators of arrays, made from rows of the table.

They come as plain functions of the array itself, so that the class can take them over;
what they return is of the array's own class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np

from lazydag.array.assign import update
from lazydag.array.leaves import leaf
from lazydag.array.nodes import product
from lazydag.array.nodes.record import (
    Operand,
    Weak,
    as_node,
    record,
    record_binary,
    record_scalar,
    record_unary,
)
from lazydag.array.nodes.rows import ROWS, Row
from lazydag.array.operands import as_numpy, foreign_operand, is_operand
from lazydag.array.owned import update_known
from lazydag.array.tracing import state
from lazydag.ir.node import Node

Binary: TypeAlias = Callable[[Any, Any], Any]
Unary: TypeAlias = Callable[[Any], Any]

# powers that NumPy's operator takes apart, for floats
_SHORT_POWERS = {1: ROWS["positive"], 0.5: ROWS["sqrt"], -1: ROWS["reciprocal"]}
_SQUARE, _PRODUCT = ROWS["square"], ROWS["multiply"]
# Greatest power that is multiplied out: a tenth of the time, and within 3 ULP.
_MOST_FACTORS = 5


def binary(name: str, *, reflected: bool = False) -> Binary:
    """Return the operator of the row `name`."""
    row = ROWS[name]

    def operator(self: Any, other: Any) -> Any:
        if not self._weak:
            array = self.__class__
            node = self._node or self.node
            kind = other.__class__
            if kind is array:
                if not other._weak:
                    return array(record_binary(row, node, other._node or other.node))
            elif kind is float or kind is int:
                return array(record_scalar(row, node, other, reflected=reflected))
            elif kind is np.ndarray and not reflected:
                return array(record_binary(row, node, leaf(as_numpy(other))))
        return _any_binary(row, self, other, reflected=reflected)

    return operator


def comparison(name: str) -> Binary:
    """Return the operator of the row `name`, which compares.

    Numbers that are known are compared at once: programs ask to decide by the answer,
    and ``max(x)`` asks for each element.
    """
    lazily, row = binary(name), ROWS[name]

    def operator(self: Any, other: Any) -> Any:
        one, two = self._value, getattr(other, "_value", other)
        if _is_number(one) and (type(two) in (int, float) or _is_number(two)):
            return self.__class__(value=np.asarray(row.ufunc(one, two)))
        return lazily(self, other)

    return operator


def _is_number(value: Any) -> bool:
    """Tell whether a value is a real NumPy number, and no function is traced."""
    is_single = type(value) is np.ndarray and not value.shape
    return is_single and value.dtype.kind != "c" and state.trace is None


def _any_binary(row: Row, x: Any, y: Any, *, reflected: bool) -> Any:
    """Return the operator of `row` for operands of any kind."""
    array = x.__class__
    if not isinstance(y, array) and not is_operand(y):
        return NotImplemented
    own = x.operand()
    other: Operand = y.operand() if isinstance(y, array) else foreign_operand(y)
    pair = (other, own) if reflected else (own, other)
    result = record(row, *pair)
    weak = all(isinstance(o, Weak | int | float | complex) for o in pair)
    return array(result, weak=weak and not row.compares)


def unary(name: str) -> Unary:
    """Return the operator of the row `name`."""
    row = ROWS[name]

    def operator(self: Any) -> Any:
        return self.__class__(record_unary(row, self.node), weak=self._weak)

    return operator


_power = binary("power")


def power(self: Any, other: Any) -> Any:
    """Raise to a power; some of them by other means, as NumPy's operator does."""
    if not self._weak and type(other) in (int, float):
        node = self.node
        kind = node.type.dtype.kind
        if other == 2 and (kind in "fc" or (kind in "iu" and type(other) is int)):
            return self.__class__(record_unary(_SQUARE, node))
        if kind in "fc" and other in _SHORT_POWERS:
            return self.__class__(record_unary(_SHORT_POWERS[other], node))
        if kind in "fc" and 2 < other <= _MOST_FACTORS and other == int(other):
            return self.__class__(_multiplied_out(node, int(other)))
    return _power(self, other)


def _multiplied_out(node: Node, power: int) -> Node:
    """Return a power as a product of squares."""
    square, product = node, None
    while power:
        if power & 1:
            product = square if product is None else _product(product, square)
        power >>= 1
        square = record_unary(_SQUARE, square) if power else square
    assert product is not None
    return product


def _product(x: Node, y: Node) -> Node:
    return record_binary(_PRODUCT, x, y)


def in_place(symbol: str, name: str) -> Binary:
    """Return the operator that writes the result into its left operand.

    Results of NumPy without axes are scalars, which cannot be written into: for them
    the name is bound to a new value, here as there. Views without axes are arrays.
    """
    row = ROWS[name]
    compute = power if name == "power" else binary(name)

    def operator(self: Any, other: Any) -> Any:
        if self.ndim == 0 and getattr(other, "ndim", 0) == 0 and self._link is None:
            return _any_binary(row, self, other, reflected=False)
        if self._link is not None and update_known(self, row.ufunc, other):
            return self
        result = compute(self, other)
        if result is NotImplemented:
            return result
        update(self, row.ufunc.__name__, result.node)
        return self

    operator.__doc__ = f"Assign ``self {symbol} other`` to the elements of self."
    return operator


def matmul(self: Any, other: Any) -> Any:
    """Return ``self @ other``."""
    array = self.__class__
    if not isinstance(other, array) and not is_operand(other):
        return NotImplemented
    return array(product.matmul(self.node, _node(array, other)))


def reflected_matmul(self: Any, other: Any) -> Any:
    """Return ``other @ self``."""
    if not is_operand(other):
        return NotImplemented
    array = self.__class__
    return array(product.matmul(_node(array, other), self.node))


def in_place_matmul(self: Any, other: Any) -> Any:
    """Assign ``self @ other`` to the elements of self."""
    result = matmul(self, other)
    if result is NotImplemented:
        return result
    update(self, "matmul", result.node)
    return self


def _node(array: type, value: Any) -> Node:
    if isinstance(value, array):
        node: Node = value.node  # type: ignore[attr-defined]
        return node
    return as_node(foreign_operand(value))


class Operators:
    """Python's operators, for arrays."""

    __slots__ = ()

    __add__: ClassVar[Binary] = binary("add")
    __radd__: ClassVar[Binary] = binary("add", reflected=True)
    __sub__: ClassVar[Binary] = binary("subtract")
    __rsub__: ClassVar[Binary] = binary("subtract", reflected=True)
    __mul__: ClassVar[Binary] = binary("multiply")
    __rmul__: ClassVar[Binary] = binary("multiply", reflected=True)
    __truediv__: ClassVar[Binary] = binary("divide")
    __rtruediv__: ClassVar[Binary] = binary("divide", reflected=True)
    __floordiv__: ClassVar[Binary] = binary("floor_divide")
    __rfloordiv__: ClassVar[Binary] = binary("floor_divide", reflected=True)
    __mod__: ClassVar[Binary] = binary("remainder")
    __rmod__: ClassVar[Binary] = binary("remainder", reflected=True)
    __pow__: ClassVar[Binary] = power
    __rpow__: ClassVar[Binary] = binary("power", reflected=True)
    __and__: ClassVar[Binary] = binary("bitwise_and")
    __rand__: ClassVar[Binary] = binary("bitwise_and", reflected=True)
    __or__: ClassVar[Binary] = binary("bitwise_or")
    __ror__: ClassVar[Binary] = binary("bitwise_or", reflected=True)
    __xor__: ClassVar[Binary] = binary("bitwise_xor")
    __rxor__: ClassVar[Binary] = binary("bitwise_xor", reflected=True)
    __lshift__: ClassVar[Binary] = binary("left_shift")
    __rlshift__: ClassVar[Binary] = binary("left_shift", reflected=True)
    __rshift__: ClassVar[Binary] = binary("right_shift")
    __rrshift__: ClassVar[Binary] = binary("right_shift", reflected=True)
    __eq__: ClassVar[Binary] = comparison("equal")
    __ne__: ClassVar[Binary] = comparison("not_equal")
    __lt__: ClassVar[Binary] = comparison("less")
    __le__: ClassVar[Binary] = comparison("less_equal")
    __gt__: ClassVar[Binary] = comparison("greater")
    __ge__: ClassVar[Binary] = comparison("greater_equal")
    __neg__: ClassVar[Unary] = unary("negative")
    __pos__: ClassVar[Unary] = unary("positive")
    __abs__: ClassVar[Unary] = unary("absolute")
    __invert__: ClassVar[Unary] = unary("invert")
    __iadd__: ClassVar[Binary] = in_place("+", "add")
    __isub__: ClassVar[Binary] = in_place("-", "subtract")
    __imul__: ClassVar[Binary] = in_place("*", "multiply")
    __itruediv__: ClassVar[Binary] = in_place("/", "divide")
    __ifloordiv__: ClassVar[Binary] = in_place("//", "floor_divide")
    __imod__: ClassVar[Binary] = in_place("%", "remainder")
    __ipow__: ClassVar[Binary] = in_place("**", "power")
    __iand__: ClassVar[Binary] = in_place("&", "bitwise_and")
    __ior__: ClassVar[Binary] = in_place("|", "bitwise_or")
    __ixor__: ClassVar[Binary] = in_place("^", "bitwise_xor")
    __ilshift__: ClassVar[Binary] = in_place("<<", "left_shift")
    __irshift__: ClassVar[Binary] = in_place(">>", "right_shift")
    __matmul__: ClassVar[Binary] = matmul
    __rmatmul__: ClassVar[Binary] = reflected_matmul
    __imatmul__: ClassVar[Binary] = in_place_matmul

    def __divmod__(self: Any, other: Any) -> tuple[Any, Any]:
        return self // other, self % other

    def __rdivmod__(self: Any, other: Any) -> tuple[Any, Any]:
        return other // self, other % self

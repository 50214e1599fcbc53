"""Functions made from rows of the table, docstrings included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from lazydag.array.array import Array, apply
from lazydag.array.nodes.record import record_binary, record_scalar, record_unary
from lazydag.array.nodes.rows import ROWS, Row
from lazydag.errors import UnsupportedError, UsageError
from lazydag.ir.source import caller_location

Unary: TypeAlias = Callable[[Any], Array]
Binary: TypeAlias = Callable[[Any, Any], Array]
Function = TypeVar("Function", bound=Callable[..., Any])

#: Where the public names live, for help, pickle and documentation.
PUBLIC = "lazydag"

_UNARY = """{does}

Parameters
----------
x : array_like
    Any shape. The dtype of the result is as with `numpy.{numpy}`.

Returns
-------
Array
    Of the shape of `x`.

Examples
--------
>>> import numpy as np, lazydag as ld
>>> x = np.array({x})
>>> print(np.allclose(ld.{name}(x), {check}))
True
"""

_BINARY = """{does}

Parameters
----------
x1, x2 : array_like
    Shapes that broadcast; dtypes are promoted as with `numpy.{numpy}`.

Returns
-------
Array
    Of the broadcast shape.

Examples
--------
>>> import numpy as np, lazydag as ld
>>> x = np.array({x})
>>> print(np.allclose(ld.{name}(x, 2), {check}))
True
"""

# arguments that suit functions with a domain of their own
_SAMPLES = {"arccosh": "[1.5, 3.0]"}


def public(function: Function, name: str, doc: str | None = None) -> Function:
    """Let `function` be known by its public name."""
    function.__name__ = name
    function.__qualname__ = name
    function.__module__ = PUBLIC
    if doc is not None:
        function.__doc__ = doc
    return function


def unary(ufunc: str, name: str = "") -> Unary:
    """Return the public function of one operand for a row."""
    row = ROWS[ufunc]
    return public(unary_call(row), name or row.name, documented(row, name, _UNARY))


def binary(ufunc: str, name: str = "") -> Binary:
    """Return the public function of two operands for a row."""
    row = ROWS[ufunc]
    return public(binary_call(row), name or row.name, documented(row, name, _BINARY))


def unary_call(row: Row) -> Unary:
    """Return what calls a row with one operand, fast for a lazy array."""

    def function(x: Any, /) -> Array:
        if x.__class__ is Array:
            return Array(record_unary(row, x.node))
        return apply(row, x)

    return function


def binary_call(row: Row) -> Binary:
    """Return what calls a row with two operands, fast for lazy arrays and numbers."""

    def function(x1: Any, x2: Any, /) -> Array:
        if x1.__class__ is Array and not x1._weak:
            kind = x2.__class__
            if kind is Array and not x2._weak:
                return Array(record_binary(row, x1.node, x2.node))
            if kind is float or kind is int:
                return Array(record_scalar(row, x1.node, x2, reflected=False))
        return apply(row, x1, x2)

    return function


def documented(row: Row, name: str, template: str, reference: str = "") -> str:
    """Return the docstring of a function made from `row`."""
    numpy = row.ufunc.__name__
    bits = row.verb.startswith("shift") or numpy in _BITWISE
    sample = _SAMPLES.get(numpy, "[3, 5]" if bits else "[0.25, 0.5]")
    second = ", 2" if template is _BINARY else ""
    check = reference or f"np.{numpy}(x{second})"
    return template.format(
        does=row.does, numpy=numpy, name=name or row.name, x=sample, check=check
    )


_BITWISE = {"bitwise_and", "bitwise_or", "bitwise_xor", "invert"}


def refuse_out(out: object) -> None:
    """Refuse to write into an array."""
    if out is not None:
        raise UnsupportedError(
            "out= is not supported yet",
            caller_location(),
            "Assign the result, or use jit and its into() to write into memory.",
        )


def refused(what: str, remedy: str) -> UsageError:
    """Return the error for an argument with a value that it cannot have."""
    return UsageError(f"{what} is not possible", caller_location(), remedy)


def on_device(array: Array, device: Any) -> Array:
    """Return an array on a device; itself for None."""
    return array if device is None else array.to_device(device)

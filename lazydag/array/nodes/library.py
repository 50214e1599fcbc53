"""Nodes of functions of whole arrays, which NumPy computes in one call."""

from __future__ import annotations

from typing import Any

from lazydag.errors import LazydagError
from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location

_FUNCTION = OPS["function"]


def call(name: str, *nodes: Node, output: int = 0, **options: Any) -> Node:
    """Return a result of the function `name` of the table `FUNCTIONS`.

    Parameters
    ----------
    name : str
        The function's row.
    *nodes : Node
        Its operands.
    output : int
        Which of its results.
    **options
        Numbers, strings and tuples of them.

    Raises
    ------
    ShapeError, DTypeError
        If the operands do not suit it; at the user's line.
    """
    attrs = FunctionAttrs(name, tuple(options.items()), output)
    source = caller_location()
    try:
        return make(_FUNCTION, *nodes, attrs=attrs, source=source)
    except LazydagError as error:
        error.at = source
        raise


def calls(name: str, count: int, *nodes: Node, **options: Any) -> tuple[Node, ...]:
    """Return all `count` results of a function."""
    return tuple(call(name, *nodes, output=i, **options) for i in range(count))

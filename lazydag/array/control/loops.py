"""Loops: one operation, however many steps."""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.control import body as bodies
from lazydag.array.control.body import Standing
from lazydag.array.control.carry import STEP, Carry, looped, next_carries
from lazydag.array.control.fit import same_structure
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.scalars import constant
from lazydag.array.pytree import build, flatten
from lazydag.array.trace import name_of
from lazydag.errors import DTypeError
from lazydag.ir.node import Node, array_type
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL, I64, ArrayType

_GOES_ON: Standing = (ArrayType((), BOOL), False)


def fori_loop(
    lower: Any, upper: Any, body: Callable[[Any, Any], Any], init: Any
) -> Any:
    """Return what ``for i in range(lower, upper): value = body(i, value)`` gives.

    The body is traced once and planned once, and nothing is computed before the result
    is needed.

    Parameters
    ----------
    lower, upper : int or integer array
        Bounds. Those that are known only when the loop runs may be lazy arrays.
    body : callable
        ``body(i, value)`` returns the next value, of the same structure and types.
    init : array_like, or tuples, lists, dicts and dataclasses of them
        The first value.

    Returns
    -------
    Array, in the structure of `init`

    Raises
    ------
    ShapeError, DTypeError
        If the body returns something of another type than it was given.

    Examples
    --------
    >>> import lazydag as ld
    >>> float(ld.fori_loop(0, 10, lambda i, x: x + i, 0.0))
    45.0
    """
    source = caller_location()
    known = _known_length(lower, upper)
    if known is None:
        return _open_loop(lower, upper, body, init)
    first, length = known

    def number(i: Array) -> Array:
        return i + first if first else i

    carry = Carry.of(init)
    what = name_of(body)
    while True:
        traced = bodies.run(
            body,
            [STEP, *carry.standing],
            lambda stands: (number(stands[0]), carry.arrays(stands[1:])),
        )
        same_structure(what, traced.results, carry.tree, "carry")
        if not carry.widened(traced.leaves, traced.outputs):
            break
    outputs = next_carries(what, carry, traced.leaves, traced.outputs)
    found = looped(traced, outputs, carry.nodes, [], source, length=length)
    return carry.arrays(found)


def _known_length(lower: Any, upper: Any) -> tuple[int, int] | None:
    """Return where a loop begins and its length, if numbers say so."""
    for bound in (lower, upper):
        if isinstance(bound, Array):
            _check_bound(bound)
        elif not isinstance(bound, int | np.integer):
            raise DTypeError(
                f"a bound of a loop is a {type(bound).__name__}, and no integer",
                caller_location(),
            )
    if isinstance(lower, Array) or isinstance(upper, Array):
        return None
    first = index(lower)
    return first, max(0, index(upper) - first)


def _check_bound(bound: Array) -> None:
    if bound.shape or bound.dtype.kind not in "iu":
        raise DTypeError(
            f"a bound of a loop is {array_type(bound.node)}, and no integer",
            caller_location(),
        )


def _open_loop(lower: Any, upper: Any, body: Callable[..., Any], init: Any) -> Any:
    """Return the value of a loop whose bounds are known when it runs."""
    start, end = Array(_whole(lower)), Array(_whole(upper))

    def goes_on(state: Any) -> Any:
        return state[0] < end

    def step(state: Any) -> Any:
        return state[0] + 1, body(*state)

    step.__name__ = name_of(body)
    _, found = while_loop(goes_on, step, (start, init))
    return found


def _whole(bound: Any) -> Node:
    if isinstance(bound, Array):
        return cast(bound.node, I64, caller_location())
    return constant(index(bound), I64)


def while_loop(
    cond: Callable[[Any], Any], body: Callable[[Any], Any], init: Any
) -> Any:
    """Return what ``while cond(value): value = body(value)`` gives.

    Both functions are traced once; the condition is computed with each step.

    Parameters
    ----------
    cond : callable
        ``cond(value)`` returns a bool without axes.
    body : callable
        ``body(value)`` returns the next value, of the same structure and types.
    init : array_like, or tuples, lists, dicts and dataclasses of them
        The first value.

    Returns
    -------
    Array, in the structure of `init`

    Raises
    ------
    ShapeError, DTypeError
        If the condition is no bool, or the body returns something of another type than
        it was given.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.while_loop(lambda x: x < 100, lambda x: x * 3, 1)
    >>> int(x)
    243
    """
    source = caller_location()
    carry = Carry.of(init)
    what = name_of(body)

    def step(value: Any) -> Any:
        new = body(value)
        leaves, tree = flatten(new)
        same_structure(what, tree, carry.tree, "carry")
        again = [
            leaf if isinstance(leaf, Array) else Array(node_of(leaf)) for leaf in leaves
        ]
        return cond(build(tree, again)), tuple(leaves)

    step.__wrapped__ = body  # type: ignore[attr-defined]
    step.__name__ = what
    while True:
        traced = bodies.run(
            step,
            [STEP, _GOES_ON, *carry.standing],
            lambda stands: (carry.arrays(stands[2:]),),
        )
        if not carry.widened(traced.leaves[1:], traced.outputs[1:]):
            break
    outputs = next_carries(what, carry, traced.leaves[1:], traced.outputs[1:])
    begins = _condition(
        cond, node_of(cond(carry.arrays([Array(n) for n in carry.nodes])))
    )
    goes_on = _condition(cond, traced.outputs[0])
    first = [begins, *carry.nodes]
    found = looped(traced, [goes_on, *outputs], first, [], source, length=None)
    return carry.arrays(found[1:])


def _condition(cond: Callable[..., Any], node: Node) -> Node:
    type_ = array_type(node)
    if type_.shape or type_.dtype.kind not in "biu":
        raise DTypeError(
            f"{name_of(cond)} returned {type_}, and no bool without axes",
            caller_location(),
            "Use all() or any() for the condition of all elements.",
        )
    return cast(node, BOOL, caller_location())

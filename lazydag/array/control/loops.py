"""Loops: one operation, however many steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.control import body as bodies
from lazydag.array.control.body import Body, Standing
from lazydag.array.control.fit import fitted, is_weak, same_structure
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.scalars import constant
from lazydag.array.pytree import Tree, build, flatten, paths
from lazydag.array.trace import name_of
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.attrs import LoopAttrs
from lazydag.ir.node import Node, array_type, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc, caller_location
from lazydag.ir.types import BOOL, I64, ArrayType

_LOOP = OPS["loop"]
_STEP: Standing = (ArrayType((), I64), False)
_GOES_ON: Standing = (ArrayType((), BOOL), False)


@dataclass(slots=True)
class _Carry:
    """What goes from step to step.

    Parameters
    ----------
    tree : Tree
        Its structure.
    nodes : list of Node
        The first values.
    weak : list of bool
        Which of them are Python numbers.
    """

    tree: Tree
    nodes: list[Node]
    weak: list[bool]

    @classmethod
    def of(cls, value: Any) -> _Carry:
        leaves, tree = flatten(value)
        nodes = [node_of(leaf) for leaf in leaves]
        return cls(tree, nodes, [is_weak(leaf) for leaf in leaves])

    @property
    def types(self) -> list[ArrayType]:
        return [array_type(node) for node in self.nodes]

    @property
    def standing(self) -> list[Standing]:
        return list(zip(self.types, self.weak, strict=True))

    @property
    def names(self) -> list[str]:
        return paths(self.tree, "carry")

    def arrays(self, stands: Sequence[Array]) -> Any:
        return build(self.tree, stands)

    def widened(self, found: Sequence[Any], nodes: Sequence[Node]) -> bool:
        """Let Python numbers have the types that they become; tell whether one did.

        ``0`` that becomes a float in the first step is ``0.0`` from the start.
        """
        changed = False
        for at, (leaf, node) in enumerate(zip(found, nodes, strict=True)):
            own, type_ = array_type(self.nodes[at]), array_type(node)
            is_free = self.weak[at] and not is_weak(leaf)
            if is_free and own.shape == type_.shape and own.dtype != type_.dtype:
                source = caller_location()
                self.nodes[at] = cast(self.nodes[at], type_.dtype, source)
                self.weak[at] = False
                changed = True
        return changed


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

    carry = _Carry.of(init)
    what = _called(body)
    while True:
        traced = bodies.run(
            body,
            [_STEP, *carry.standing],
            lambda stands: (number(stands[0]), carry.arrays(stands[1:])),
        )
        same_structure(what, traced.results, carry.tree, "carry")
        if not carry.widened(traced.leaves, traced.outputs):
            break
    outputs = _new_carries(what, carry, traced.leaves, traced.outputs)
    found = _loop(traced, outputs, carry.nodes, [], source, length=length)
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

    step.__name__ = _called(body)
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
    carry = _Carry.of(init)
    what = _called(body)

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
            [_STEP, _GOES_ON, *carry.standing],
            lambda stands: (carry.arrays(stands[2:]),),
        )
        if not carry.widened(traced.leaves[1:], traced.outputs[1:]):
            break
    outputs = _new_carries(what, carry, traced.leaves[1:], traced.outputs[1:])
    begins = _condition(
        cond, node_of(cond(carry.arrays([Array(n) for n in carry.nodes])))
    )
    goes_on = _condition(cond, traced.outputs[0])
    first = [begins, *carry.nodes]
    found = _loop(traced, [goes_on, *outputs], first, [], source, length=None)
    return carry.arrays(found[1:])


def _condition(cond: Callable[..., Any], node: Node) -> Node:
    type_ = array_type(node)
    if type_.shape or type_.dtype.kind not in "biu":
        raise DTypeError(
            f"{_called(cond)} returned {type_}, and no bool without axes",
            caller_location(),
            "Use all() or any() for the condition of all elements.",
        )
    return cast(node, BOOL, caller_location())


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """Carry a value along the first axis of arrays, and stack what each step gives.

    Parameters
    ----------
    f : callable
        ``f(carry, x)`` returns the next carry, of the same structure and types, and
        what is stacked; either may be None.
    init : array_like, or tuples, lists, dicts and dataclasses of them
        The first carry.
    xs : array_like, or tuples, lists, dicts and dataclasses of them, optional
        Arrays with the same number of elements along the first axis: a step for each.
    length : int, optional
        The number of steps, needed if there are no `xs`.
    reverse : bool
        Whether to begin at the end.

    Returns
    -------
    carry : Array, in the structure of `init`
        The last one.
    ys : Array, in the structure of the second results
        All of them along a new first axis.

    Raises
    ------
    ShapeError, DTypeError
        If the lengths differ, or a carry is of another type than before.

    Examples
    --------
    >>> import lazydag as ld
    >>> total, sums = ld.scan(lambda c, x: (c + x, c + x), 0.0, ld.arange(4.0))
    >>> float(total), sums.tolist()
    (6.0, [0.0, 1.0, 3.0, 6.0])
    """
    source = caller_location()
    carry = _Carry.of(init)
    leaves, tree = flatten(xs)
    rows = [node_of(leaf) for leaf in leaves]
    steps = _scan_length(rows, paths(tree, "xs"), length)
    row_types: list[Standing] = [
        (ArrayType(t.shape[1:], t.dtype), False) for t in map(array_type, rows)
    ]
    what, count = _called(f), len(carry.nodes)

    def arrange(stands: list[Array]) -> tuple[Any, ...]:
        given = stands[1 + count :]
        return carry.arrays(stands[1 : 1 + count]), build(tree, given)

    while True:
        traced = bodies.run(_pair(f), [_STEP, *carry.standing, *row_types], arrange)
        next_tree, stack_tree = traced.results.children  # type: ignore[union-attr]
        same_structure(what, next_tree, carry.tree, "carry")
        if not carry.widened(traced.leaves[:count], traced.outputs[:count]):
            break
    new = _new_carries(what, carry, traced.leaves[:count], traced.outputs[:count])
    outputs = [*new, *traced.outputs[count:]]
    found = _loop(
        traced, outputs, carry.nodes, rows, source, length=steps, reverse=bool(reverse)
    )
    return carry.arrays(found[:count]), build(stack_tree, found[count:])


def _pair(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f`, refused unless it returns two values."""

    def pair(carry: Any, x: Any) -> Any:
        found = f(carry, x)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise DTypeError(
                f"{_called(f)} returned a {type(found).__name__}, and not a carry and "
                "what is stacked",
                caller_location(),
                "Return two values; None for what there is none of.",
            )
        return tuple(found)

    pair.__wrapped__ = f  # type: ignore[attr-defined]
    pair.__name__ = _called(f)
    return pair


def _scan_length(rows: Sequence[Node], names: Sequence[str], length: Any) -> int:
    lengths: dict[str, int] = {} if length is None else {"length": index(length)}
    for row, name in zip(rows, names, strict=True):
        type_ = array_type(row)
        if not type_.ndim:
            raise ShapeError(
                f"{name} is {type_}: it has no axis to scan along", caller_location()
            )
        lengths[name] = type_.sizes[0]
    if not lengths or min(lengths.values()) < 0:
        raise UsageError(
            "scan needs the number of steps",
            caller_location(),
            "Give arrays to scan along, or a length that is not negative.",
        )
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name}: {n}" for name, n in lengths.items())
        raise ShapeError(f"scan of different lengths ({told})", caller_location())
    return next(iter(lengths.values()))


def _new_carries(
    what: str, carry: _Carry, leaves: Sequence[Any], nodes: Sequence[Node]
) -> list[Node]:
    return fitted(what, carry.names, leaves, nodes, carry.types)


def _loop(
    traced: Body,
    outputs: Sequence[Node],
    carries: Sequence[Node],
    rows: Sequence[Node],
    source: SourceLoc | None,
    *,
    length: int | None,
    reverse: bool = False,
) -> list[Array]:
    """Return all results of a loop over a traced body."""
    captured = bodies.invariant(traced, outputs)
    graph = bodies.closed(traced, outputs, captured)
    srcs = (*carries, *rows, *captured)
    return [
        Array(
            make(
                _LOOP,
                *srcs,
                attrs=LoopAttrs(graph, len(carries), len(rows), length, reverse, i),
                source=source,
            )
        )
        for i in range(len(outputs))
    ]


def _called(function: Callable[..., Any]) -> str:
    return name_of(function)

"""Scans: loops along the first axis of arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

from lazydag.array.array import Array, node_of
from lazydag.array.control import body as bodies
from lazydag.array.control.body import Standing
from lazydag.array.control.carry import STEP, Carry, looped, next_carries
from lazydag.array.control.fit import same_structure
from lazydag.array.pytree import build, flatten, paths
from lazydag.array.trace import name_of
from lazydag.errors import DTypeError, ShapeError, UsageError
from lazydag.ir.node import Node, array_type
from lazydag.ir.source import caller_location
from lazydag.ir.types import ArrayType


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
    carry = Carry.of(init)
    leaves, tree = flatten(xs)
    rows = [node_of(leaf) for leaf in leaves]
    steps = _scan_length(rows, paths(tree, "xs"), length)
    row_types: list[Standing] = [
        (ArrayType(t.shape[1:], t.dtype), False) for t in map(array_type, rows)
    ]
    what, count = name_of(f), len(carry.nodes)

    def arrange(stands: list[Array]) -> tuple[Any, ...]:
        given = stands[1 + count :]
        return carry.arrays(stands[1 : 1 + count]), build(tree, given)

    while True:
        traced = bodies.run(_pair(f), [STEP, *carry.standing, *row_types], arrange)
        next_tree, stack_tree = traced.results.children  # type: ignore[union-attr]
        same_structure(what, next_tree, carry.tree, "carry")
        if not carry.widened(traced.leaves[:count], traced.outputs[:count]):
            break
    new = next_carries(what, carry, traced.leaves[:count], traced.outputs[:count])
    outputs = [*new, *traced.outputs[count:]]
    found = looped(
        traced, outputs, carry.nodes, rows, source, length=steps, reverse=bool(reverse)
    )
    return carry.arrays(found[:count]), build(stack_tree, found[count:])


def _pair(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f`, refused unless it returns two values."""

    def pair(carry: Any, x: Any) -> Any:
        found = f(carry, x)
        if not isinstance(found, tuple | list) or len(found) != 2:
            raise DTypeError(
                f"{name_of(f)} returned a {type(found).__name__}, and not a carry and "
                "what is stacked",
                caller_location(),
                "Return two values; None for what there is none of.",
            )
        return tuple(found)

    pair.__wrapped__ = f  # type: ignore[attr-defined]
    pair.__name__ = name_of(f)
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

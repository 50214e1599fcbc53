"""How the types of loops and branches follow from their sources and bodies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lazydag.errors import ShapeError
from lazydag.ir.types import BOOL, I64, ArrayType

Types = Sequence[ArrayType]

_STEP = ArrayType((), I64)
_GOES_ON = ArrayType((), BOOL)


def loop(types: Types, attrs: Any) -> ArrayType:
    """Return the type of a carry, or of a stack of what the steps give."""
    carries, rows = attrs.carries, attrs.rows
    first, cut = types[:carries], types[carries : carries + rows]
    found = [o.type for o in attrs.body.outputs]
    _check_steps(first, cut, len(found) - carries, attrs.length)
    rest = types[carries + rows :]
    given = [_STEP, *first, *map(_row, cut), *rest]
    _check("a loop's body takes", [p.type for p in attrs.body.params], given)
    _check("a loop's body gives", found[:carries], first)
    result: ArrayType = found[_checked(attrs.output, found)]
    if attrs.output < carries:
        return result
    return ArrayType((attrs.length, *result.shape), result.dtype)


def branch(types: Types, attrs: Any) -> ArrayType:
    """Return the type of a result, which is that of all bodies."""
    if not types or types[0] != _STEP or not attrs.bodies:
        raise ShapeError(f"{len(attrs.bodies)} branches by {_listed(types[:1])}")
    first = [o.type for o in attrs.bodies[0].outputs]
    for body in attrs.bodies:
        _check("a branch takes", [p.type for p in body.params], types[1:])
        _check("a branch gives", [o.type for o in body.outputs], first)
    result: ArrayType = first[_checked(attrs.output, first)]
    return result


def stencil(types: Types, attrs: Any) -> ArrayType:
    """Return the type of a result: the arrays' shape, and what the body gives."""
    shape, axes = types[0].shape if types else (), len(attrs.boundary)
    if not shape or axes != len(shape):
        raise ShapeError(f"a stencil of {axes} axes of ({_listed(types)})")
    if any(type_.shape not in (shape, ()) for type_ in types):
        raise ShapeError(f"a stencil of ({_listed(types)})")
    for node in attrs.body.nodes():
        if node.type.shape or node.op.kind.name not in ("SOURCE", "ELEMENTWISE"):
            raise ShapeError(f"a stencil's body has {node}, which is no element")
    given = []
    for source, *offsets in attrs.neighbours:
        if not 0 <= source < len(types) or len(offsets) != types[source].ndim:
            raise ShapeError(f"{offsets} from source {source} of ({_listed(types)})")
        given.append(ArrayType((), types[source].dtype))
    _check("a stencil's body takes", [p.type for p in attrs.body.params], given)
    found = [o.type for o in attrs.body.outputs]
    if attrs.steps < 1:
        gives = _listed(found)
        raise ShapeError(f"{attrs.steps} sweeps of a body that gives ({gives})")
    if attrs.steps > 1:
        swept = [ArrayType((), t.dtype) for t in types[: len(found)]]
        _check("a stencil's body gives", found, swept)
    result: ArrayType = found[_checked(attrs.output, found)]
    return ArrayType(shape, result.dtype)


def _check_steps(first: Types, cut: Types, stacks: int, length: int | None) -> None:
    """Check that the rows last for the steps, and that these end."""
    if length is None:
        if cut or stacks > 0 or not first or first[0] != _GOES_ON:
            what = f"{len(cut)} rows, {stacks} stacks and carries ({_listed(first)})"
            raise ShapeError(f"a loop without a length has {what}")
    elif length < 0 or any(t.ndim < 1 or t.shape[0] != length for t in cut):
        raise ShapeError(f"a loop of {length} steps takes rows of ({_listed(cut)})")


def _row(type_: ArrayType) -> ArrayType:
    return ArrayType(type_.shape[1:], type_.dtype)


def _check(what: str, found: Types, wanted: Types) -> None:
    if list(found) != list(wanted):
        raise ShapeError(f"{what} ({_listed(found)}) instead of ({_listed(wanted)})")


def _checked(output: int, types: Types) -> int:
    if not 0 <= output < len(types):
        raise ShapeError(f"{len(types)} results have no result {output}")
    return output


def _listed(types: Types) -> str:
    return ", ".join(map(str, types))

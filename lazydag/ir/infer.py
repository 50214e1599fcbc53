"""How the type of a node follows from its sources and attributes.

Each function takes the sources' types and the node's attributes and returns the
node's type; a mistake is a `ShapeError` or a `DTypeError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from lazydag.errors import DTypeError, LazydagError, ShapeError
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.types import (
    BOOL,
    COMPLEX,
    DTYPES,
    I64,
    REAL,
    ArrayType,
    Extent,
    Shape,
    TupleType,
    Type,
)

Types = Sequence[Any]


def same(types: Types, _attrs: Any) -> ArrayType:
    """Elementwise on operands of one type, which is also the result's."""
    first: ArrayType = types[0]
    for other in types:
        if other is first:
            continue
        if other.shape != first.shape:
            raise ShapeError(f"elementwise op on {', '.join(map(str, types))}")
        if other.dtype != first.dtype:
            raise DTypeError(f"elementwise op on {', '.join(map(str, types))}")
    return first


def floating(types: Types, attrs: Any) -> ArrayType:
    """As `same`, for floating-point operands only."""
    result = same(types, attrs)
    if result.dtype.kind != "f":
        raise DTypeError(f"floating-point op on {result}")
    return result


def inexact(types: Types, attrs: Any) -> ArrayType:
    """As `same`, for floating-point and complex operands only."""
    result = same(types, attrs)
    if result.dtype.kind not in "fc":
        raise DTypeError(f"floating-point op on {result}")
    return result


def part(types: Types, attrs: Any) -> ArrayType:
    """Take a complex operand; floating-point of half its width."""
    operand = same(types, attrs)
    if operand.dtype not in REAL:
        raise DTypeError(f"part of {operand}")
    return ArrayType(operand.shape, REAL[operand.dtype])


def whole(types: Types, attrs: Any) -> ArrayType:
    """Take floating-point parts; complex of twice their width."""
    operand = floating(types, attrs)
    return ArrayType(operand.shape, COMPLEX[operand.dtype])


def magnitude(types: Types, attrs: Any) -> ArrayType:
    """As `same`; floating-point for complex operands."""
    operand = same(types, attrs)
    return ArrayType(operand.shape, REAL.get(operand.dtype, operand.dtype))


def integral(types: Types, attrs: Any) -> ArrayType:
    """As `same`, for integer and bool operands only."""
    result = same(types, attrs)
    if result.dtype.kind not in "iub":
        raise DTypeError(f"bitwise op on {result}")
    return result


def integer(types: Types, attrs: Any) -> ArrayType:
    """As `same`, for integer operands only: NumPy shifts bools as i8."""
    result = same(types, attrs)
    if result.dtype.kind not in "iu":
        raise DTypeError(f"integer op on {result}")
    return result


def words(types: Types, attrs: Any) -> ArrayType:
    """As `same`, for words of 64 bits only."""
    result = same(types, attrs)
    if result.dtype != DTYPES["u64"]:
        raise DTypeError(f"op on words of 64 bits on {result}")
    return result


def numeric(types: Types, attrs: Any) -> ArrayType:
    """As `same`, for all but bools: NumPy refuses them, or takes them for i8."""
    result = same(types, attrs)
    if result.dtype == BOOL:
        raise DTypeError(f"numeric op on {result}")
    return result


def real(types: Types, attrs: Any) -> ArrayType:
    """As `numeric`, for all but complex operands."""
    result = numeric(types, attrs)
    if result.dtype.kind == "c":
        raise DTypeError(f"real op on {result}")
    return result


def logical(types: Types, attrs: Any) -> ArrayType:
    """As `same`, for bool operands only."""
    result = same(types, attrs)
    if result.dtype != BOOL:
        raise DTypeError(f"logical op on {result}")
    return result


def comparison(types: Types, attrs: Any) -> ArrayType:
    """Operands of one type, result bool."""
    return ArrayType(same(types, attrs).shape, BOOL)


def predicate(types: Types, attrs: Any) -> ArrayType:
    """Floating-point operand, result bool."""
    return ArrayType(floating(types, attrs).shape, BOOL)


def inexact_predicate(types: Types, attrs: Any) -> ArrayType:
    """Floating-point or complex operand, result bool."""
    return ArrayType(inexact(types, attrs).shape, BOOL)


def select(types: Types, attrs: Any) -> ArrayType:
    """Take a bool condition and two operands of one type."""
    condition, *branches = types
    result = same(branches, attrs)
    if condition.shape != result.shape:
        raise ShapeError(f"where on {', '.join(map(str, types))}")
    if condition.dtype != BOOL:
        raise DTypeError(f"where on {', '.join(map(str, types))}")
    return result


def cast(types: Types, attrs: Any) -> ArrayType:
    """Keep the shape, take the attribute's element type."""
    return ArrayType(types[0].shape, attrs.dtype)


def call(types: Types, attrs: Any) -> ArrayType:
    """Operands of one shape, any element types; the attribute's element type."""
    if not types or any(t.shape != types[0].shape for t in types):
        raise ShapeError(f"elementwise call on {', '.join(map(str, types))}")
    return ArrayType(types[0].shape, attrs.dtype)


def param(_types: Types, attrs: Any) -> ArrayType:
    """Type written in the attributes."""
    result: ArrayType = attrs.type
    return result


def const(_types: Types, attrs: Any) -> ArrayType:
    """Return a scalar type."""
    return ArrayType((), attrs.dtype)


def iota(_types: Types, attrs: Any) -> ArrayType:
    """One axis of the given length."""
    return ArrayType((attrs.length,), attrs.dtype)


def retile(types: Types, attrs: Any) -> ArrayType:
    """The source as it is, in tiles of one positive extent for each axis."""
    source: ArrayType = types[0]
    tile = attrs.tile
    if len(tile) != source.ndim or min(tile, default=1) < 1:
        raise ShapeError(f"tiles of {list(tile)} for {source}")
    return source


def pin(types: Types, attrs: Any) -> ArrayType:
    """The source as it is, on a device that has a name."""
    source: ArrayType = types[0]
    if not attrs.device:
        raise ShapeError(f"{source} is pinned to no device")
    return source


def broadcast(types: Types, attrs: Any) -> ArrayType:
    """NumPy's rule: axes of one element stretch, missing ones are prepended."""
    source, shape = types[0], attrs.shape
    tail = shape[len(shape) - source.ndim :]
    fits = len(shape) >= source.ndim and all(
        a in (1, b) for a, b in zip(source.shape, tail, strict=True)
    )
    if not fits:
        raise ShapeError(f"cannot broadcast {source} to shape {shape}")
    return ArrayType(shape, source.dtype)


def reshape(types: Types, attrs: Any) -> ArrayType:
    """As many elements as before."""
    source = types[0]
    result = ArrayType(attrs.shape, source.dtype)
    if result.size != source.size or min(result.sizes, default=0) < 0:
        raise ShapeError(f"cannot reshape {source} to shape {attrs.shape}")
    return result


def transpose(types: Types, attrs: Any) -> ArrayType:
    """Axes in the attribute's order."""
    source = types[0]
    if sorted(attrs.axes) != list(range(source.ndim)):
        raise ShapeError(f"axes {attrs.axes} do not permute those of {source}")
    return ArrayType(tuple(source.shape[a] for a in attrs.axes), source.dtype)


def slice_(types: Types, attrs: Any) -> ArrayType:
    """Take the attributes' counts, which must stay inside the source."""
    source = types[0]
    if not len(attrs.starts) == len(attrs.counts) == len(attrs.steps) == source.ndim:
        raise ShapeError(f"slice of {len(attrs.starts)} axes of {source}")
    for start, count, step, extent in zip(
        attrs.starts, attrs.counts, attrs.steps, source.sizes, strict=True
    ):
        last = start + (count - 1) * step
        if count and not (0 <= start < extent and 0 <= last < extent):
            raise ShapeError(f"slice {start}:{last}:{step} leaves {source}")
        if count < 0 or step == 0:
            raise ShapeError(f"slice of {count} by {step} from {source}")
    return ArrayType(attrs.counts, source.dtype)


def write(types: Types, attrs: Any) -> ArrayType:
    """Type of the base; the value has the type of the base's slice."""
    base, value = types
    region = slice_((base,), attrs)
    if value.shape != region.shape:
        raise ShapeError(f"write of {value} into {region} of {base}")
    if value.dtype != base.dtype:
        raise DTypeError(f"write of {value} into {region} of {base}")
    result: ArrayType = base
    return result


def concat(types: Types, attrs: Any) -> ArrayType:
    """Equal extents except along the axis, where they add up."""
    if not types or not 0 <= attrs.axis < types[0].ndim:
        listed = ", ".join(map(str, types)) or "nothing"
        raise ShapeError(f"cannot join {listed} on axis {attrs.axis}")
    first, axis = types[0], attrs.axis

    def rest(t: ArrayType) -> Shape:
        return t.shape[:axis] + t.shape[axis + 1 :]

    if any(rest(t) != rest(first) or t.dtype != first.dtype for t in types):
        raise ShapeError(f"cannot join {', '.join(map(str, types))} on axis {axis}")
    total = sum(t.sizes[axis] for t in types)
    shape = (*first.shape[:axis], total, *first.shape[axis + 1 :])
    return ArrayType(shape, first.dtype)


def reduce(types: Types, attrs: Any) -> ArrayType:
    """Reduced axes disappear, or leave one axis of partial results."""
    source, axes, block = types[0], attrs.axes, attrs.block
    if source.dtype.kind == "c":
        raise DTypeError(f"reduction of {source}, which has no order by blocks")
    is_ascending = list(axes) == sorted(set(axes))
    if not is_ascending or any(not 0 <= a < source.ndim for a in axes) or block < 0:
        raise ShapeError(f"cannot reduce {source} over axes {axes}")
    shape: list[Extent] = [d for a, d in enumerate(source.shape) if a not in axes]
    if block:
        if not axes or axes[-1] - axes[0] != len(axes) - 1:
            raise ShapeError(
                f"blocked reduction of {source} over scattered axes {axes}"
            )
        count = prod(source.sizes[a] for a in axes)
        shape.insert(axes[0], -(-count // block))
    return ArrayType(tuple(shape), source.dtype)


def reduce_logical(types: Types, attrs: Any) -> ArrayType:
    """As `reduce`, for bool operands only."""
    if types[0].dtype != BOOL:
        raise DTypeError(f"logical reduction of {types[0]}")
    return reduce(types, attrs)


def reduce_floating(types: Types, attrs: Any) -> ArrayType:
    """As `reduce`, for floating-point operands only."""
    if types[0].dtype.kind != "f":
        raise DTypeError(f"floating-point reduction of {types[0]}")
    return reduce(types, attrs)


def arg_reduce(types: Types, attrs: Any) -> ArrayType:
    """Drop the axis; positions are i64."""
    source = types[0]
    if not 0 <= attrs.axis < source.ndim:
        raise ShapeError(f"{source} has no axis {attrs.axis}")
    shape = source.shape[: attrs.axis] + source.shape[attrs.axis + 1 :]
    return ArrayType(shape, I64)


def matmul(types: Types, _attrs: Any) -> ArrayType:
    """Matrices in the last two axes; equal axes in front of them."""
    a, b = types
    fits = a.ndim == b.ndim >= 2 and a.shape[-1] == b.shape[-2]
    if not fits or a.shape[:-2] != b.shape[:-2]:
        raise ShapeError(f"cannot multiply matrices {a} and {b}")
    if a.dtype != b.dtype:
        raise DTypeError(f"cannot multiply matrices {a} and {b}")
    return ArrayType((*a.shape[:-1], b.shape[-1]), a.dtype)


def function(types: Types, attrs: Any) -> ArrayType:
    """Return the type of one result of a function of whole arrays."""
    row = FUNCTIONS.get(attrs.name)
    if row is None:
        raise DTypeError(f"there is no function {attrs.name!r}")
    try:
        result: ArrayType = row.infer(types, **dict(attrs.options))[attrs.output]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        if isinstance(error, LazydagError):
            raise
        listed = ", ".join(map(str, types))
        raise DTypeError(
            f"{attrs.name} of ({listed}) with {dict(attrs.options)}, "
            f"result {attrs.output}: {error}"
        ) from None
    return result


def kernel(_types: Types, attrs: Any) -> TupleType:
    """Return the types of the body's outputs."""
    return TupleType(tuple(n.type for n in attrs.body.outputs))


def get(types: Types, attrs: Any) -> Type:
    """One item of a tuple."""
    items: tuple[ArrayType, ...] = types[0].items
    if not 0 <= attrs.index < len(items):
        raise ShapeError(f"{len(items)} outputs have no output {attrs.index}")
    item: ArrayType = items[attrs.index]
    return item


def copy(types: Types, _attrs: Any) -> ArrayType:
    """Return the type of what is copied."""
    result: ArrayType = types[0]
    return result

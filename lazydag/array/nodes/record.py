"""Recording an elementwise function: promote, cast, broadcast, and make its node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from lazydag.array.nodes.broadcast import broadcast_shape, cast, listed, stretch
from lazydag.array.nodes.dtypes import PromotionType, default_dtype, name_of
from lazydag.array.nodes.rows import Loop, Meaning, Row
from lazydag.array.nodes.scalars import constant, fits, full
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import Op
from lazydag.ir.source import SourceLoc, caller_location
from lazydag.ir.types import BOOL, DTYPES, DType


@dataclass(frozen=True, slots=True)
class Weak:
    """A 0-d value that is a Python scalar to promotion: it has no width."""

    node: Node


Operand: TypeAlias = Node | Weak | bool | int | float | complex

_DTYPES = {dtype: dtype for dtype in DTYPES.values()}


def record(row: Row, *operands: Operand) -> Node:
    """Return the node of `row` applied to `operands`.

    Raises
    ------
    ShapeError
        If the shapes do not stretch to one.
    DTypeError
        If NumPy has no such function for these dtypes, or its result is of a dtype
        that lazydag has not.
    """
    return _computed(row, _loop_for(row, operands), operands)


def record_both(row: Row, second: Meaning, *operands: Operand) -> tuple[Node, Node]:
    """Return two results for the same operands: the row's, and another."""
    loop = _loop_for(row, operands)
    other = Loop(loop.ins, second)
    return _computed(row, loop, operands), _computed(row, other, operands)


def record_in(
    row: Row, signature: tuple[DType | None, ...], casting: Any, *operands: Operand
) -> Node:
    """Return the node of `row`, computed in the loop that `signature` asks for.

    Parameters
    ----------
    row : Row
        The function.
    signature : tuple of dtype or None
        Of the operands and results, None for any.
    casting : str
        What operands may be converted to, as `numpy.can_cast` names it.
    *operands : Operand
        The operands.
    """
    types = tuple([promotion_type(operand) for operand in operands])
    loop = _resolve(row, types, operands, signature=signature, casting=casting)
    return _computed(row, loop, operands)


def _loop_for(row: Row, operands: Sequence[Operand]) -> Loop:
    types = tuple([promotion_type(operand) for operand in operands])
    loop = row.loops.get(types)
    if loop is None:
        loop = row.loops[types] = _resolve(row, types, operands)
        _remember(row, loop, types)
    return loop


def _computed(row: Row, loop: Loop, operands: Sequence[Operand]) -> Node:
    source = caller_location()
    shapes = [shape_of(operand) for operand in operands]
    shape = broadcast_shape(row.verb, operands, shapes)
    decided = _out_of_range(row, loop, operands)
    if decided is not None:
        return full(decided, BOOL, shape)
    nodes = [
        materialise(operand, dtype, shape, source)
        for operand, dtype in zip(operands, loop.ins, strict=True)
    ]
    if isinstance(loop.meaning, Op):
        return make(loop.meaning, *nodes, source=source)
    return loop.meaning(nodes, source)


def record_unary(row: Row, x: Node) -> Node:
    """Return the node of `row` applied to `x`, fast where nothing is converted."""
    op = row.direct.get(x.type.dtype)
    if op is None:
        return record(row, x)
    return make(op, x, source=caller_location())


def record_binary(row: Row, x: Node, y: Node) -> Node:
    """Return the node of `row` applied to two nodes, fast if their types are one."""
    a, b = x.type, y.type
    if a.dtype is b.dtype and a.shape == b.shape:
        op = row.direct.get(a.dtype)
        if op is not None:
            return make(op, x, y, source=caller_location())
    return record(row, x, y)


def record_scalar(row: Row, x: Node, value: Any, *, reflected: bool) -> Node:
    """Return the node of `row` applied to `x` and a Python scalar, in either order."""
    dtype, kind = x.type.dtype, x.type.dtype.kind
    if kind == "f" or (kind in "iu" and value.__class__ is int and 0 <= value < 128):
        op = row.direct.get(dtype)
        if op is not None:
            source = caller_location()
            y = full(value, dtype, x.type.shape)
            pair = (y, x) if reflected else (x, y)
            return make(op, *pair, source=source)
    return record(row, value, x) if reflected else record(row, x, value)


_WEAK: dict[str, PromotionType] = {"i": int, "f": float, "c": complex}


def promotion_type(operand: Operand) -> PromotionType:
    """Return what promotion looks at."""
    if isinstance(operand, Node):
        dtype: DType = operand.type.dtype
        return dtype
    if isinstance(operand, Weak):
        return _WEAK[operand.node.type.dtype.kind]
    if isinstance(operand, bool):
        return BOOL
    return type(operand)


def shape_of(operand: Operand) -> tuple[int, ...]:
    """Return the shape; Python scalars have none."""
    if isinstance(operand, Node):
        shape: tuple[int, ...] = operand.type.shape
        return shape
    return ()


def materialise(
    operand: Operand, dtype: DType, shape: tuple[int, ...], source: SourceLoc | None
) -> Node:
    """Return `operand` as a node of this dtype and shape."""
    if isinstance(operand, Node):
        return stretch(cast(operand, dtype, source), shape, source)
    if isinstance(operand, Weak):
        return stretch(cast(operand.node, dtype, source), shape, source)
    return full(operand, dtype, shape)


def as_node(operand: Operand) -> Node:
    """Return a node of the operand's own dtype."""
    if isinstance(operand, Node):
        return operand
    if isinstance(operand, Weak):
        return operand.node
    return constant(operand, default_dtype(promotion_type(operand)))


def _resolve(
    row: Row,
    types: tuple[PromotionType, ...],
    operands: Sequence[Any],
    **options: Any,
) -> Loop:
    """Return NumPy's loop for operands of these types."""
    if all(isinstance(each, type) for each in types):  # Python numbers only
        types = tuple(map(default_dtype, types))
    try:
        results = [None] * row.ufunc.nout
        found = row.ufunc.resolve_dtypes((*types, *results), **options)
    except TypeError:
        raise DTypeError(
            f"cannot {row.verb.format(listed(operands))}: "
            f"NumPy's {row.ufunc.__name__} does not take {name_of(types)}",
            caller_location(),
            "Convert the operands first, such as with x.astype('int64').",
        ) from None
    strange = [dtype for dtype in found if dtype not in _DTYPES]
    if strange:
        raise DTypeError(
            f"cannot {row.verb.format(listed(operands))}: "
            f"NumPy computes it in {strange[0].name}, which is not supported",
            caller_location(),
            "Convert the operands to float32 or float64 first.",
        )
    ins = tuple(BOOL if row.asks_truth else _DTYPES[d] for d in found[: row.ufunc.nin])
    return Loop(ins, row.meaning_for(ins))


def _remember(row: Row, loop: Loop, types: tuple[PromotionType, ...]) -> None:
    """Let operands that need no conversion find their op at once."""
    if isinstance(loop.meaning, Op) and set(loop.ins) == {
        t for t in types if t in _DTYPES
    }:
        row.direct[loop.ins[0]] = loop.meaning


def _out_of_range(row: Row, loop: Loop, operands: Sequence[Operand]) -> bool | None:
    """Return the answer of a comparison with an int that the dtype cannot hold."""
    for i, (operand, dtype) in enumerate(zip(operands, loop.ins, strict=True)):
        if not isinstance(operand, int) or dtype.kind not in "iu":
            continue
        if row.compares and not fits(operand, dtype):
            sign = 1 if operand > 0 else -1
            return bool(row.ufunc(sign, 0) if i == 0 else row.ufunc(0, sign))
        if row.name == "power" and i == 1 and operand < 0:
            raise UsageError(
                "Integers to negative integer powers are not allowed",
                caller_location(),
                f"Write the exponent as {float(operand)}.",
            )
    return None

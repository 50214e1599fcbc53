"""Products of vectors, matrices and stacks of matrices."""

from __future__ import annotations

from math import prod
from typing import Any

from lazydag.array.nodes.broadcast import broadcast_shape, cast, mismatch, stretch
from lazydag.array.nodes.dtypes import common
from lazydag.array.nodes.move import (
    expand_dims,
    moveaxis,
    normal_axis,
    reshape,
    swapaxes,
)
from lazydag.array.nodes.record import record, record_unary
from lazydag.array.nodes.reduce import accumulated
from lazydag.array.nodes.rows import ROWS
from lazydag.errors import ShapeError
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.products import ROWS as TILE_ROWS
from lazydag.ir.source import caller_location

_VERB = "multiply matrices {}"


def matmul(x: Node, y: Node) -> Node:
    """Return the matrix product of the last two axes, stacked over the others.

    Raises
    ------
    ShapeError
        If the inner axes differ or the stacks do not broadcast.
    """
    x, y = brought_together(x, y)
    a, b = x.type.shape, y.type.shape
    if not a or not b:
        raise ShapeError(
            f"cannot multiply matrices {x.type} and {y.type}: one is a scalar",
            caller_location(),
            "Multiply by a scalar with *.",
        )
    inner = b[-1] if len(b) == 1 else b[-2]
    if a[-1] != inner:
        raise mismatch(_VERB, (x, y), len(a) - 1, a[-1], inner)
    if len(a) == len(b) == 1:
        return sum_of_products(x, y)
    if len(a) == 1:
        return _without(matmul(expand_dims(x, 0), y), -2)
    if len(b) == 1:
        return _without(matmul(x, expand_dims(y, 1)), -1)
    if len(b) == 2 < len(a) and a[-2] < TILE_ROWS:
        # One product of many rows, instead of many of few.
        rows = matmul(reshape(x, (prod(a[:-1]), a[-1])), y)
        return reshape(rows, (*a[:-1], b[-1]))
    source = caller_location()
    stack = broadcast_shape(_VERB, (x, y), (a[:-2], b[:-2]))
    left = stretch(x, (*stack, *a[-2:]), source)
    right = stretch(y, (*stack, *b[-2:]), source)
    return make(OPS["matmul"], left, right, source=source)


def dot(x: Node, y: Node) -> Node:
    """Return NumPy's dot: the last axis of `x` with the last but one of `y`."""
    if not x.type.shape or not y.type.shape:
        return record(ROWS["multiply"], x, y)
    if len(x.type.shape) <= 2 and len(y.type.shape) <= 2:
        return matmul(x, y)
    if len(y.type.shape) == 1:
        return matmul(x, y)
    return inner(x, swapaxes(y, -1, -2))


def inner(x: Node, y: Node) -> Node:
    """Return the sums of products over the last axes."""
    a, b = x.type.shape, y.type.shape
    if not a or not b:
        return record(ROWS["multiply"], x, y)
    if a[-1] != b[-1]:
        raise mismatch("take the inner product of {}", (x, y), len(a) - 1, a[-1], b[-1])
    rows = reshape(x, (prod(a[:-1]), a[-1]))
    columns = swapaxes(reshape(y, (prod(b[:-1]), b[-1])), 0, 1)
    return reshape(matmul(rows, columns), (*a[:-1], *b[:-1]))


def vecdot(x: Node, y: Node, axis: Any = -1) -> Node:
    """Return the sums of products along an axis, after broadcasting.

    The left one is conjugated.
    """
    places = [normal_axis(node, axis) for node in (x, y)]
    counts = [n.type.shape[i] for n, i in zip((x, y), places, strict=True)]
    if counts[0] != counts[1]:
        raise mismatch("take the products of {}", (x, y), places[0], *counts)
    if len(x.type.shape) != len(y.type.shape) and axis >= 0:
        x, y = (moveaxis(n, i, -1) for n, i in zip((x, y), places, strict=True))
        axis = -1
    if x.type.dtype.kind == "c":
        x = record_unary(ROWS["conjugate"], x)
    product = record(ROWS["multiply"], x, y)
    return accumulated("sum", product, axis, keepdims=False)


def outer(x: Node, y: Node) -> Node:
    """Return all products of an element of `x` with one of `y`, both flattened."""
    rows, columns = reshape(x, (-1, 1)), reshape(y, (1, -1))
    return record(ROWS["multiply"], rows, columns)


def sum_of_products(x: Node, y: Node) -> Node:
    """Return the inner product of two vectors: a reduction that fuses."""
    product = record(ROWS["multiply"], x, y)
    return accumulated("sum", product, -1, keepdims=False)


def brought_together(x: Node, y: Node) -> tuple[Node, Node]:
    """Return both with the dtype of the product."""
    dtype = common((x.type.dtype, y.type.dtype))
    source = caller_location()
    return cast(x, dtype, source), cast(y, dtype, source)


def _without(node: Node, axis: int) -> Node:
    shape = list(node.type.shape)
    del shape[axis]
    return reshape(node, tuple(shape))

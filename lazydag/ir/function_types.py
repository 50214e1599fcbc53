"""How the types of a function's results follow from those of its operands.

Each rule takes the operands' types and the function's options, and returns a type for
each result; a mistake is a `ShapeError` or a `DTypeError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lazydag.errors import DTypeError, ShapeError
from lazydag.ir.types import COMPLEX, I64, REAL, ArrayType, Shape

Types: TypeAlias = Sequence[ArrayType]
Results: TypeAlias = tuple[ArrayType, ...]
Sizes: TypeAlias = tuple[int, ...]


def same(types: Types, **_options: Any) -> Results:
    """Return the type of the first operand."""
    return (types[0],)


def positions(types: Types, **_options: Any) -> Results:
    """Return positions in the shape of the first operand."""
    return (ArrayType(types[0].shape, I64),)


def searched(types: Types, **_options: Any) -> Results:
    """Return a position for each element of the second operand."""
    if types[0].ndim != 1 or types[0].dtype != types[1].dtype:
        raise ShapeError(f"cannot search {types[1]} in {types[0]}")
    return (ArrayType(types[1].shape, I64),)


def reduced(types: Types, axes: tuple[int, ...], keepdims: bool) -> Results:
    """Drop the axes, or leave one element in each."""
    kept = [
        1 if i in axes else n
        for i, n in enumerate(types[0].shape)
        if keepdims or i not in axes
    ]
    return (ArrayType(tuple(kept), types[0].dtype),)


def transform(
    types: Types, n: int | None = None, axis: int = -1, norm: str = "backward"
) -> Results:
    """Return complex numbers, `n` along the axis."""
    del norm
    x = types[0]
    dtype = x.dtype if x.dtype in REAL else COMPLEX[x.dtype]
    return (ArrayType(_along(x, axis, x.sizes[axis] if n is None else n), dtype),)


def half_transform(
    types: Types, n: int | None = None, axis: int = -1, norm: str = "backward"
) -> Results:
    """Return complex numbers, half of `n` and one along the axis."""
    del norm
    x = types[0]
    if x.dtype not in COMPLEX:
        raise DTypeError(f"transform of {x}, which is not real")
    length = x.sizes[axis] if n is None else n
    return (ArrayType(_along(x, axis, length // 2 + 1), COMPLEX[x.dtype]),)


def real_transform(
    types: Types, n: int | None = None, axis: int = -1, norm: str = "backward"
) -> Results:
    """Return real numbers, `n` along the axis."""
    del norm
    x = types[0]
    length = 2 * (x.sizes[axis] - 1) if n is None else n
    return (ArrayType(_along(x, axis, length), REAL.get(x.dtype, x.dtype)),)


def transform_over(
    types: Types, s: Sizes, axes: tuple[int, ...], norm: str = "backward"
) -> Results:
    """Return complex numbers, `s` along the axes."""
    del norm
    x = types[0]
    return (ArrayType(_over(x, axes, s), COMPLEX.get(x.dtype, x.dtype)),)


def half_transform_over(
    types: Types, s: Sizes, axes: tuple[int, ...], norm: str = "backward"
) -> Results:
    """Return complex numbers, `s` along the axes; half and one along the last."""
    if types[0].dtype not in COMPLEX:
        raise DTypeError(f"transform of {types[0]}, which is not real")
    return transform_over(types, (*s[:-1], s[-1] // 2 + 1), axes, norm)


def real_transform_over(
    types: Types, s: Sizes, axes: tuple[int, ...], norm: str = "backward"
) -> Results:
    """Return real numbers, `s` along the axes."""
    del norm
    x = types[0]
    return (ArrayType(_over(x, axes, s), REAL.get(x.dtype, x.dtype)),)


def matrix(types: Types, **_options: Any) -> Results:
    """Return the type of a square matrix."""
    _check_square(types[0])
    return (types[0],)


def transposed(types: Types, **_options: Any) -> Results:
    """Return the type of the transposed matrix."""
    x = types[0]
    return (ArrayType((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype),)


def of_matrix(types: Types, **_options: Any) -> Results:
    """Return one number for each square matrix."""
    _check_square(types[0])
    return (ArrayType(types[0].shape[:-2], types[0].dtype),)


def sign_and_logarithm(types: Types, **_options: Any) -> Results:
    """Return one number for each square matrix, and a real one."""
    (sign,) = of_matrix(types)
    return sign, ArrayType(sign.shape, REAL.get(sign.dtype, sign.dtype))


def solution(types: Types, **_options: Any) -> Results:
    """Return the right-hand sides' type, with the stacks of both stretched."""
    a, b = types
    _check_square(a)
    rows = 1 if b.ndim == 1 else 2
    if b.ndim < 1 or b.shape[-rows] != a.shape[-1] or a.dtype != b.dtype:
        raise ShapeError(f"cannot solve {a} for {b}")
    stack = _stretched(a.sizes[:-2], b.sizes[:-rows], types)
    return (ArrayType((*stack, *b.shape[-rows:]), b.dtype),)


def eigenvalues(types: Types, **_options: Any) -> Results:
    """Return real numbers, one for each row."""
    x = types[0]
    _check_square(x)
    return (ArrayType(x.shape[:-1], REAL.get(x.dtype, x.dtype)),)


def eigen(types: Types, **_options: Any) -> Results:
    """Return real eigenvalues and a vector for each."""
    return *eigenvalues(types), types[0]


def complex_eigenvalues(types: Types, **_options: Any) -> Results:
    """Return complex numbers, one for each row."""
    x = types[0]
    _check_square(x)
    return (ArrayType(x.shape[:-1], COMPLEX.get(x.dtype, x.dtype)),)


def complex_eigen(types: Types, **_options: Any) -> Results:
    """Return complex eigenvalues and a vector for each."""
    (values,) = complex_eigenvalues(types)
    return values, ArrayType(types[0].shape, values.dtype)


def qr(types: Types, mode: str) -> Results:
    """Return an orthogonal and an upper triangular matrix."""
    x = types[0]
    *stack, m, n = x.sizes
    inner = m if mode == "complete" else min(m, n)
    shapes: tuple[Shape, ...] = ((*stack, m, inner), (*stack, inner, n))
    return tuple(ArrayType(shape, x.dtype) for shape in shapes)


def svd(types: Types, full: bool) -> Results:
    """Return left vectors, values and right vectors."""
    x = types[0]
    *stack, m, n = x.sizes
    k = min(m, n)
    left, right = (m, n) if full else (k, k)
    return (
        ArrayType((*stack, m, left), x.dtype),
        *singular_values(types),
        ArrayType((*stack, right, n), x.dtype),
    )


def singular_values(types: Types, **_options: Any) -> Results:
    """Return real numbers, as many as the shorter axis has."""
    x = types[0]
    shape = (*x.shape[:-2], min(x.sizes[-2:]))
    return (ArrayType(shape, REAL.get(x.dtype, x.dtype)),)


def _check_square(x: ArrayType) -> None:
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{x} is not a square matrix or a stack of them")


def _along(x: ArrayType, axis: int, length: int) -> Shape:
    shape = list(x.shape)
    shape[axis] = length
    return tuple(shape)


def _over(x: ArrayType, axes: tuple[int, ...], lengths: Sizes) -> Shape:
    shape = list(x.shape)
    for axis, length in zip(axes, lengths, strict=True):
        shape[axis] = length
    return tuple(shape)


def _stretched(a: tuple[int, ...], b: tuple[int, ...], types: Types) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        raise ShapeError(f"{' and '.join(map(str, types))} do not stretch") from None

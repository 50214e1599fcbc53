"""What errors say, and that they name the user's line."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lazydag as ld

WIDE = ld.asarray(np.zeros((8192, 4096), np.float32))
NARROW = ld.asarray(np.zeros(1024, np.float32))


def test_whole_message() -> None:
    with pytest.raises(ld.ShapeError) as caught:
        WIDE + NARROW
    first, place, *remedy = str(caught.value).splitlines()
    assert first == (
        "cannot add f32[8192,4096] and f32[1024]: axis 1 has 4096 and 1024 elements"
    )
    assert place.startswith("  at test_errors.py:")
    assert place.endswith("   WIDE + NARROW")
    assert remedy[0].startswith("  Axes are matched from the last one backwards")
    assert remedy[1].startswith("  Give both the same length there, or insert axes")


X = ld.asarray(np.zeros((2, 3)))
FLAGS = ld.asarray(np.array([True, False]))

CASES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: X * np.ones(2),
        ld.ShapeError,
        "cannot multiply f64[2,3] and f64[2]: axis 1",
    ),
    (lambda: np.ones(2) > X, ld.ShapeError, "cannot compare f64[2] and f64[2,3]"),
    (lambda: X @ X, ld.ShapeError, "cannot multiply matrices f64[2,3] and f64[2,3]"),
    (
        lambda: X.reshape(4, -1),
        ld.ShapeError,
        "cannot reshape f64[2,3] to shape (4, -1)",
    ),
    (
        lambda: X.sum(axis=2),
        ld.AxisError,
        "axis 2 is out of bounds for array of dimension 2, f64[2,3]",
    ),
    (lambda: X.sum(axis=(0, -2)), ld.AxisError, "duplicate value in axis (0, -2)"),
    (lambda: X[2], ld.AxisError, "index 2 is out of bounds for axis 0 with size 2"),
    (
        lambda: X[0, 0, 0],
        ld.AxisError,
        "too many indices for array: array is 2-dimensional",
    ),
    (lambda: X[1.5], ld.AxisError, "only integers, slices (`:`), ellipsis"),
    (
        lambda: ld.jit(lambda x: x[[0, 2]])(X),
        ld.BoundsError,
        "index 2 is out of bounds for axis 0 with size 2",
    ),
    (
        lambda: X[X],
        ld.BoundsError,
        "arrays used as indices must be of integer (or boolean) type",
    ),
    (
        lambda: X.transpose(0),
        ld.ShapeError,
        "axes (0,) do not permute those of f64[2,3]",
    ),
    (lambda: ld.squeeze(X, 0), ld.ShapeError, "cannot squeeze axis 0 of f64[2,3]"),
    (
        lambda: ld.concatenate([X, X.T]),
        ld.ShapeError,
        "cannot join f64[2,3] and f64[3,2] along axis 0: axis 1 has 3 and 2 elements",
    ),
    (lambda: ld.stack([X, X.T]), ld.ShapeError, "cannot stack f64[2,3] and f64[3,2]"),
    (lambda: ld.broadcast_to(X, (3, 2)), ld.ShapeError, "cannot broadcast f64[2,3]"),
    (lambda: X[:0].max(axis=0), ld.ShapeError, "zero-size array f64[0,3] to reduction"),
    (lambda: X[:0].argmin(0), ld.ShapeError, "attempt to get argmin of an empty"),
    (
        lambda: X & 1,
        ld.DTypeError,
        "cannot apply bitwise_and to f64[2,3] and 1: NumPy's",
    ),
    (
        lambda: FLAGS - FLAGS,
        ld.DTypeError,
        "cannot subtract bool[2] and bool[2]: NumPy's",
    ),
    (lambda: -FLAGS, ld.DTypeError, "cannot negate bool[2]"),
    (lambda: ld.sin(FLAGS), ld.DTypeError, "NumPy computes it in float16"),
    (lambda: ld.zeros(2, "f2"), ld.DTypeError, "dtype float16 is not supported"),
    (lambda: X.astype("wrong"), ld.DTypeError, "'wrong' is not a dtype"),
    (lambda: X.mean(dtype=int), ld.DTypeError, "a mean in int64 is not supported"),
    (lambda: ld.where(X), ld.UnsupportedError, "where with a condition alone"),
    (lambda: np.unpackbits(X), ld.UnsupportedError, "np.unpackbits is not supported"),
    (
        lambda: np.packbits(X),
        ld.UnsupportedError,
        "np.packbits is not supported on lazy",
    ),
    (lambda: np.add(X, 1, where=np.ones(3)), ld.DTypeError, "Cannot cast array data"),
    (lambda: np.add(X, 1j, dtype="f4"), ld.DTypeError, "cannot add"),
    (lambda: np.max(X, where=X > 0), ld.UsageError, "reduction operation 'maximum'"),
    (lambda: X.resize(6), ld.UnsupportedError, "a lazy array of shape (2, 3) cannot"),
    (lambda: ld.arange(1, 2, 0), ld.UsageError, "arange with a step of zero"),
    (lambda: ld.asarray(X, device="gpu"), ld.UsageError, "there is no device 'gpu'"),
]


@pytest.mark.parametrize(("act", "kind", "message"), CASES, ids=lambda v: str(v)[:40])
def test_message_and_line(
    act: Callable[[], Any], kind: type[ld.LazydagError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value).startswith(message) or message in caught.value.what
    assert caught.value.at is not None
    assert caught.value.at.file == __file__
    assert "lambda" in caught.value.at.text()

"""Which matrices are cut into tiles, and copies of them."""

import numpy as np
import pytest

import lazydag as ld
from lazydag.algorithms import program_of, tiling
from lazydag.ir.types import ArrayType


def f64(*shape):
    return ArrayType(shape, np.dtype(np.float64))


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (f64(320, 320), True),
        (f64(100_000, 1), False),
        (f64(100_001, 1), True),
        (f64(300, 300), False),
        (f64(2, 400, 400), False),
        (f64(100_000), False),
        (ArrayType((400, 400), np.dtype(np.complex128)), False),
        (ArrayType((400, 400), np.dtype(np.int64)), False),
    ],
    ids=str,
)
def test_large(matrix, expected):
    assert tiling.is_large(matrix) is expected


@pytest.mark.parametrize(
    ("name", "count", "options"),
    [
        ("qr", 1, {"mode": "reduced"}),
        ("cholesky", 1, {"upper": False}),
        ("solve", 2, {}),
    ],
)
def test_without_scipy_numpy_computes(monkeypatch, name, count, options):
    types = [f64(400, 400)] * count
    assert program_of(name, types, options) is not None
    monkeypatch.setattr(tiling, "_has_routines", lambda: False)
    assert program_of(name, types, options) is None


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "view", [lambda a: a, lambda a: a.T, lambda a: a[::-1, ::2], lambda a: a[:, :1]]
)
def test_copies(view, order):
    a = view(np.random.default_rng(0).standard_normal((70, 50)))
    b = np.full(a.shape, np.nan, order=order)
    with ld.datadeps():
        tiling.spawn_copy(a, b)
    np.testing.assert_array_equal(b, a)

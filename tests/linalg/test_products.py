"""Products, powers, norms and what follows from them, in the measure of rounding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import linalg

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import Case, cases
from tests.linalg.matrices import GENERAL, SYMMETRIC, random, rounding
from tests.linalg.ways import WAYS

L = ld.linalg
SHAPES = [
    *((1, 1, 1), (3, 5, 2), (1, 400, 1), (400, 1, 400), (0, 3, 2), (3, 0, 2)),
    *((333, 333, 333), (701, 257, 130), (5, 4999, 7), (4999, 3, 5), (1, 701, 517)),
]


def product_ratio(c: Any, a: Any, b: Any) -> float:
    """Return ``|C - A B| / (k |A| |B| eps)``, LAPACK's measure of products."""
    wide = residuals.wide(a) @ residuals.wide(b)
    size = residuals.norm(residuals.wide(a)) * residuals.norm(residuals.wide(b))
    return residuals.ratio(residuals.wide(c) - wide, size, a.shape[1], a.dtype)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_matmul(shape: tuple[int, int, int], dtype: type, way: str) -> None:
    m, k, n = shape
    a, b = random(m, k, dtype), random(k, n, dtype, 2)
    c = WAYS[way](L.matmul, a, b)
    assert (c.shape, c.dtype) == ((m, n), dtype)
    assert product_ratio(c, a, b) < residuals.THRESHOLD


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("way", WAYS)
def test_transposes_and_vectors(way: str, dtype: type) -> None:
    a, b = random(517, 333, dtype), random(517, 333, dtype, 2)
    found = WAYS[way](lambda a, b: (a.T @ b, a @ b.T, b.T @ a[:, 0], a[0] @ b.T), a, b)
    expected = (a.T @ b, a @ b.T, b.T @ a[:, 0], a[0] @ b.T)
    near = residuals.THRESHOLD * 517 * rounding(dtype)
    for each, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(each, other, atol=near * abs(other).max())


def test_stacks() -> None:
    a, b = random(60, 40, np.float64).reshape(3, 20, 40), random(40, 9, np.float64)
    np.testing.assert_allclose(L.matmul(a, b), a @ b, atol=1e-13)
    np.testing.assert_allclose(L.matmul(b.T, a.mT), b.T @ a.mT, atol=1e-13)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("n", [20, 401])
def test_nan_reaches_its_row_and_column_only(n: int, value: float) -> None:
    a, b = random(n, n, np.float64), random(n, n, np.float64, 2)
    clean = np.asarray(L.matmul(a, b))
    a[n // 2, 3] = value
    found = np.asarray(L.matmul(a, b))
    rows = np.arange(n) != n // 2
    np.testing.assert_array_equal(found[rows], clean[rows])
    assert not np.isfinite(found[n // 2]).any()


NUMPYS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "fro": (L.matrix_norm, np.linalg.norm),
    "nuc": (lambda a: L.matrix_norm(a, ord="nuc"), lambda a: np.linalg.norm(a, "nuc")),
    "1": (lambda a: L.matrix_norm(a, ord=1), lambda a: np.linalg.norm(a, 1)),
    "-1": (lambda a: L.matrix_norm(a, ord=-1), lambda a: np.linalg.norm(a, -1)),
    "2": (lambda a: L.matrix_norm(a, ord=2), lambda a: np.linalg.norm(a, 2)),
    "inf": (
        lambda a: L.matrix_norm(a, ord=np.inf),
        lambda a: np.linalg.norm(a, np.inf),
    ),
    "vector": (L.vector_norm, lambda a: np.linalg.norm(a.ravel())),
    "vectors": (lambda a: L.vector_norm(a, axis=0, ord=1), lambda a: abs(a).sum(0)),
    "trace": (L.trace, np.trace),
    "diagonal": (L.diagonal, np.diagonal),
    # Times one, as a transpose is a view, which sees later writes.
    "turned": (lambda a: L.matrix_transpose(a) * 1, np.matrix_transpose),
    "power": (lambda a: L.matrix_power(a, 3), lambda a: np.linalg.matrix_power(a, 3)),
    "outer": (lambda a: L.outer(a[0], a[1]), lambda a: np.outer(a[0], a[1])),
    "tensordot": (lambda a: L.tensordot(a, a, 2), lambda a: np.tensordot(a, a, 2)),
    "vecdot": (lambda a: L.vecdot(a, a), lambda a: np.vecdot(a, a)),
    "cross": (
        lambda a: L.cross(a[:, :3], a[:, 1:4]),
        lambda a: np.cross(a[:, :3], a[:, 1:4]),
    ),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("n", [8, 333])
@pytest.mark.parametrize("name", NUMPYS)
def test_numpys_results(name: str, n: int, dtype: Any) -> None:
    ours, theirs = NUMPYS[name]
    a = random(n, n, dtype)
    expected = np.asarray(theirs(a))
    near = residuals.THRESHOLD * n * rounding(dtype) * abs(expected).max()
    for way in WAYS.values():
        found = way(ours, a)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, atol=near)


@pytest.mark.parametrize("case", cases(GENERAL, ((5, 5),), ((319, 319),)), ids=str)
def test_cond(case: Case) -> None:
    a = case.matrix()
    with np.errstate(all="ignore"):
        found = float(case.call(L.cond, a))
        expected = float(np.linalg.cond(residuals.wide(a)))
    if expected < 0.01 / rounding(a.dtype):
        assert found == pytest.approx(expected, rel=0.2)
    else:
        assert found > 0.001 / rounding(a.dtype)


@pytest.mark.parametrize("n", [8, 333])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_powers(n: int, dtype: type) -> None:
    a = np.eye(n, dtype=dtype) + random(n, n, dtype) / (2 * n)
    found, inverse = (np.asarray(L.matrix_power(a, k)) for k in (5, -5))
    near = residuals.THRESHOLD * n * rounding(dtype)
    np.testing.assert_allclose(found, np.linalg.matrix_power(a, 5), atol=near)
    np.testing.assert_allclose(found @ inverse, np.eye(n), atol=near)


@pytest.mark.parametrize("case", cases(SYMMETRIC, ((20, 20),), ((319, 319),)), ids=str)
def test_expm(case: Case) -> None:
    a = case.matrix()
    size = residuals.norm(residuals.wide(a))
    a = (a / size * 2).astype(a.dtype) if size else a
    found = case.call(L.expm, a)
    wide = linalg.expm(residuals.wide(a))
    assert found.dtype == a.dtype
    made = residuals.ratio(found - wide, residuals.norm(wide), len(a), a.dtype)
    assert made < residuals.THRESHOLD


@pytest.mark.parametrize("n", [20, 401])
def test_the_inverse_of_an_exponential(n: int) -> None:
    a = random(n, n, np.float64) * (4 / n)
    found = np.asarray(L.expm(a) @ L.expm(-a))
    np.testing.assert_allclose(found, np.eye(n), atol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_greatest_singular_values(dtype: type) -> None:
    """Random samples find a low rank exactly, and its vectors are orthonormal."""
    a = random(901, 9, dtype) @ random(9, 403, dtype, 2)
    u, s, vh = map(np.asarray, ld.compute(*L.svd(a, k=9)))
    assert residuals.product(a, u * s, vh) < residuals.THRESHOLD
    assert residuals.orthogonality(u) < residuals.THRESHOLD
    assert residuals.orthogonality(vh.T) < residuals.THRESHOLD
    expected = np.linalg.svdvals(residuals.wide(a))[:9]
    assert residuals.values(expected, s, 901) < residuals.THRESHOLD

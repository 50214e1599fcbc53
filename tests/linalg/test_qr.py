"""QR factors of LAPACK's matrices, in LAPACK's measure."""

import numpy as np
import pytest

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import OBLONG, ONCE, TILED_OBLONG, Case, cases
from tests.linalg.matrices import GENERAL, random

MODES = ["reduced", "complete"]


@pytest.mark.parametrize("case", cases(GENERAL, OBLONG, TILED_OBLONG), ids=str)
def test_reduced(case: Case) -> None:
    a = case.matrix()
    q, r = case.call(ld.linalg.qr, a)
    (m, n), k = a.shape, min(a.shape)
    assert (q.shape, r.shape) == ((m, k), (k, n))
    assert q.dtype == r.dtype == a.dtype
    assert not np.tril(r, -1).any()
    assert residuals.product(a, q, r) < residuals.THRESHOLD
    assert residuals.orthogonality(q) < residuals.THRESHOLD


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3, 7), (7, 3), (517, 259), (259, 517)])
def test_complete(shape: tuple[int, int], dtype: type) -> None:
    a = random(*shape, dtype)
    q, r = map(np.asarray, ld.linalg.qr(a, mode="complete"))
    assert (q.shape, r.shape) == ((shape[0], shape[0]), shape)
    assert not np.tril(r, -1).any()
    assert residuals.product(a, q, r) < residuals.THRESHOLD
    assert residuals.orthogonality(q) < residuals.THRESHOLD


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tall(dtype: type) -> None:
    a = random(12_001, 64, dtype)
    q, r = map(np.asarray, ld.linalg.qr(a))
    assert residuals.product(a, q, r) < 1
    assert residuals.orthogonality(q) < 1


def test_large() -> None:
    (shape,) = ONCE
    q, r = map(np.asarray, ld.linalg.qr(a := random(*shape, np.float64)))
    assert residuals.product(a, q, r) < 1
    assert residuals.orthogonality(q) < 1


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 3)])
@pytest.mark.parametrize("mode", MODES)
def test_no_elements(shape: tuple[int, int], mode: str) -> None:
    a = np.zeros(shape)
    expected = np.linalg.qr(a, mode)  # type: ignore[call-overload]
    found = ld.linalg.qr(a, mode=mode)
    assert [f.shape for f in found] == [e.shape for e in expected]
    np.testing.assert_array_equal(found.Q, expected[0])

"""Singular values and vectors of LAPACK's matrices, in LAPACK's measure."""

import numpy as np
import pytest

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import OBLONG, Case, cases
from tests.linalg.matrices import GENERAL, random, rounding

TILED = ((319, 319), (407, 251), (251, 407), (2999, 37))


@pytest.mark.parametrize("case", cases(GENERAL, OBLONG, TILED), ids=str)
def test_reduced(case: Case) -> None:
    a = case.matrix()
    u, s, vh = case.call(lambda a: ld.linalg.svd(a, full_matrices=False), a)
    (m, n), k = a.shape, min(a.shape)
    assert (u.shape, s.shape, vh.shape) == ((m, k), (k,), (k, n))
    assert u.dtype == vh.dtype == a.dtype
    assert s.dtype == a.real.dtype
    assert (s >= 0).all()
    assert (s[:-1] >= s[1:]).all()
    assert residuals.product(a, u * s, vh) < residuals.THRESHOLD
    assert residuals.orthogonality(u) < residuals.THRESHOLD
    assert residuals.orthogonality(vh.conj().T) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(GENERAL, ((20, 20),), TILED), ids=str)
def test_svdvals(case: Case) -> None:
    a = case.matrix()
    found = case.call(ld.linalg.svdvals, a)
    expected = np.linalg.svdvals(residuals.wide(a))
    assert found.dtype == a.real.dtype
    assert residuals.values(expected, found, max(a.shape)) < residuals.THRESHOLD


@pytest.mark.parametrize("shape", [(7, 3), (3, 7), (401, 257)])
def test_full(shape: tuple[int, int]) -> None:
    a, (m, n) = random(*shape, np.float64), shape
    u, s, vh = map(np.asarray, ld.linalg.svd(a))
    assert (u.shape, vh.shape) == ((m, m), (n, n))
    k = min(shape)
    assert residuals.product(a, u[:, :k] * s, vh[:k]) < residuals.THRESHOLD
    assert residuals.orthogonality(u) < residuals.THRESHOLD
    assert residuals.orthogonality(vh.T) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(GENERAL, ((7, 3),), ((401, 257),)), ids=str)
def test_pinv(case: Case) -> None:
    a = case.matrix()
    found = case.call(ld.linalg.pinv, a)
    assert (found.shape, found.dtype) == (a.shape[::-1], a.dtype)
    rank, top = int(ld.linalg.matrix_rank(a)), float(np.linalg.norm(a, 2))
    if rank:  # Penrose: a @ found @ a is a, up to what was dropped
        gap = residuals.wide(a) @ residuals.wide(found) @ residuals.wide(a) - a
        least = np.linalg.svdvals(residuals.wide(a))[rank - 1]
        eps = residuals.THRESHOLD * max(a.shape) * rounding(a.dtype)
        assert np.linalg.norm(gap, 2) <= eps * top * top / least + eps * top


@pytest.mark.parametrize("n", [20, 401])
def test_rank(n: int) -> None:
    for name, rank in (("zero", 0), ("ones", 1), ("half rank", -(-n // 2))):
        assert int(ld.linalg.matrix_rank(GENERAL[name](n, n, np.float64))) == rank
    assert int(ld.linalg.matrix_rank(GENERAL["condition 2"](n, n, np.float32))) == n

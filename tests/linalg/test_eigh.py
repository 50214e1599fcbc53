"""Eigenvalues and eigenvectors of LAPACK's matrices, in LAPACK's measure."""

import numpy as np
import pytest

import lazydag as ld
from tests.linalg import residuals
from tests.linalg.cases import SQUARE, Case, cases
from tests.linalg.matrices import SYMMETRIC, random

TILED = ((319, 319), (343, 343))


@pytest.mark.parametrize("case", cases(SYMMETRIC, SQUARE, TILED), ids=str)
def test_eigh(case: Case) -> None:
    a = case.matrix()
    values, vectors = case.call(ld.linalg.eigh, a)
    assert values.dtype == a.real.dtype
    assert vectors.dtype == a.dtype
    assert (values[:-1] <= values[1:]).all()
    made = residuals.product(a, vectors * values, vectors.conj().T)
    assert made < residuals.THRESHOLD
    assert residuals.orthogonality(vectors) < residuals.THRESHOLD


@pytest.mark.parametrize("case", cases(SYMMETRIC, ((20, 20),), TILED), ids=str)
def test_eigvalsh(case: Case) -> None:
    a = case.matrix()
    found = case.call(ld.linalg.eigvalsh, a)
    expected = np.linalg.eigvalsh(residuals.wide(a))
    assert found.dtype == a.real.dtype
    assert residuals.values(expected, found, len(a)) < residuals.THRESHOLD


def test_only_one_triangle_is_read() -> None:
    a = SYMMETRIC["alternating"](340, 340, np.float64)
    half = np.where(np.tri(340, dtype=bool), a, np.nan)
    values, _ = map(np.asarray, ld.linalg.eigh(half))
    expected = np.linalg.eigvalsh(a)
    assert residuals.values(expected, values, 340) < residuals.THRESHOLD


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("n", [1, 5, 40])
def test_eig(n: int, dtype: type) -> None:
    a = random(n, n, dtype)
    values, vectors = map(np.asarray, ld.linalg.eig(a))
    wide = residuals.wide(vectors)
    gap = residuals.wide(a) @ wide - wide * values
    size = residuals.norm(a) * residuals.norm(wide)
    assert residuals.ratio(gap, size, n, a.dtype) < residuals.THRESHOLD
    found = np.sort_complex(np.asarray(ld.linalg.eigvals(a)))
    np.testing.assert_allclose(found, np.sort_complex(values), rtol=1e-4)

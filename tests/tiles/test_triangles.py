"""potrf, trsm, trtri and lauum against NumPy, in all orders, with all flags."""

import numpy as np
import pytest

from lazydag.errors import LinAlgError
from lazydag.tiles import check_diagonal, lauum, potrf, trsm, trtri
from tests.tiles.tiles import (
    ORDERS,
    Placed,
    assert_near,
    definite,
    dominant,
    f64,
    flags,
    orders,
    random,
)


def keep(lower):
    return np.tril if lower else np.triu


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_potrf(order, n, dtype, rng):
    for (lower,) in flags(1):
        full = definite(rng, n, dtype)
        values = np.where(keep(lower)(np.ones((n, n), bool)), full, np.nan)
        A = Placed(values.astype(dtype), order, keep(lower))
        potrf(A.tile, lower=lower)
        factor = keep(lower)(f64(np.nan_to_num(A.tile)))
        product = factor @ factor.T if lower else factor.T @ factor
        assert_near(product.astype(dtype), f64(full))
        A.check()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("lower", [False, True])
def test_not_positive_definite(order, lower, dtype):
    a = np.eye(5, dtype=dtype)
    a[3, 3] = -1.0
    tile = np.array(a, order=order)
    with pytest.raises(LinAlgError, match="minor of order 4 is not positive") as caught:
        potrf(tile, lower=lower)
    assert caught.value.code == 4
    assert caught.value.kernel == "potrf"
    assert "test_triangles.py" in str(caught.value)
    with pytest.raises(np.linalg.LinAlgError):
        potrf(np.array(a, order=order), lower=lower)


@pytest.mark.parametrize("kinds", orders(2), ids="".join)
@pytest.mark.parametrize(("m", "n"), [(5, 7), (7, 5), (1, 4), (4, 1), (1, 1), (0, 3)])
def test_trsm(kinds, m, n, dtype, rng):
    for left, lower, trans, unit in flags(4):
        a = dominant(rng, m if left else n, dtype)
        if unit:
            a /= 3 * len(a)
        b = random(rng, (m, n), dtype)
        factor = keep(lower)(f64(a), (-1 if lower else 1) * unit)
        factor += np.eye(len(a)) * unit
        hidden = np.where(
            (factor == 0) | (unit & np.eye(len(a), dtype=bool)), np.nan, a
        )
        A = Placed(hidden.astype(dtype), kinds[0], np.zeros_like)
        B = Placed(b, kinds[1])
        side = "L" if left else "R"
        trsm(
            *(A.tile, B.tile),
            side=side,
            lower=lower,
            trans=trans,
            unit=unit,
            alpha=2.0,
        )
        op = factor.T if trans else factor
        x = f64(B.tile)
        assert_near((op @ x if left else x @ op).astype(dtype), 2.0 * f64(b))
        A.check()
        B.check()


def test_trsm_by_zero_gives_infinity(dtype):
    b = np.ones((2, 1), dtype)
    trsm(np.array([[0.0, 0.0], [0.0, 1.0]], dtype), b)
    assert np.isinf(b[0, 0])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("n", [0, 1, 2, 7, 40])
def test_trtri(order, n, dtype, rng):
    for lower, unit in flags(2):
        a = dominant(rng, n, dtype)
        part = {
            (False, False): np.triu,
            (True, False): np.tril,
            (False, True): lambda x: np.triu(x, 1),
            (True, True): lambda x: np.tril(x, -1),
        }[lower, unit]
        if unit:
            a /= 3 * max(1, n)
        A = Placed(a, order, part)
        trtri(A.tile, lower=lower, unit=unit)
        ones = np.eye(n) * unit
        product = (part(f64(A.tile)) + ones) @ (part(f64(a)) + ones)
        assert_near(product.astype(dtype), np.eye(n))
        A.check()


@pytest.mark.parametrize("order", ORDERS)
def test_trtri_of_a_singular_matrix(order, dtype):
    a = np.eye(4, dtype=dtype)
    a[2, 2] = 0.0
    a = np.array(a, order=order)
    with pytest.raises(LinAlgError, match="diagonal element 2 is exactly zero"):
        trtri(a)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("n", [0, 1, 2, 7, 40])
def test_lauum(order, n, dtype, rng):
    for (lower,) in flags(1):
        a = random(rng, (n, n), dtype)
        A = Placed(a, order, keep(lower))
        lauum(A.tile, lower=lower)
        factor = keep(lower)(f64(a))
        product = factor.T @ factor if lower else factor @ factor.T
        assert_near(keep(lower)(A.tile), keep(lower)(product))
        A.check()


def test_empty_potrf(dtype):
    for order in ORDERS:
        potrf(np.empty((0, 0), dtype, order))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_zeros_on_the_diagonal(order, zero, dtype):
    a = np.array(np.tri(6, dtype=dtype), order=order)
    a[5, 5] = np.nan
    check_diagonal(a)
    a[4, 4] = a[2, 2] = zero
    with pytest.raises(LinAlgError, match="diagonal element 2 is exactly zero"):
        check_diagonal(a)
    check_diagonal(a[:2, :2])
    check_diagonal(np.empty((0, 0), dtype))

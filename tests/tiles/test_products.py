"""gemm, symm, syrk and trmm against NumPy, in all orders, with all flags."""

import itertools

import numpy as np
import pytest

from lazydag.errors import UsageError
from lazydag.tiles import gemm, symm, syrk, trmm
from tests.tiles.tiles import (
    Placed,
    assert_near,
    definite,
    dominant,
    f64,
    flags,
    orders,
    random,
)

SCALARS = ((1.0, 1.0), (-1.0, 1.0), (2.5, 0.0), (0.0, 0.5), (1.5, -0.5))
SIZES = ((5, 7, 3), (1, 6, 4), (6, 1, 4), (4, 5, 1), (1, 1, 1), (9, 9, 9))


@pytest.mark.parametrize("kinds", orders(3), ids="".join)
@pytest.mark.parametrize(("m", "n", "k"), SIZES)
def test_gemm(kinds, m, n, k, dtype, rng):
    for trans_a, trans_b in flags(2):
        for alpha, beta in SCALARS:
            a = random(rng, (k, m) if trans_a else (m, k), dtype)
            b = random(rng, (n, k) if trans_b else (k, n), dtype)
            c = random(rng, (m, n), dtype)
            A, B = (
                Placed(a, kinds[0], np.zeros_like),
                Placed(b, kinds[1], np.zeros_like),
            )
            C = Placed(c, kinds[2])
            gemm(
                *(A.tile, B.tile, C.tile),
                alpha=alpha,
                beta=beta,
                trans_a=trans_a,
                trans_b=trans_b,
            )
            left = f64(a.T if trans_a else a)
            right = f64(b.T if trans_b else b)
            assert_near(C.tile, alpha * left @ right + beta * f64(c))
            for placed in (A, B, C):
                placed.check()


@pytest.mark.parametrize("kinds", orders(2), ids="".join)
@pytest.mark.parametrize(("m", "n"), [(5, 7), (7, 5), (1, 4), (4, 1), (1, 1)])
def test_symm(kinds, m, n, dtype, rng):
    for lower, left in flags(2):
        for alpha, beta in SCALARS:
            full = definite(rng, m if left else n, dtype)
            keep = np.tril if lower else np.triu
            a = np.where(keep(np.ones_like(full, bool)), full, np.nan).astype(dtype)
            b, c = random(rng, (m, n), dtype), random(rng, (m, n), dtype)
            A, B = (
                Placed(a, kinds[0], np.zeros_like),
                Placed(b, kinds[1], np.zeros_like),
            )
            C = Placed(c, kinds[1])
            side = "L" if left else "R"
            symm(
                *(A.tile, B.tile, C.tile),
                side=side,
                lower=lower,
                alpha=alpha,
                beta=beta,
            )
            product = f64(full) @ f64(b) if left else f64(b) @ f64(full)
            assert_near(C.tile, alpha * product + beta * f64(c))
            for placed in (A, B, C):
                placed.check()


def test_symm_in_two_orders(rng):
    a, b = np.eye(3), np.asfortranarray(random(rng, (3, 3), float))
    with pytest.raises(UsageError, match=r"b, f64.*c, f64.*different orders"):
        symm(a, b, np.zeros((3, 3)))


@pytest.mark.parametrize("kinds", orders(2), ids="".join)
@pytest.mark.parametrize(("n", "k"), [(5, 7), (7, 5), (1, 4), (4, 1), (1, 1)])
def test_syrk(kinds, n, k, dtype, rng):
    for lower, trans in flags(2):
        keep = np.tril if lower else np.triu
        for alpha, beta in SCALARS:
            a = random(rng, (k, n) if trans else (n, k), dtype)
            c = random(rng, (n, n), dtype)
            A, C = Placed(a, kinds[0], np.zeros_like), Placed(c, kinds[1], keep)
            syrk(A.tile, C.tile, alpha=alpha, beta=beta, lower=lower, trans=trans)
            x = f64(a.T if trans else a)
            expected = alpha * x @ x.T + beta * f64(c)
            assert_near(keep(C.tile), keep(expected))
            A.check()
            C.check()


@pytest.mark.parametrize("kinds", orders(2), ids="".join)
@pytest.mark.parametrize(("m", "n"), [(5, 7), (7, 5), (1, 4), (4, 1), (1, 1)])
def test_trmm(kinds, m, n, dtype, rng):
    for left, lower, trans, unit in flags(4):
        a = dominant(rng, m if left else n, dtype)
        b = random(rng, (m, n), dtype)
        factor = (np.tril if lower else np.triu)(f64(a), (-1 if lower else 1) * unit)
        factor += np.eye(len(a)) * unit
        # What must not be read is not a number.
        hidden = np.where(
            (factor == 0) | (unit & np.eye(len(a), dtype=bool)), np.nan, a
        )
        A = Placed(hidden.astype(dtype), kinds[0], np.zeros_like)
        B = Placed(b, kinds[1])
        side = "L" if left else "R"
        trmm(
            *(A.tile, B.tile),
            side=side,
            lower=lower,
            trans=trans,
            unit=unit,
            alpha=-0.5,
        )
        op = factor.T if trans else factor
        assert_near(B.tile, -0.5 * (op @ f64(b) if left else f64(b) @ op))
        A.check()
        B.check()


@pytest.mark.parametrize(("m", "n", "k"), [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 0, 0)])
def test_empty(m, n, k, dtype):
    for kinds in orders(3):
        a, b = np.ones((m, k), dtype, kinds[0]), np.ones((k, n), dtype, kinds[1])
        c = np.ones((m, n), dtype, kinds[2])
        gemm(a, b, c, beta=0.5)
        assert (c == 0.5).all()
    c = np.ones((n, n), dtype)
    syrk(np.ones((n, k), dtype), c)
    assert (np.tril(c) == (1.0 + k) * np.tril(np.ones((n, n)))).all()
    trmm(np.ones((m, m), dtype), np.ones((m, n), dtype))
    symm(np.ones((m, m), dtype), np.ones((m, n), dtype), np.ones((m, n), dtype))


def test_not_a_number_spreads(dtype):
    for kind, trans in itertools.product("CF", (False, True)):
        a, b = np.ones((4, 4), dtype, kind), np.ones((4, 4), dtype)
        a[1, 2] = np.nan
        c = np.zeros((4, 4), dtype)
        gemm(a, b, c, trans_a=trans)
        assert np.isnan(c[2 if trans else 1]).all()
        assert np.isnan(c).sum() == 4


def test_beta_zero_overwrites_what_is_not_a_number(dtype):
    c = np.full((3, 3), np.nan, dtype)
    gemm(np.eye(3, dtype=dtype), np.eye(3, dtype=dtype), c, beta=0.0)
    assert (c == np.eye(3)).all()

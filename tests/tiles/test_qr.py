"""QR by panels and by tiles: what is factorised comes back, and q is orthogonal."""

import numpy as np
import pytest

from lazydag.errors import ShapeError, UsageError
from lazydag.tiles import gemqrt, geqrf, geqrt, larfb, larft, tpmqrt, tpqrt
from tests.tiles.tiles import (
    ORDERS,
    Placed,
    assert_near,
    f64,
    flags,
    orders,
    random,
)

SIZES = ((6, 6), (9, 4), (40, 35), (5, 1), (1, 1))


def below(x):
    return np.tril(x, -1)


def placed_t(nb, k, dtype):
    return Placed(np.zeros((nb, k), dtype), "F")


def apply(operation, q_parts, matrices, order, left, trans):
    """Apply q in place to copies of matrices in an order, and return them."""
    places = [Placed(matrix, order) for matrix in matrices]
    tiles = [place.tile for place in places]
    operation(*q_parts, *tiles, side="L" if left else "R", trans=trans)
    for place in places:
        place.check()
    return [f64(tile) for tile in tiles]


def matrix_of_q(operation, q_parts, n, dtype):
    (q,) = apply(operation, q_parts, [np.eye(n, dtype=dtype)], "F", True, False)
    return q


def check_products(operation, q_parts, q, m, dtype, rng):
    """Hold products with q against those with its matrix."""
    for order in ORDERS:
        for left, trans in flags(2):
            c = random(rng, (m, 5) if left else (5, m), dtype)
            (found,) = apply(operation, q_parts, [c], order, left, trans)
            op = q.T if trans else q
            expected = op @ f64(c) if left else f64(c) @ op
            assert_near(found.astype(dtype), expected)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("m", "n"), [*SIZES, (4, 9)])
def test_geqrf(order, m, n, dtype, rng):
    a = random(rng, (m, n), dtype)
    p = min(m, n)
    A, tau = Placed(a, order), np.zeros(p, dtype)
    geqrf(A.tile, tau)
    A.check()
    V = Placed(A.tile[:, :p], order, np.zeros_like)
    T = Placed(np.full((p, p), 7.0, dtype), "F", np.triu)
    larft(V.tile, tau, T.tile)
    T.check()
    q = matrix_of_q(larfb, (V.tile, T.tile), m, dtype)
    V.check()
    assert_near((q.T @ q).astype(dtype), np.eye(m))
    assert_near((q @ np.triu(f64(A.tile))).astype(dtype), f64(a))
    check_products(larfb, (V.tile, T.tile), q, m, dtype, rng)


def test_both_orders_give_the_same_factors(dtype, rng):
    a = random(rng, (8, 5), dtype)
    found = []
    for order in ORDERS:
        tile, tau = np.array(a, order=order), np.zeros(5, dtype)
        geqrf(tile, tau)
        found.append((tile, tau))
    for one, other in zip(*found, strict=True):
        assert_near(one, f64(other))


@pytest.mark.parametrize(("m", "n"), [*SIZES, (4, 9)])
def test_geqrt(m, n, dtype, rng):
    p = min(m, n)
    for nb in {1, 2, p // 2, p} - {0}:
        if nb > p:
            continue
        a = random(rng, (m, n), dtype)
        A, T = Placed(a, "F"), placed_t(nb, p, dtype)
        geqrt(A.tile, T.tile)
        A.check()
        T.check()
        V = Placed(A.tile[:, :p], "F", np.zeros_like)
        q = matrix_of_q(gemqrt, (V.tile, T.tile), m, dtype)
        V.check()
        assert_near((q.T @ q).astype(dtype), np.eye(m))
        assert_near((q @ np.triu(f64(A.tile))).astype(dtype), f64(a))
        check_products(gemqrt, (V.tile, T.tile), q, m, dtype, rng)


@pytest.mark.parametrize(("m", "n"), [(6, 4), (4, 6), (5, 5), (1, 3), (3, 1)])
def test_tpqrt(m, n, dtype, rng):
    for trapezoid in {0, min(m, n)}:
        top = np.triu(random(rng, (n, n), dtype))
        bottom = random(rng, (m, n), dtype)
        if trapezoid:
            first = m - trapezoid
            bottom[first:] = np.triu(bottom[first:])
        A, B = Placed(top, "F", np.triu), Placed(bottom, "F")
        T = placed_t(min(2, n), n, dtype)
        tpqrt(A.tile, B.tile, T.tile, trapezoid=trapezoid)
        for place in (A, B, T):
            place.check()
        parts = (B.tile, T.tile)
        q = stacked_q(parts, m, n, trapezoid, dtype)
        assert_near((q.T @ q).astype(dtype), np.eye(m + n))
        r = np.vstack([np.triu(f64(A.tile)), np.zeros((m, n))])
        assert_near((q @ r).astype(dtype), f64(np.vstack([top, bottom])))
        check_stacked(parts, q, (m, n), trapezoid, dtype, rng)


def stacked_q(parts, m, n, trapezoid, dtype):
    eye = np.eye(m + n, dtype=dtype)
    a, b = np.asfortranarray(eye[:n]), np.asfortranarray(eye[n:])
    tpmqrt(*parts, a, b, trapezoid=trapezoid)
    return f64(np.vstack([a, b]))


def check_stacked(parts, q, sizes, trapezoid, dtype, rng):
    m, n = sizes
    for order in ORDERS:
        for left, trans in flags(2):
            shapes = [(n, 3), (m, 3)] if left else [(3, n), (3, m)]
            values = [random(rng, shape, dtype) for shape in shapes]
            places = [Placed(value, order) for value in values]
            tpmqrt(
                *parts,
                *(place.tile for place in places),
                side="L" if left else "R",
                trans=trans,
                trapezoid=trapezoid,
            )
            for place in places:
                place.check()
            join = np.vstack if left else np.hstack
            op, c = q.T if trans else q, f64(join(values))
            found = join([place.tile for place in places])
            assert_near(found, op @ c if left else c @ op)


def test_orders_that_cannot_be(rng):
    a, t = random(rng, (4, 3), float), np.zeros((2, 3), order="F")
    with pytest.raises(UsageError, match=r"a, .* lies in memory by rows"):
        geqrt(a, t)
    with pytest.raises(UsageError, match=r"t, .* lies in memory by rows"):
        geqrt(np.asfortranarray(a), np.zeros((2, 3)))
    v = np.asfortranarray(a)
    with pytest.raises(UsageError, match="different orders"):
        tpmqrt(v, t, np.zeros((3, 5)), np.zeros((4, 5), order="F"))


def test_sizes_that_cannot_be():
    a = np.zeros((4, 3), order="F")
    with pytest.raises(ShapeError, match="t has 4 rows, for 3 reflectors"):
        geqrt(a, np.zeros((4, 3), order="F"))
    with pytest.raises(ShapeError, match="4 reflectors of 3 elements"):
        larft(a.T, np.zeros(4), np.zeros((4, 4), order="F"))
    with pytest.raises(ShapeError, match="trapezoid is 4"):
        tpqrt(
            np.zeros((3, 3), order="F"),
            a,
            np.zeros((1, 3), order="F"),
            trapezoid=4,
        )


@pytest.mark.parametrize(("m", "n"), [(0, 3), (3, 0), (0, 0)])
def test_empty(m, n, dtype):
    for order in ORDERS:
        geqrf(np.empty((m, n), dtype, order), np.empty(0, dtype))
    a, t = np.empty((m, n), dtype, "F"), np.empty((1, 0), dtype, "F")
    geqrt(a, t)
    for kinds in orders(2):
        v, c = np.empty((3, 0), dtype, kinds[0]), np.ones((3, 2), dtype, kinds[1])
        larft(v, np.empty(0, dtype), np.empty((0, 0), dtype, "F"))
        larfb(v, np.empty((0, 0), dtype, "F"), c)
        assert (c == 1).all()
    gemqrt(np.empty((3, 0), dtype, "F"), t, np.ones((3, 2), dtype))
    r = np.triu(np.ones((n, n), dtype)).copy("F")
    tpqrt(r, np.empty((0, n), dtype, "F"), np.empty((1, n), dtype, "F"))

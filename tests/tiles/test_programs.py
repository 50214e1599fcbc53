"""Factorisations of whole matrices, as sequential programs on tiles."""

import numpy as np
import pytest
from scipy import linalg

from lazydag.tiles import (
    gemm,
    gemqrt,
    geqrf,
    geqrt,
    getrf,
    larfb,
    larft,
    laswp,
    lauum,
    potrf,
    syrk,
    tpmqrt,
    tpqrt,
    trmm,
    trsm,
    trtri,
)
from tests.tiles.tiles import ORDERS, assert_near, definite, f64, random


def tiles(a, nb):
    """Return the views that cut a matrix; the last ones may be smaller."""
    m, n = a.shape
    return [
        [a[i : i + nb, j : j + nb] for j in range(0, n, nb)] for i in range(0, m, nb)
    ]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("n", "nb"), [(40, 10), (45, 10), (7, 10)])
def test_cholesky(order, n, nb, dtype, rng):
    source = definite(rng, n, dtype)
    a = np.array(source, order=order)
    M = tiles(a, nb)
    mt = len(M)
    for k in range(mt):
        potrf(M[k][k])
        for m in range(k + 1, mt):
            trsm(M[k][k], M[m][k], side="R", trans=True)
        for j in range(k + 1, mt):
            syrk(M[j][k], M[j][j], alpha=-1.0)
            for m in range(j + 1, mt):
                gemm(M[m][k], M[j][k], M[m][j], alpha=-1.0, trans_b=True)
    expected = linalg.cholesky(f64(source), lower=True)
    assert_near(np.tril(a), expected)
    above = np.triu_indices(n, 1)
    assert (a[above] == source[above]).all()


@pytest.mark.parametrize("order", ORDERS)
def test_inverse_from_cholesky(order, dtype, rng):
    """The inverse, l^-T l^-1, from trtri, trmm and lauum on two by two tiles."""
    source = definite(rng, 24, dtype)
    a = np.array(source, order=order)
    (A, _), (C, D) = tiles(a, 12)
    potrf(a)
    # The inverse of [A 0; C D] is [A^-1 0; -D^-1 C A^-1 D^-1].
    trtri(A)
    trtri(D)
    trmm(A, C, side="R", alpha=-1.0)
    trmm(D, C)
    lauum(A)
    syrk(C, A, trans=True)
    trmm(D, C, trans=True)
    lauum(D)
    lower = np.tril(f64(a))
    inverse = lower + np.tril(lower, -1).T
    assert_near((inverse @ source).astype(dtype), np.eye(24))


@pytest.mark.parametrize(("m", "n", "nb"), [(40, 40, 10), (45, 37, 10), (30, 48, 8)])
def test_lu(m, n, nb, dtype, rng):
    source = random(rng, (m, n), dtype)
    a = np.array(source, order="F")
    p = min(m, n)
    pivots = np.zeros(p, np.int32)
    for k in range(0, p, nb):
        stop = min(k + nb, p)
        panel, exchanged = a[k:, k:stop], pivots[k:stop]
        getrf(panel, exchanged)
        for columns in (a[k:, :k], a[k:, stop:]):
            laswp(columns, exchanged)
        trsm(a[k:stop, k:stop], a[k:stop, stop:], unit=True)
        gemm(a[stop:, k:stop], a[k:stop, stop:], a[stop:, stop:], alpha=-1.0)
        exchanged += k
    expected, rows = linalg.lu_factor(f64(source))
    assert (pivots - 1 == rows).all()
    assert_near(a, expected)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("m", "n", "nb"), [(40, 40, 10), (45, 37, 10)])
def test_qr_by_panels(order, m, n, nb, dtype, rng):
    source = random(rng, (m, n), dtype)
    a = np.array(source, order=order)
    for k in range(0, n, nb):
        stop = min(k + nb, n)
        panel, tau = a[k:, k:stop], np.empty(stop - k, dtype)
        t = np.empty((stop - k, stop - k), dtype, "F")
        geqrf(panel, tau)
        larft(panel, tau, t)
        larfb(panel, t, a[k:, stop:], trans=True)
    check_r(np.triu(a[:n]), source)


@pytest.mark.parametrize(("m", "n", "nb"), [(40, 40, 10), (45, 37, 10), (36, 20, 9)])
def test_qr_by_tiles(m, n, nb, dtype, rng):
    source = random(rng, (m, n), dtype)
    a = np.array(source, order="F")
    M = tiles(a, nb)
    for k in range(len(M[0])):
        head = M[k][k]
        width = head.shape[1]
        t = np.zeros((min(3, *head.shape), min(head.shape)), dtype, "F")
        geqrt(head, t)
        for j in range(k + 1, len(M[0])):
            gemqrt(head[:, : t.shape[1]], t, M[k][j], trans=True)
        for i in range(k + 1, len(M)):
            r = head[:width]
            t = np.zeros((min(3, width), width), dtype, "F")
            tpqrt(r, M[i][k], t)
            for j in range(k + 1, len(M[0])):
                tpmqrt(M[i][k], t, M[k][j][:width], M[i][j], trans=True)
    check_r(np.triu(a[:n]), source)


def check_r(r, source):
    """Hold a triangle against SciPy's, up to the signs of rows."""
    expected = linalg.qr(f64(source), mode="r")[0][: len(r)]
    assert_near(np.abs(r), np.abs(expected))
    assert_near((f64(r).T @ f64(r)).astype(r.dtype), f64(source).T @ f64(source))

"""What cuBLAS and cuSOLVER are given: they compute what the routines on a host do."""

import itertools

import numpy as np
import pytest

from lazydag.backends.cuda.library.blas import as_columns, by_columns, is_usable
from lazydag.backends.cuda.library.cublas import CuBlas
from lazydag.backends.cuda.library.host import HostBlas
from tests.backends.cuda.library.cuda_on_host import array, install
from tests.tiles.tiles import ORDERS, Placed, dominant, flags, orders

RNG = np.random.default_rng(11)
DTYPES = (np.float32, np.float64)
HOST = HostBlas()


@pytest.fixture
def blas():
    found = object.__new__(CuBlas)
    install(found)
    return found


def numbers(*shape):
    return RNG.standard_normal(shape)


def compare(blas, call, matrices, order, dtype):
    """Call a routine of both on parts of larger arrays, and compare all of these."""
    both = [
        [Placed(m.astype(dtype), o) for m, o in zip(matrices, order, strict=True)]
        for _ in range(2)
    ]
    call(HOST, *(place.tile for place in both[0]))
    call(blas, *(array(place.tile) for place in both[1]))
    tolerance = 1e-4 if dtype is np.float32 else 1e-11
    for want, got in zip(*both, strict=True):
        np.testing.assert_allclose(got.parent, want.parent, tolerance, tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("order", orders(3))
def test_gemm(blas, order, dtype):
    def call(blas, a, b, c):
        blas.gemm(a, b, c, -1.0, 2.0)

    for m, n, k in ((5, 4, 3), (1, 4, 3), (5, 1, 3), (5, 4, 1), (1, 1, 1)):
        matrices = numbers(m, k), numbers(k, n), numbers(m, n)
        compare(blas, call, matrices, order, dtype)


@pytest.mark.parametrize("order", orders(2))
@pytest.mark.parametrize("lower", [False, True])
def test_syrk(blas, order, lower):
    def call(blas, a, c):
        blas.syrk(a, c, -1.0, 2.0, lower=lower)

    for n, k in ((5, 3), (3, 5), (1, 4), (4, 1)):
        compare(blas, call, (numbers(n, k), numbers(n, n)), order, np.float64)


@pytest.mark.parametrize("order", orders(2))
def test_trsm(blas, order):
    for lower, trans, unit in flags(3):

        def call(blas, a, b, lower=lower, trans=trans, unit=unit):
            blas.trsm(a, b, 2.0, lower=lower, trans=trans, unit=unit)

        for m, n in ((5, 3), (3, 5), (1, 3), (3, 1)):
            matrices = dominant(RNG, m, np.float64), numbers(m, n)
            compare(blas, call, matrices, order, np.float64)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("lower", [False, True])
def test_potrf(blas, order, lower):
    codes = []

    def call(blas, a):
        info = array(np.full(1, -9, np.int32))
        blas.potrf(a, info, lower=lower)
        codes.append(int(info[0]))

    half = numbers(5, 5)
    compare(blas, call, (half @ half.T + np.eye(5),), order, np.float64)
    call(blas, array(np.asarray(np.diag([1.0, -1.0]), order=order)))
    assert codes == [0, 0, 2]


def test_getrf(blas):
    pivots = [array(np.empty(4, np.int32)) for _ in range(2)]
    each = iter(pivots)

    def call(blas, a):
        info = array(np.full(1, -9, np.int32))
        blas.getrf(a, next(each), info)
        assert not info[0]

    compare(blas, call, (numbers(6, 4),), "F", np.float64)
    assert np.array_equal(*pivots)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("reverse", [False, True])
def test_swap(blas, order, reverse):
    pivots = array(np.array([3, 2, 5, 4], np.int32))

    def call(blas, a):
        blas.swap(a, pivots, reverse=reverse)

    compare(blas, call, (numbers(6, 3),), order, np.float64)


def test_geqrf(blas):
    taus = [array(np.empty(3)) for _ in range(2)]
    each = iter(taus)

    def call(blas, a):
        blas.geqrf(a, next(each))

    compare(blas, call, (numbers(6, 3),), "F", np.float64)
    np.testing.assert_allclose(*taus, 1e-11)


@pytest.mark.parametrize(("count", "n"), [(20, 5), (1, 270)])
def test_stacks(blas, count, n):
    half = numbers(count, n, n) / n
    stack = half @ half.swapaxes(-1, -2) + np.eye(n)
    stack[0, 3, 3] = -1
    found = [array(stack.copy()) for _ in range(2)]
    codes = [array(np.full(count, -9, np.int32)) for _ in range(2)]
    for each, x, info in zip((HOST, blas), found, codes, strict=True):
        each.potrf_each(x, info, lower=True)
    np.testing.assert_allclose(*found, 1e-11, 1e-11)
    assert np.array_equal(*codes)
    assert codes[0][0] == 4


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("count", "n"), [(3, 5), (1, 270)])
def test_stacks_of_equations(blas, count, n, order):
    a = numbers(count, n, n) / n + np.eye(n)
    found = []
    for each in (HOST, blas):
        lu = array(a.swapaxes(-1, -2).copy()).swapaxes(-1, -2)
        pivots, info = array(np.empty((count, n), "i4")), array(np.empty(count, "i4"))
        each.getrf_each(lu, pivots, info)
        lu = lu if order == "F" else array(lu.copy("C"))
        x = array(np.broadcast_to(np.eye(n), a.shape).copy())
        each.swap_each(x, pivots)
        each.trsm_each(lu, x, lower=True, unit=True)
        each.trsm_each(lu, x, lower=False)
        found.append((x, pivots, info))
    np.testing.assert_allclose(found[1][0], np.linalg.inv(a), 1e-9, 1e-9)
    for want, got in zip(*found, strict=True):
        np.testing.assert_allclose(got, want, 1e-11, 1e-11)


def test_one_triangle_for_a_stack(blas):
    a, b = dominant(RNG, 4, np.float64), numbers(3, 4, 2)
    stack = array(np.broadcast_to(a, (3, 4, 4)))
    found, wanted = array(b.copy()), b.copy()
    blas.trsm_each(stack, found, lower=True, trans=True)
    HOST.trsm_each(stack, wanted, lower=True, trans=True)
    np.testing.assert_allclose(found, wanted, 1e-12)


def test_stacks_may_lie_backwards(blas):
    a = np.stack([dominant(RNG, 4, np.float64) for _ in range(3)])[::-1]
    b = numbers(3, 4, 2)
    found, wanted = array(b.copy()), b.copy()
    blas.trsm_each(array(a), found, lower=True)
    HOST.trsm_each(a, wanted, lower=True)
    np.testing.assert_allclose(found, wanted, 1e-12)


def test_matrices_that_lie_otherwise_are_copied(blas):
    a, b = array(numbers(6, 8)[::2, ::2]), array(numbers(4, 3))
    assert not is_usable(a)
    assert by_columns(as_columns(a)) == 3
    out = array(np.empty((3, 3)))
    blas.gemm(a, b, out)
    np.testing.assert_allclose(out, a @ b, 1e-12)


def test_leading_dimensions():
    for shape, order in itertools.product(((4, 3), (1, 3), (4, 1)), ORDERS):
        x = np.zeros((6, 7), order=order)[1 : 1 + shape[0], 2 : 2 + shape[1]]
        assert is_usable(x)

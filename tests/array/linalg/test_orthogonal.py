"""`linalg.qr` and `linalg.lstsq`: modes, shapes and mistakes."""

import numpy as np
import pytest
from scipy import linalg

import lazydag as ld
from lazydag.errors import MatrixError, UsageError

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (2, 5, 3), (350, 290)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
def test_modes(shape, dtype):
    a = RNG.normal(size=shape).astype(dtype)
    m, n = shape[-2:]
    for names, k in ((("reduced", "economic"), min(m, n)), (("complete", "full"), m)):
        for mode in names:
            q, r = ld.compute(*ld.linalg.qr(a, mode=mode))
            assert (q.shape, r.shape) == ((*shape[:-1], k), (*shape[:-2], k, n))
            assert q.dtype == r.dtype == dtype
            np.testing.assert_allclose(np.asarray(q) @ r, a, atol=2e-5)
    np.testing.assert_allclose(ld.linalg.qr(a, mode="r"), ld.linalg.qr(a).R, atol=1e-4)


def test_like_scipys():
    a = RNG.normal(size=(400, 300))
    for found, expected in zip(
        ld.linalg.qr(a, mode="economic"), linalg.qr(a, mode="economic"), strict=True
    ):
        np.testing.assert_allclose(found, expected, atol=1e-11)


def test_unknown_mode():
    with pytest.raises(UsageError, match="'raw'"):
        ld.linalg.qr(np.eye(3), mode="raw")


def test_factors_are_lazy_parts_of_a_program():
    """Products and solutions with them are parts of one plan."""

    @ld.jit
    def solved(a, b):
        q, r = ld.linalg.qr(a)
        return ld.linalg.solve(r, q.T @ b)

    a, b = RNG.normal(size=(3000, 50)), RNG.normal(size=(3000, 2))
    np.testing.assert_allclose(solved(a, b), np.linalg.lstsq(a, b)[0], atol=1e-12)


@pytest.mark.parametrize("shape", [(6, 3), (9000, 20)])
@pytest.mark.parametrize("sides", [(), (2,)])
def test_least_squares(shape, sides):
    a, b = RNG.normal(size=shape), RNG.normal(size=(shape[0], *sides))
    found = ld.linalg.lstsq(a, b)
    for ours, expected in zip(found, np.linalg.lstsq(a, b), strict=True):
        assert ours.shape == np.shape(expected)
        np.testing.assert_allclose(ours, expected, atol=1e-11)


def test_sums_of_squares_are_unknown_below_full_rank():
    a = np.ones((4, 2))
    found = ld.linalg.lstsq(a, np.arange(4.0))
    assert int(found.rank) == 1
    assert np.isnan(np.asarray(found.residuals)).all()
    np.testing.assert_allclose(found.x, [0.75, 0.75])


def test_least_squares_in_a_jitted_function():
    a, b = RNG.normal(size=(6, 3)), RNG.normal(size=6)
    found = ld.jit(lambda a, b: ld.linalg.lstsq(a, b).x * 2)(a, b)
    np.testing.assert_allclose(found, 2 * np.linalg.lstsq(a, b)[0])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.eye(3), np.ones(4)),
        (np.ones(3), np.ones(3)),
        (np.eye(3), np.ones((3, 1, 1))),
    ],
)
def test_shapes_that_do_not_fit(a, b):
    with pytest.raises(MatrixError) as found:
        ld.linalg.lstsq(a, b)
    assert isinstance(found.value, np.linalg.LinAlgError)
    assert found.value.at is not None


@pytest.mark.parametrize("make", [np.array, ld.asarray])
@pytest.mark.parametrize("shape", [(6, 3), (3, 6), (350, 290)])
def test_overwriting(shape, make):
    source = RNG.normal(size=shape)
    a = make(source)
    q, r = ld.linalg.qr(a, overwrite_a=True)
    np.testing.assert_allclose(np.asarray(q) @ r, source, atol=1e-12)
    np.testing.assert_array_equal(a, q if q.shape == shape else source)
    a = make(source)
    r = ld.linalg.qr(a, mode="r", overwrite_a=True)
    np.testing.assert_array_equal(a, r if r.shape == shape else source)

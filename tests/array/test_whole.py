"""Functions of whole arrays, and complex numbers, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag as ld

QUICK = settings(max_examples=40, deadline=None)
SHAPES = hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)
INTS = hnp.arrays("i8", SHAPES, elements=st.integers(-5, 5))
FLOATS = hnp.arrays("f8", SHAPES, elements=st.floats(-9, 9))
COMPLEX = hnp.arrays(
    st.sampled_from(["c8", "c16"]),
    SHAPES,
    elements={"max_magnitude": 9, "allow_subnormal": False},
)


def same(lazy: Any, want: Any) -> None:
    want = np.asarray(want)
    assert (lazy.shape, lazy.dtype) == (want.shape, want.dtype)
    rtol = 1e-4 if want.dtype.char in "fF" else 1e-9
    np.testing.assert_allclose(np.asarray(lazy), want, rtol=rtol, atol=rtol)


@QUICK
@given(INTS, st.data())
def test_along_an_axis(x: Any, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    lazy = ld.asarray(x)
    same(ld.sort(lazy, axis=axis), np.sort(x, axis))
    same(ld.sort(lazy, axis=axis, descending=True), np.flip(np.sort(x, axis), axis))
    same(ld.argsort(lazy, axis=axis), np.argsort(x, axis, stable=True))
    same(ld.cumulative_sum(lazy, axis=axis), np.cumulative_sum(x, axis=axis))
    same(
        ld.cumulative_prod(lazy, axis=axis, include_initial=True),
        np.cumulative_prod(x, axis=axis, include_initial=True),
    )
    same(ld.diff(lazy, axis=axis), np.diff(x, axis=axis))
    same(ld.diff(lazy, 2, axis, prepend=x), np.diff(x, 2, axis, prepend=x))
    same(ld.roll(lazy, 2, axis=axis), np.roll(x, 2, axis))
    same(ld.repeat(lazy, 3, axis=axis), np.repeat(x, 3, axis))
    order = np.argsort(x, axis)
    same(ld.take_along_axis(lazy, order, axis), np.take_along_axis(x, order, axis))
    each = ld.unstack(lazy, axis=axis)
    for found, want in zip(each, np.unstack(x, axis=axis), strict=True):
        same(found, want)


@QUICK
@given(INTS, st.data())
def test_taking_and_repeating(x: Any, data: st.DataObject) -> None:
    axis = data.draw(st.integers(0, x.ndim - 1))
    n = x.shape[axis]
    places = data.draw(hnp.arrays("i8", (2, 3), elements=st.integers(-n, n - 1)))
    same(ld.take(ld.asarray(x), places, axis=axis), np.take(x, places, axis))
    counts = data.draw(hnp.arrays("i8", n, elements=st.integers(0, 3)))
    same(ld.repeat(ld.asarray(x), counts, axis=axis), np.repeat(x, counts, axis))
    same(ld.tile(ld.asarray(x), (2, 1, 3)), np.tile(x, (2, 1, 3)))
    shifts = data.draw(st.tuples(*[st.integers(-5, 5)] * x.ndim))
    axes = tuple(range(x.ndim))
    same(ld.roll(ld.asarray(x), shifts, axis=axes), np.roll(x, shifts, axes))


@QUICK
@given(INTS)
def test_values_that_decide_the_shape(x: Any) -> None:
    lazy = ld.asarray(x)
    for found, want in zip(ld.nonzero(lazy), np.nonzero(x), strict=True):
        same(found, want)
    same(ld.unique_values(lazy), np.unique(x))
    for name in ("unique_all", "unique_counts", "unique_inverse"):
        found, want = getattr(ld, name)(lazy), getattr(np, name)(x)
        assert found._fields == want._fields
        for a, b in zip(found, want, strict=True):
            same(a, b)


@QUICK
@given(INTS, hnp.arrays("i8", st.integers(0, 30), elements=st.integers(-9, 9)))
def test_isin(x: Any, among: Any) -> None:
    same(ld.isin(ld.asarray(x), among), np.isin(x, among))
    same(ld.isin(x, ld.asarray(among), invert=True), np.isin(x, among, invert=True))


def test_shapes_that_depend_on_traced_values() -> None:
    with pytest.raises(ld.TraceError, match="depends on the values of a traced"):
        ld.jit(lambda x: ld.nonzero(x)[0], strict=True)(np.ones(3))


@QUICK
@given(FLOATS, FLOATS, st.sampled_from(["left", "right"]))
def test_searchsorted(x: Any, y: Any, side: Any) -> None:
    flat = x.ravel()
    order = np.argsort(flat)
    same(
        ld.searchsorted(ld.asarray(flat), y, side=side, sorter=order),
        np.searchsorted(flat, y, side, order),
    )


@QUICK
@given(COMPLEX, COMPLEX)
def test_complex_arithmetic(x: Any, y: Any) -> None:
    a, b = ld.asarray(x), ld.asarray(y[(0,) * y.ndim])
    s = y[(0,) * y.ndim]
    same(a + b, x + s)
    same(a * b - 2, x * s - 2)
    same(a == b, x == s)
    same(a * 1j, x * 1j)
    same(ld.conj(a), np.conj(x))
    same(a.real, x.real)
    same(a.imag, x.imag)
    same(abs(a), np.abs(x))
    same(ld.exp(a), np.exp(x))
    same(ld.where(a == b, a, 1), np.where(x == s, x, 1))


@QUICK
@given(COMPLEX, st.data())
def test_complex_reductions(x: Any, data: st.DataObject) -> None:
    axis = data.draw(st.none() | st.integers(0, x.ndim - 1))
    for name in ("sum", "prod", "mean", "var", "std", "any", "all"):
        same(getattr(ld, name)(ld.asarray(x), axis), getattr(np, name)(x, axis))
    rows = x.reshape(-1, x.shape[-1])
    same(ld.asarray(rows) @ rows.T, rows @ rows.T)
    same(ld.vecdot(ld.asarray(x), x), np.vecdot(x, x))


@QUICK
@given(COMPLEX, st.data())
def test_complex_numbers_with_nan(x: Any, data: st.DataObject) -> None:
    gaps = data.draw(hnp.arrays("?", x.shape))
    holes = np.where(gaps, x.dtype.type(complex(np.nan, 1)), x)
    holes.flat[0] = 1 - 2j
    lazy = ld.asarray(holes)
    for name in ("nansum", "nanprod", "nanmean", "nanvar", "nanstd"):
        same(getattr(ld, name)(lazy), getattr(np, name)(holes))
    same(ld.nan_to_num(lazy, nan=7), np.nan_to_num(holes, nan=7))


def test_casts_that_lose_the_imaginary_part_warn() -> None:
    x = ld.asarray([1 + 2j, 3])
    with pytest.warns(np.exceptions.ComplexWarning, match="imaginary") as caught:
        found = x.astype(ld.float64)
    assert caught[0].filename == __file__
    same(found, [1.0, 3.0])
    same(x.astype(bool), [True, True])


def test_complex_numbers_are_no_floats() -> None:
    x = ld.asarray(1 + 2j)
    assert complex(x) == 1 + 2j
    for convert in (int, float):
        with pytest.raises(TypeError, match="complex"):
            convert(x)


@QUICK
@given(COMPLEX, st.data())
def test_transforms(x: Any, data: st.DataObject) -> None:
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    n = data.draw(st.integers(2, 6))
    norm: Any = data.draw(st.sampled_from(["backward", "ortho", "forward"]))
    for name in ("fft", "ifft", "irfft", "hfft", "rfft", "ihfft"):
        given_ = x.real if name in ("rfft", "ihfft") else x
        same(
            getattr(ld.fft, name)(ld.asarray(given_), n=n, axis=axis, norm=norm),
            getattr(np.fft, name)(given_, n, axis, norm),
        )
    axes = tuple(data.draw(st.permutations(range(x.ndim))))
    for name in ("fftn", "ifftn", "rfftn", "irfftn"):
        given_ = x.real if name == "rfftn" else x
        s = tuple(m + 1 for m in range(1, x.ndim + 1))
        same(
            getattr(ld.fft, name)(ld.asarray(given_), s=s, axes=axes, norm=norm),
            getattr(np.fft, name)(given_, s, axes, norm),
        )
    for name in ("fft2", "ifft2", "rfft2", "irfft2")[: 4 * (x.ndim > 1)]:
        given_ = x.real if name == "rfft2" else x
        same(
            getattr(ld.fft, name)(ld.asarray(given_), s=(3, 4), norm=norm),
            getattr(np.fft, name)(given_, (3, 4), norm=norm),
        )
    same(ld.fft.fftshift(ld.asarray(x)), np.fft.fftshift(x))
    same(ld.fft.ifftshift(ld.asarray(x)), np.fft.ifftshift(x))


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies(n: int) -> None:
    same(ld.fft.fftfreq(n, d=0.5), np.fft.fftfreq(n, 0.5))
    same(ld.fft.rfftfreq(n), np.fft.rfftfreq(n))


SQUARE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]])
STACK = np.stack([SQUARE, SQUARE * 2])


@pytest.mark.parametrize("x", [SQUARE, STACK, STACK.astype("f4"), STACK + 0j])
def test_factorisations(x: Any) -> None:
    lazy, la, lb = ld.asarray(x), ld.linalg, np.linalg
    for name in ("cholesky", "det", "inv", "pinv", "eigvalsh", "svdvals"):
        same(getattr(la, name)(lazy), getattr(lb, name)(x))
    same(la.cholesky(lazy, upper=True), lb.cholesky(x, upper=True))
    same(la.solve(lazy, x), lb.solve(x, x))
    for name in ("eigh", "qr", "slogdet", "svd"):
        found, want = getattr(la, name)(lazy), getattr(lb, name)(x)
        assert found._fields == want._fields
        for a, b in zip(found, want, strict=True):
            same(a, b)
    values, vectors = la.eig(lazy)
    same(lazy @ vectors, np.asarray(vectors * values[..., None, :]))
    same(la.matrix_rank(lazy), lb.matrix_rank(x))
    for n in (-2, 0, 1, 5):
        same(la.matrix_power(lazy, n), lb.matrix_power(x, n))


@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
@pytest.mark.parametrize("keepdims", [True, False])
def test_matrix_norms(order: Any, keepdims: bool) -> None:
    found = ld.linalg.matrix_norm(STACK, ord=order, keepdims=keepdims)
    same(found, np.linalg.matrix_norm(STACK, ord=order, keepdims=keepdims))


@pytest.mark.parametrize("order", [0, 1, 2, 3, 0.5, -1, np.inf, -np.inf])
@pytest.mark.parametrize("axis", [None, 0, (0, 2)])
def test_vector_norms(order: Any, axis: Any) -> None:
    found = ld.linalg.vector_norm(STACK, ord=order, axis=axis)
    same(found, np.linalg.vector_norm(STACK, ord=order, axis=axis))


@pytest.mark.parametrize("offset", range(-4, 5))
def test_diagonals(offset: int) -> None:
    x = np.arange(24).reshape(2, 3, 4)
    lazy = ld.asarray(x)
    same(ld.linalg.diagonal(lazy, offset=offset), np.linalg.diagonal(x, offset=offset))
    same(ld.linalg.trace(lazy, offset=offset), np.linalg.trace(x, offset=offset))
    same(ld.tril(lazy, k=offset), np.tril(x, offset))
    same(ld.triu(lazy, k=offset), np.triu(x, offset))


def test_products_over_axes() -> None:
    x, y = np.arange(24.0).reshape(2, 3, 4), np.arange(12.0).reshape(4, 3)
    same(ld.tensordot(ld.asarray(x), y, axes=1), np.tensordot(x, y, 1))
    pairs = ((1, 2), (1, 0))
    same(ld.tensordot(x, ld.asarray(y), axes=pairs), np.tensordot(x, y, pairs))
    same(ld.tensordot(x, ld.asarray(y), axes=0), np.tensordot(x, y, 0))
    u, v = x[0].T, np.ones(3)
    same(ld.linalg.cross(ld.asarray(u), v), np.cross(u, v))
    with pytest.raises(ld.ShapeError, match="differ in length"):
        ld.tensordot(x, y, axes=2)


@pytest.mark.parametrize("numbers", [(1, 0, 2**63 - 1), (0, 1, 2**63 - 1), (5, 4, 1)])
def test_ranges_whose_second_number_is_outside(numbers: Any) -> None:
    same(ld.arange(*numbers), np.arange(*numbers))


@pytest.mark.parametrize("k", [-(2**70), -9, 9, 2**63])
def test_diagonals_that_are_outside(k: int) -> None:
    small = max(-5, min(5, k))
    same(ld.eye(2, 3, k=k), np.eye(2, 3, small))
    same(ld.tril(ld.ones((2, 3)), k=k), np.tril(np.ones((2, 3)), small))
    same(ld.triu(ld.ones((2, 3)), k=k), np.triu(np.ones((2, 3)), small))
    found = ld.linalg.diagonal(ld.ones((2, 3)), offset=k)
    assert found.shape == (0,)


def test_vecdot_along_axes() -> None:
    x, y = np.arange(24.0).reshape(2, 3, 4) + 1j, np.arange(12.0).reshape(3, 4)
    for axis in (-1, -2):
        same(ld.vecdot(ld.asarray(x), y, axis=axis), np.vecdot(x, y, axis=axis))
    z = np.arange(8.0).reshape(2, 4)
    same(ld.vecdot(ld.asarray(x), z, axis=0), np.vecdot(x, z, axis=0))
    with pytest.raises(ld.ShapeError, match="axis 0 has 3 and 1 elements"):
        ld.vecdot(np.ones(3), ld.ones(1))


@pytest.mark.parametrize("indexing", ["xy", "ij"])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_meshgrid(indexing: Any, count: int) -> None:
    arrays = [np.arange(n + 1) for n in range(count)]
    found = ld.meshgrid(*map(ld.asarray, arrays), indexing=indexing)
    for a, b in zip(found, np.meshgrid(*arrays, indexing=indexing), strict=True):
        same(a, b)


def test_infinite_quotients_are_the_standards() -> None:
    inf = np.inf
    x, y = np.array([inf, -inf, 1, -1, inf, 7]), np.array([2, 2, -inf, inf, inf, 2])
    want = np.array([inf, -inf, -0.0, -0.0, np.nan, 3])
    found = np.asarray(ld.asarray(x) // y)
    np.testing.assert_array_equal(found, want)
    np.testing.assert_array_equal(np.signbit(found[:4]), np.signbit(want[:4]))


@pytest.mark.parametrize(
    ("act", "kind", "message"),
    [
        (lambda x: ld.take(x, [0.5]), ld.DTypeError, "they are integers"),
        (lambda x: ld.sort(x, axis=7), ld.AxisError, "axis 7 is out of bounds"),
        (lambda x: ld.searchsorted(x, 1, side="up"), ValueError, "side='up'"),
        (ld.cumulative_sum, ValueError, "which axis"),
        (ld.linalg.det, ld.ShapeError, "no square matrix"),
        (lambda x: ld.linalg.inv(x[0]), ld.ShapeError, "is no matrix"),
        (lambda x: ld.linalg.solve(SQUARE, x), ld.ShapeError, "cannot solve"),
        (lambda x: ld.linalg.qr(x, mode="q"), ValueError, "mode='q'"),
        (lambda x: ld.fft.rfft(x + 0j), ld.DTypeError, "not real"),
        (lambda x: ld.fft.fft(x, norm="no"), ValueError, "norm='no'"),
        (lambda x: ld.roll(x, (1, 2, 3), axis=(0, 1)), ld.ShapeError, "3 shifts"),
        (lambda x: ld.nonzero(x[0, 0]), ld.ShapeError, "without axes"),
        (lambda x: ld.tril(x[0]), ld.ShapeError, "is no matrix"),
        (lambda x: ld.meshgrid(x, indexing="yx"), ValueError, "indexing='yx'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_mistakes_at_the_users_line(act: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        act(ld.ones((2, 3)))
    assert caught.value.at.file == __file__


@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft"])
def test_transforms_of_nothing_are_of_zeros(name):
    x = np.zeros((3, 0), np.float64 if name == "rfft" else np.complex128)
    found = getattr(ld.fft, name)(ld.asarray(x), n=8)
    np.testing.assert_array_equal(found, getattr(np.fft, name)(x, n=8))

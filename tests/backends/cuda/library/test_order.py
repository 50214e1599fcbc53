"""Where CuPy differs from NumPy: NaN in vectors that it sorts, and those it finds."""

from types import SimpleNamespace

import numpy as np
import pytest

from lazydag.backends.cuda.library import filling, order

VALUES = np.array([1, np.nan, -np.inf, -np.nan, 2, 1, np.inf, -np.nan])
X = np.copysign(VALUES, [1, 1, -1, -1, 1, 1, 1, -1])


def by_bits(x, axis):
    """Return the positions that sort a vector as CUB does: by signs, then by bits."""
    assert x.ndim == 1
    assert axis == 0
    bits = (x + 0.0).view(np.int64)
    keys = np.where(bits < 0, ~bits, bits ^ np.int64(-(1 << 63))).view(np.uint64)
    return np.argsort(keys, kind="stable")


def last_nan(find):
    """Return what finds an element, or the last NaN."""

    def found(x, axis):
        is_nan = np.isnan(x)
        last = x.shape[axis] - 1 - np.flip(is_nan, axis).argmax(axis)
        return np.where(is_nan.any(axis), last, find(x, axis))

    return found


#: NumPy, with what CuPy does otherwise.
CUPY = SimpleNamespace(
    **{
        **vars(np),
        "sort": lambda x, axis: x[by_bits(x, axis)],
        "argsort": by_bits,
        "argmin": last_nan(np.argmin),
        "argmax": last_nan(np.argmax),
    }
)


@pytest.mark.parametrize("descending", [False, True])
def test_nan_are_the_greatest_whatever_their_sign(descending):
    assert np.signbit(X).sum() > np.signbit(X[~np.isnan(X)]).sum()
    want = order.sort(np, X, 0, descending)
    np.testing.assert_array_equal(order.sort(CUPY, X, 0, descending), want)
    want = order.argsort(np, X, 0, descending)
    np.testing.assert_array_equal(order.argsort(CUPY, X, 0, descending), want)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", ["argmin", "argmax"])
def test_the_first_nan_wins(name, axis):
    for x in (np.stack([X, X[::-1]]), np.ones((2, 3)), np.eye(3) * np.nan):
        for each in (x, np.stack([x, x], -1).view(complex)[..., 0]):
            want = getattr(np, name)(each, axis)
            found = getattr(filling, name)(CUPY, each, axis)
            np.testing.assert_array_equal(found, want)

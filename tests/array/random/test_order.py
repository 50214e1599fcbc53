"""Permutations and choices."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

import lazydag as ld

LEAST = 1e-3


@pytest.fixture
def rng():
    return ld.random.default_rng(42)


def evenly(found, count):
    """Tell whether rows are all permutations, each as often as any other."""
    rows = list(map(tuple, np.asarray(found).tolist()))
    seen = [rows.count(order) for order in permutations(range(count))]
    assert sum(seen) == len(rows)
    return stats.chisquare(seen).pvalue > LEAST


def test_permutations_are_all_as_likely(rng):
    assert evenly([rng.permutation(4).tolist() for _ in range(600)], 4)


def test_permuted_rows_are_all_as_likely(rng):
    x = np.tile(np.arange(4), (5000, 1))
    assert evenly(rng.permuted(x, axis=1), 4)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_permutation_of_slices(rng, axis):
    x = np.arange(24).reshape(2, 3, 4)
    found = np.asarray(rng.permutation(x, axis=axis))
    want = np.sort(np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1), axis=0)
    have = np.moveaxis(found, axis, 0).reshape(x.shape[axis], -1)
    np.testing.assert_array_equal(np.sort(have, axis=0), want)
    assert x[0, 0, 1] == 1


def test_permuted(rng):
    x = np.arange(12).reshape(3, 4)
    found = np.asarray(rng.permuted(x, axis=0))
    np.testing.assert_array_equal(np.sort(found, axis=0), x)
    assert np.sort(np.asarray(rng.permuted(x)).ravel()).tolist() == list(range(12))
    for out in (np.empty_like(x), ld.zeros((3, 4), np.int64)):
        assert rng.permuted(x, axis=1, out=out) is out
        np.testing.assert_array_equal(np.sort(np.asarray(out), axis=1), x)
    rng.permuted(x, out=x)
    assert sorted(x.ravel().tolist()) == list(range(12))


def test_shuffle(rng):
    array, lazy, listed = np.arange(50), ld.arange(50), list(range(50))
    view = lazy[:10]
    for x in (array, lazy, listed):
        assert rng.shuffle(x) is None
    for x in (array.tolist(), lazy.tolist(), listed):
        assert sorted(x) == list(range(50)) != x
    assert view.tolist() == lazy.tolist()[:10]
    rows = np.arange(12).reshape(3, 4)
    rng.shuffle(rows, axis=1)
    np.testing.assert_array_equal(np.sort(rows, axis=1), np.arange(12).reshape(3, 4))
    with pytest.raises(TypeError):
        rng.shuffle(3)


def test_choice_of_numbers(rng):
    found = np.asarray(rng.choice(6, size=(3000, 2)))
    seen = np.bincount(found.ravel(), minlength=6)
    assert stats.chisquare(seen).pvalue > LEAST
    assert rng.choice(6).shape == ()


def test_choice_with_probabilities(rng):
    p = np.array([0.1, 0.0, 0.6, 0.3])
    seen = np.bincount(np.asarray(rng.choice(4, 5000, p=p)), minlength=4)
    assert seen[1] == 0
    assert stats.chisquare(seen[p > 0], 5000 * p[p > 0]).pvalue > LEAST


def test_choice_without_replacement(rng):
    for _ in range(20):
        found = rng.choice(10, size=(2, 3), replace=False).tolist()
        assert len(set(np.ravel(found).tolist())) == 6
    first = [
        int(rng.choice(3, 2, replace=False, p=[0.2, 0.3, 0.5])[0]) for _ in range(600)
    ]
    seen = np.bincount(first, minlength=3)
    assert stats.chisquare(seen, 600 * np.array([0.2, 0.3, 0.5])).pvalue > LEAST
    # successive draws, each from what is left
    pairs = [
        frozenset(rng.choice(3, 2, replace=False, p=[0.2, 0.3, 0.5]).tolist())
        for _ in range(600)
    ]
    p = {0: 0.2, 1: 0.3, 2: 0.5}
    wanted = {
        frozenset((i, j)): p[i] * p[j] / (1 - p[i]) + p[j] * p[i] / (1 - p[j])
        for i, j in ((0, 1), (0, 2), (1, 2))
    }
    seen = [pairs.count(pair) for pair in wanted]
    assert stats.chisquare(seen, 600 * np.array([*wanted.values()])).pvalue > LEAST


@pytest.mark.parametrize("axis", [0, 1])
def test_choice_of_slices(rng, axis):
    x = np.arange(12).reshape(3, 4)
    found = np.asarray(rng.choice(x, size=5, axis=axis))
    assert found.shape == ((5, 4) if axis == 0 else (3, 5))
    rows = [r.tolist() for r in np.moveaxis(x, axis, 0)]
    assert all(r.tolist() in rows for r in np.moveaxis(found, axis, 0))


def test_nothing_of_nothing(rng):
    assert rng.choice(0, size=0).shape == (0,)
    assert rng.permutation(0).shape == (0,)


def test_what_is_no_number(rng):
    colors = ["red", "green", "blue"]
    found = rng.choice(colors, size=20)
    assert isinstance(found, np.ndarray)
    assert set(found.tolist()) == set(colors)
    assert sorted(rng.permutation(colors).tolist()) == sorted(colors)
    assert rng.choice(colors) in colors
    rng.shuffle(colors)
    assert sorted(colors) == ["blue", "green", "red"]

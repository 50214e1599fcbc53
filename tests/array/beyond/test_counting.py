"""Counts of integers and in bins, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag as ld
import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses
from tests.array.beyond.lanes import REAL, TAME, arrays

SOME = settings(max_examples=40, deadline=None)
X = arrays(REAL, floats=TAME, min_side=0, max_side=6)
RANGES = st.sampled_from([None, (0, 4), (-1.5, 2.5), (1, 1)])
EDGES = st.sampled_from([[0.0, 1.0, 2.5], [0, 2, 2, 7], [-3.0, 1e3]])
TIGHT: Any = {"rtol": 1e-6, "atol": 1e-9}


@SOME
@given(
    hnp.arrays(
        st.sampled_from(["?", "i1", "u8", "i8"]),
        st.integers(0, 9),
        elements=st.integers(0, 1),
    ),
    st.integers(0, 4),
)
def test_bincount(x: Any, minlength: int) -> None:
    x = x if x.dtype.kind == "b" else x * 3
    weights = np.arange(x.size, dtype="f4") / 4
    agrees(lambda xp, x: xp.bincount(x, minlength=minlength), x)
    agrees(lambda xp, x, w: xp.bincount(x, w, minlength), x, weights)
    dispatches(lambda xp, x: xp.bincount(x, weights=weights), x)


def test_bincount_of_what_it_does_not_take() -> None:
    x = np.array([0, 1, 2])
    refuses(lambda xp, x: xp.bincount(x - 1), x)
    refuses(lambda xp, x: xp.bincount(x * 1.0), x)
    refuses(lambda xp, x: xp.bincount(x[None]), x)
    refuses(lambda xp, x: xp.bincount(x, weights=x * 1j), x)
    refuses(lambda xp, x: xp.bincount(x, weights=x[:2]), x)
    refuses(lambda xp, x: xp.bincount(x, minlength=-1), x)


@SOME
@given(X, st.integers(1, 6), RANGES, st.booleans(), st.booleans())
def test_histogram(x: Any, bins: int, ends: Any, density: bool, weighs: bool) -> None:
    weights = np.arange(x.size, dtype="f4").reshape(x.shape) if weighs else None

    def count(xp: Any, x: Any) -> Any:
        return xp.histogram(x, bins, ends, density, weights)

    agrees(count, x, **TIGHT)
    dispatches(count, x, rtol=1e-6)
    agrees(lambda xp, x: xp.histogram_bin_edges(x, bins, range=ends), x, **TIGHT)


@SOME
@given(X, EDGES, st.booleans(), st.booleans())
def test_histogram_between(x: Any, edges: Any, density: bool, weighs: bool) -> None:
    weights = np.arange(x.size).reshape(x.shape) if weighs else None

    def count(xp: Any, x: Any) -> Any:
        return xp.histogram(x, edges, density=density, weights=weights)

    agrees(count, x, **TIGHT)
    dispatches(count, x, rtol=1e-6)


@pytest.mark.parametrize("rule", ["auto", "fd", "sturges", "sqrt"])
def test_rules_for_bins(rule: str) -> None:
    x = np.random.default_rng(0).normal(size=50)
    agrees(lambda xp, x: xp.histogram(x, rule), x, **TIGHT)
    agrees(lambda xp, x: xp.histogram_bin_edges(x, bins=rule, range=(-1, 1)), x)


def test_histograms_stay_lazy() -> None:
    x = lnp.ones(9) * 2.0
    counts, edges = lnp.histogram(x, 3)
    assert not counts.is_computed
    assert not x.is_computed
    assert (counts.tolist(), edges.shape) == ([0, 9, 0], (4,))


@SOME
@given(
    hnp.arrays("f8", st.tuples(st.integers(1, 6), st.just(2)), elements=TAME),
    st.sampled_from([3, (2, 4), ([0.0, 1.0, 3.0], 2), [[0, 1.0, 2], [0, 2.0, 9]]]),
    st.sampled_from([None, ((0, 4), (-1, 1)), ((0, 4), None)]),
    st.booleans(),
    st.booleans(),
)
def test_boxes(x: Any, bins: Any, ends: Any, density: bool, weighs: bool) -> None:
    weights = np.arange(1.0, len(x) + 1) if weighs else None
    options: Any = {"range": ends, "density": density, "weights": weights}
    agrees(lambda xp, x: xp.histogramdd(x, bins, **options), x, **TIGHT)

    def plane(xp: Any, x: Any) -> Any:
        return xp.histogram2d(x[:, 0], x[:, 1], bins, **options)

    agrees(plane, x, **TIGHT)
    dispatches(plane, x, rtol=1e-6)


def test_forms_of_samples() -> None:
    x = np.arange(5.0)
    agrees(lambda xp, x: xp.histogramdd([x, x, x], 2), x)
    agrees(lambda xp, x: xp.histogramdd(x, bins=(3,)), x)
    agrees(lambda xp, x: xp.histogram2d(x, x, [0.0, 2.0, 3.0, 5.0]), x)


def test_mistakes() -> None:
    x = np.arange(4.0)
    refuses(lambda xp, x: xp.histogram(x, 0), x)
    refuses(lambda xp, x: xp.histogram(x, 1.5), x)
    refuses(lambda xp, x: xp.histogram(x, [[1.0]]), x)
    refuses(lambda xp, x: xp.histogram(x, [1.0, 0.0]), x)
    refuses(lambda xp, x: xp.histogram(x, "most"), x)
    refuses(lambda xp, x: xp.histogram(x, "fd", weights=x), x)
    refuses(lambda xp, x: xp.histogram(x, range=(1, 0)), x)
    refuses(lambda xp, x: xp.histogram(x, range=(0, np.inf)), x)
    refuses(lambda xp, x: xp.histogram(x, weights=x[:2]), x)
    refuses(lambda xp, x: xp.histogram2d(x, x[:2]), x)
    refuses(lambda xp, x: xp.histogramdd([x, x], [1, 2, 3]), x)
    refuses(lambda xp, x: xp.histogramdd([x, x], range=[(0, 1)]), x)
    with pytest.raises(Exception, match="not finite"):
        ld.compute(lnp.histogram(lnp.asarray([1.0, np.nan]))[0])

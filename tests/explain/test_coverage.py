"""Coverage is the time of the intervals, stretch by stretch."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lazydag.explain.coverage import coverage, time_within
from lazydag.runtime.tasklist import Label
from tests.explain.timelines import of

pairs = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=20)


@given(pairs, st.lists(st.integers(-5, 60), min_size=2, max_size=8))
def test_time_within(intervals, bounds):
    ordered = [(min(pair), max(pair)) for pair in intervals]
    starts, ends = np.array(ordered, np.int64).reshape(-1, 2).T
    bounds = np.array(sorted(bounds), np.int64)
    found = time_within(starts, ends, bounds)
    for i, spent in enumerate(found.tolist()):
        moments = range(bounds[i], bounds[i + 1])
        assert spent == sum(s <= t < e for t in moments for s, e in ordered)


def test_sums_over_many_hours_may_wrap_around():
    second, hour = 10**9, 3_600 * 10**9
    starts = np.full(1_000_000, 10 * hour)
    bounds = np.array([0, 10 * hour, 20 * hour])
    assert time_within(starts, starts + second, bounds).tolist() == [0, 10**15]


def test_outer_slices_have_what_inner_ones_leave():
    found = coverage(of([(0, 0, 0, 100), (1, 0, 20, 50)]), 10)
    assert found.spent[0, 0].tolist() == [10, 10, 0, 0, 0, 10, 10, 10, 10, 10]
    assert found.spent[0, 1].tolist() == [0, 0, 10, 10, 10, 0, 0, 0, 0, 0]
    assert found.busy(0) == 100
    assert found.busy(1) == 0


def test_waiting_is_not_busy():
    labels = (Label("a"), Label("sync", "wait"))
    found = coverage(of([(0, 0, 0, 60), (1, 0, 10, 30)], labels), 6)
    assert found.busy(0) == 40
    _, _, busy, waiting = found.row(0)
    assert busy.tolist() == [10, 0, 0, 10, 10, 10]
    assert waiting.tolist() == [0, 10, 10, 0, 0, 0]


def test_tasks_are_counted_once():
    rows = [(0, 0, 0, 5), (0, 1, 0, 5), (1, 0, 5, 9)]
    found = coverage(of(rows, label=(0, 0)), 4)
    assert found.tasks(0) == 2


def test_names_are_joined_over_lines():
    found = coverage(of([(0, 0, 0, 5)], (Label("a"), Label("a", read_nbytes=8))), 4)
    assert found.titles == ("a",)

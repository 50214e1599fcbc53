"""Slices of a track nest, whatever the clocks and the threads do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.explain.tracks import placement, track
from tests.explain.timelines import of

MS = 1_000_000


def placed(*intervals):
    """Return start, end, parent and lane of each interval of one thread."""
    found = track(of([(0, 0, *each) for each in intervals]).rows, 0)
    columns = (found.starts, found.ends, found.parents, found.lanes)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_disjoint():
    assert placed((5, 9), (0, 5)) == [(0, 5, -1, 0), (5, 9, -1, 0)]


def test_nested():
    found = placed((0, 100), (10, 20), (12, 15), (20, 30), (100, 110))
    assert [(parent, lane) for _, _, parent, lane in found] == [
        (-1, 0),
        (0, 0),
        (1, 0),
        (0, 0),
        (-1, 0),
    ]


def test_the_longest_of_those_that_start_together_is_outside():
    assert placed((0, 5), (0, 9)) == [(0, 9, -1, 0), (0, 5, 0, 0)]


def test_clocks_that_disagree_a_little():
    assert placed((0, 5 * MS), (5 * MS - 900, 6 * MS)) == [
        (0, 5 * MS, -1, 0),
        (5 * MS, 6 * MS, -1, 0),
    ]


def test_what_overlaps_gets_a_lane_of_its_own():
    found = placed((0, 5 * MS), (3 * MS, 9 * MS), (4 * MS, 8 * MS), (6 * MS, 7 * MS))
    assert [lane for *_, lane in found] == [0, 1, 1, 0]
    assert found[2][2] == 1


@st.composite
def intervals(draw):
    scale = draw(st.sampled_from([1, 500, 5000]))
    times = st.integers(0, 60)
    pairs = draw(st.lists(st.tuples(times, times), max_size=40))
    return [(min(pair) * scale, max(pair) * scale) for pair in pairs]


@given(intervals())
def test_slices_of_a_lane_are_nested_or_disjoint(given_intervals):
    found = placed(*given_intervals)
    assert len(found) == len(given_intervals)
    for lane in {lane for *_, lane in found}:
        inside, last = [], -1
        for at, (start, end, parent, own) in enumerate(found):
            if own != lane:
                continue
            assert last <= start <= end
            while inside and found[inside[-1]][1] <= start:
                inside.pop()
            if inside:
                assert end <= found[inside[-1]][1]
            if parent >= 0:
                assert found[parent][3] == lane
                assert found[parent][0] <= start
                assert end <= found[parent][1]
            inside.append(at)
            last = start


def test_tracks_are_named_by_thread_and_lane():
    rows = [(0, 0, 0, 5 * MS), (1, 0, 3 * MS, 9 * MS), (1, 1, 0, 5)]
    found = placement(of(rows))
    assert found.names == ("main", "main (2)", "helper")
    assert found.tids.tolist() == [1, 2, 3]
    assert sorted(found.order.tolist()) == [0, 1, 2]


@pytest.mark.parametrize("workers", [(), ("main",)])
def test_nothing(workers):
    found = placement(of([], workers=workers))
    assert len(found.order) == 0
    assert np.array_equal(found.names, workers)

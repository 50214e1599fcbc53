"""Whose tiles are whose, and what changes hands."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lazydag.ir.distribution import grid_of, moves, owners

tiles = st.tuples(st.integers(1, 9), st.integers(1, 9))
layouts = st.tuples(tiles, st.sampled_from(["rows", "columns", "2x2", "1x3"]))


def test_tiles_are_dealt():
    assert owners("rows", (4, 1), 2).tolist() == [[0], [0], [1], [1]]
    assert owners("columns", (1, 4), 2).tolist() == [[0, 0, 1, 1]]
    assert owners("2x2", (3, 3), 4).tolist() == [[0, 1, 0], [2, 3, 2], [0, 1, 0]]
    assert owners("3", (5,), 2).tolist() == [0, 1, 0, 0, 1]


def element_owners(shape, layout, workers):
    tile, distribution = layout
    by_tile = owners(distribution, grid_of(shape, tile), workers)
    found = np.empty(shape, np.int64)
    for at in itertools.product(*map(range, shape)):
        found[at] = by_tile[tuple(i // t for i, t in zip(at, tile, strict=True))]
    return found


@given(tiles, layouts, st.none() | layouts, st.integers(1, 5))
def test_moves_are_those_of_single_elements(shape, after, before, workers):
    had = np.zeros(shape, np.int64)
    if before is not None:
        had = element_owners(shape, before, workers)
    has = element_owners(shape, after, workers)
    expected = np.zeros((workers, workers), np.int64)
    np.add.at(expected, (had.ravel(), has.ravel()), 1)
    assert moves(shape, before, after, workers).tolist() == expected.tolist()

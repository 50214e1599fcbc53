from dataclasses import replace
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided

from lazydag.runtime.alias import (
    Lower,
    Overlap,
    Region,
    Upper,
    compare,
    covers,
    overlaps,
)
from lazydag.runtime.alias import overlap as overlap_module
from tests.runtime.alias.arena import SIZE, marked, pieces


@given(st.data())
def test_overlaps_as_the_bytes_do(data):
    arena = np.zeros(SIZE, np.uint8)
    one, other = data.draw(pieces(arena)), data.draw(pieces(arena))
    mine, others = marked(*one, arena), marked(*other, arena)
    known = Overlap.SOME if (mine & others).any() else Overlap.NONE
    a, b = Region.of(*one), Region.of(*other)
    assert compare(a, b) is compare(b, a) is known
    assert overlaps(a, b) == (known is Overlap.SOME)


@given(st.data())
def test_what_covers_holds_every_byte(data):
    arena = np.zeros(SIZE, np.uint8)
    one, other = data.draw(pieces(arena)), data.draw(pieces(arena))
    mine, others = marked(*one, arena), marked(*other, arena)
    assert covers(Region.of(*one), Region.of(*other)) == (not (others & ~mine).any())


def test_tiles_of_one_matrix_interleave_and_do_not_overlap():
    for order in "CF":
        a = np.zeros((16, 16), order=order)
        tiles = [a[i : i + 4, j : j + 4] for i in (0, 4, 8, 12) for j in (0, 4, 8, 12)]
        regions = [Region.of(tile) for tile in tiles]
        assert not any(overlaps(one, other) for one, other in combinations(regions, 2))
        assert all(covers(Region.of(a), region) for region in regions)


def test_triangles_that_share_the_diagonal_or_not():
    a = np.zeros((300, 400))[20:280, 7:]
    assert overlaps(Region.of(a, Lower()), Region.of(a, Upper()))
    assert not overlaps(Region.of(a, Lower(-1)), Region.of(a, Upper()))
    assert not overlaps(Region.of(a, Lower()), Region.of(a[:100, 100:200]))
    assert overlaps(Region.of(a, Lower()), Region.of(a[:101, 100:200]))
    assert covers(Region.of(a), Region.of(a, Lower()))
    assert covers(Region.of(a, Lower(1)), Region.of(a, Lower()))
    assert not covers(Region.of(a, Lower()), Region.of(a))


def test_other_spaces_are_elsewhere():
    one, other = Region.dense("a", 0, 8), Region.dense("b", 0, 8)
    assert compare(one, other) is Overlap.NONE
    assert not covers(one, other)


def test_a_search_that_takes_too_long_is_given_up(monkeypatch):
    arena = np.zeros(40_000, np.uint8)
    one = as_strided(arena[3:], (10, 9, 7, 5), (841, 480, 1151, 1670))
    other = as_strided(arena, (11, 7, 8, 4), (1941, 1459, 1264, 217))
    exact = compare(Region.of(one), Region.of(other))
    assert exact is not Overlap.ASSUMED
    monkeypatch.setattr(overlap_module, "WORK", 1)
    assert compare(Region.of(one), Region.of(other)) is Overlap.ASSUMED
    assert overlaps(Region.of(one), Region.of(other))


def test_a_box_around_pieces_may_overlap():
    arena = np.zeros(64)
    rough = replace(Region.of(arena), exact=False)
    assert compare(rough, Region.of(arena[3:4])) is Overlap.ASSUMED
    assert compare(rough, Region.of(np.zeros(4))) is Overlap.NONE

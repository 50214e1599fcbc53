"""Arenas: nothing overlaps that is there at one time."""

from hypothesis import given
from hypothesis import strategies as st

from lazydag.compiler.memory.arena import (
    arena_within,
    lay_out,
    most_nbytes,
)
from lazydag.compiler.memory.lives import ALIGNMENT, Life


def life(first, last, nbytes):
    return Life(0, 0, nbytes, (first, last), (True, False))


drawn = st.builds(
    lambda first, length, nbytes: life(first, first + length, nbytes),
    st.integers(0, 20),
    st.integers(0, 8),
    st.sampled_from([0, 1, 256, 300, 1000, 4096]),
)


@given(st.lists(drawn, max_size=20), st.integers(0, 3))
def test_values_that_meet_lie_apart(lives, rest):
    arena = lay_out(lives, rest)
    assert most_nbytes(lives) <= arena.nbytes
    for number, one in enumerate(lives):
        start = arena.offsets[one]
        assert start % ALIGNMENT == 0
        assert start + one.nbytes <= arena.nbytes
        for other in lives[:number]:
            meet = one.first <= other.last + rest and other.first <= one.last + rest
            begin = arena.offsets[other]
            apart = start + one.nbytes <= begin or begin + other.nbytes <= start
            assert apart or not meet


@given(st.lists(st.integers(1, 5), min_size=1, max_size=20))
def test_equal_sizes_need_no_more_than_there_are(lengths):
    lives = [life(k, k + length, 1000) for k, length in enumerate(lengths)]
    assert lay_out(lives).nbytes == most_nbytes(lives)


def test_memory_rests_if_there_is_enough():
    lives = [life(k, k + 2, 1 << 20) for k in range(20)]
    offsets = arena_within(lives, 100 << 20).offsets
    places = [offsets[each] for each in lives]
    assert all(len({*places[k : k + 5]}) == 5 for k in range(15))
    assert arena_within(lives, 100 << 20).nbytes <= 6 << 20
    assert arena_within(lives, 3 << 20).nbytes == 3 << 20
    assert arena_within(lives, (3 << 20) - 1) is None


def test_no_values_need_nothing():
    assert lay_out([]).nbytes == 0


def test_values_keep_their_alignment():
    found = Life(0, 1000, 1300, (0,), (True,))
    assert (found.padding, found.taken_nbytes) == (1000 - 3 * 256, 768)

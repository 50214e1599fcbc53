"""Eviction, against memory that remembers what lies where."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.compiler.memory.eviction import Overflow, Way, moves_within
from lazydag.compiler.memory.lives import Life

UNIT = 256


def lives_of(program, sizes):
    """Return values by name, of what each step touches and whether it writes it."""
    touched = {}
    for step, uses in enumerate(program):
        for name, writes in uses.items():
            touched.setdefault(name, []).append((step, writes))
    return {
        name: Life(name, 0, sizes[name], *map(tuple, zip(*uses, strict=True)))
        for name, uses in touched.items()
    }


def check(lives, count, budget, kept, moves):
    """Follow the versions of values through memory, and through copies elsewhere."""
    memory, elsewhere, versions = {}, {}, {}
    for step in range(count):
        for move in moves.before.get(step, ()):
            if move.way is Way.OUT:
                assert memory[move.life] == move.offset
                elsewhere[move.life] = versions.get(move.life)
                del memory[move.life]
            else:
                place(memory, move.life, move.offset)
                assert elsewhere[move.life] == versions.get(move.life)
        wanted = [life for life in lives if step in life.steps]
        assert {*moves.offsets[step]} == {*wanted}
        for life in wanted:
            offset = moves.offsets[step][life]
            assert offset + life.nbytes <= min(budget, moves.nbytes)
            if life.first == step:
                place(memory, life, offset)
            assert memory[life] == offset
            if life.writes[life.steps.index(step)]:
                versions[life] = step
            if (life, step) in kept:
                elsewhere[life] = versions.get(life)


def place(memory, life, offset):
    """Put a value somewhere; what lies there is gone."""
    stop = offset + life.taken_nbytes
    for other, start in list(memory.items()):
        if start < stop and offset < start + other.taken_nbytes:
            del memory[other]
    memory[life] = offset


names = st.integers(0, 6)
programs = st.lists(
    st.dictionaries(names, st.booleans(), min_size=1, max_size=3),
    min_size=1,
    max_size=25,
)


@given(
    programs,
    st.lists(st.integers(0, 3), min_size=7, max_size=7),
    st.integers(1, 14),
    st.integers(0, 3),
    st.data(),
)
def test_values_are_where_they_are_needed(program, units, budget, rest, data):
    by_name = lives_of(program, [UNIT * n for n in units])
    lives = list(by_name.values())
    touches = [(by_name[name], k) for k, uses in enumerate(program) for name in uses]
    kept = {each for each in touches if data.draw(st.booleans())}
    found = moves_within(lives, len(program), UNIT * budget, kept, rest)
    if isinstance(found, Overflow):
        assert sum(units[name] for name in program[found.step]) > budget
        assert found.nbytes > UNIT * budget
        return
    check(lives, len(program), UNIT * budget, kept, found)


def fetches(moves):
    return [
        m.life.slot for each in moves.before.values() for m in each if m.way is Way.IN
    ]


def least_faults(pages, room):
    """Return how often a page has to return, by trying all."""
    states = {frozenset(): 0}
    for page in pages:
        found = {}
        for state, cost in states.items():
            if page in state:
                options = [(state, cost)]
            elif len(state) < room:
                options = [(state | {page}, cost + 1)]
            else:
                options = [(state - {old} | {page}, cost + 1) for old in state]
            for new, total in options:
                found[new] = min(found.get(new, total), total)
        states = found
    return min(states.values()) - len({*pages})


@given(st.lists(st.integers(0, 5), min_size=1, max_size=20), st.integers(1, 4))
def test_pages_return_as_seldom_as_possible(pages, room):
    by_name = lives_of([{page: False} for page in pages], [UNIT] * 6)
    found = moves_within(list(by_name.values()), len(pages), UNIT * room, rest=0)
    assert len(fetches(found)) == least_faults(pages, room)


def test_what_is_kept_elsewhere_leaves_without_a_move():
    program = [{0: True}, {1: True}, {0: False}, {1: False}]
    by_name = lives_of(program, [UNIT] * 2)
    kept = {(by_name[0], 0), (by_name[1], 1)}
    found = moves_within(list(by_name.values()), 4, UNIT, kept)
    ways = [move.way for each in found.before.values() for move in each]
    assert ways == [Way.IN, Way.IN]


def test_memory_that_was_just_used_is_left_alone():
    count = 20
    program = [{k: True} for k in range(count)]
    by_name = lives_of(program, [UNIT] * count)
    found = moves_within(list(by_name.values()), count, 3 * UNIT, rest=2)
    places = [*(next(iter(each.values())) for each in found.offsets)]
    assert all(a != b for a, b in pairwise(places))


@pytest.mark.parametrize("budget", [2, 3])
def test_the_step_that_does_not_fit_is_named(budget):
    program = [{0: True}, {0: False, 1: True, 2: True, 3: True}]
    lives = list(lives_of(program, [UNIT] * 4).values())
    found = moves_within(lives, 2, budget * UNIT)
    assert isinstance(found, Overflow)
    assert (found.step, found.nbytes) == (1, 4 * UNIT)
    assert {life.slot for life in found.lives} == {0, 1, 2, 3}

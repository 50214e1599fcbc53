"""Values in slots, against following each byte."""

from hypothesis import given
from hypothesis import strategies as st

from lazydag.compiler.memory.lives import lives_of
from lazydag.runtime import Access, Mode

N = 12


def access(mode, start=0, stop=N, slot=0):
    return Access(slot, mode, start, stop)


def lives(*steps):
    return lives_of([[each] for each in steps], {0: N})


def test_a_value_ends_where_the_next_is_written():
    first, second = lives(*map(access, (Mode.OUT, Mode.IN, Mode.OUT, Mode.IN)))
    assert (first.steps, second.steps) == ((0, 1), (2, 3))
    assert first.writes == (True, False)


def test_a_value_is_written_in_parts():
    (found,) = lives(access(Mode.OUT, 0, 6), access(Mode.OUT, 6, 12), access(Mode.IN))
    assert found.steps == (0, 1, 2)


def test_a_smaller_value_in_a_large_slot():
    first, second = lives(
        access(Mode.OUT), access(Mode.IN), access(Mode.OUT, 0, 4), access(Mode.IN, 0, 4)
    )
    assert (first.nbytes, second.nbytes) == (12, 4)


def test_what_is_written_over_in_part_is_one_value():
    (found,) = lives(
        access(Mode.OUT),
        access(Mode.INOUT, 0, 4),
        access(Mode.OUT, 4, 8),
        access(Mode.IN),
    )
    assert found.steps == (0, 1, 2, 3)


def test_parts_that_nobody_touches_together_are_values_of_their_own():
    found = lives(
        access(Mode.OUT, 0, 4),
        access(Mode.OUT, 4, 12),
        access(Mode.IN, 5, 12),
        access(Mode.IN, 0, 4),
    )
    assert {(each.start, each.steps) for each in found} == {(0, (0, 3)), (4, (1, 2))}


def test_parts_that_a_step_touches_stay_together():
    steps = [[access(Mode.OUT, 0, 4)], [access(Mode.OUT, 8, 12)]]
    steps.append([access(Mode.IN, 0, 4), access(Mode.IN, 8, 12)])
    (found,) = lives_of(steps, {0: N})
    assert (found.start, found.stop, found.steps) == (0, 12, (0, 1, 2))


spans = st.tuples(st.integers(0, N), st.integers(0, N)).map(sorted)
steps = st.lists(st.tuples(st.sampled_from(Mode), spans), max_size=12)


@given(steps)
def test_no_byte_is_read_that_an_earlier_value_wrote(steps):
    accesses = [access(mode, *span) for mode, span in steps]
    found = lives(*accesses)
    touched = [step for life in found for step in life.steps]
    assert sorted(touched) == list(range(len(steps)))
    writer = {}
    for number, each in enumerate(accesses):
        (life,) = (life for life in found if number in life.steps)
        assert life.start <= each.start
        assert each.stop <= life.stop
        if each.mode.reads:
            seen = {writer.get(byte, life) for byte in range(each.start, each.stop)}
            assert seen <= {life}
        if each.mode.writes:
            writer |= dict.fromkeys(range(each.start, each.stop), life)

from hypothesis import given
from hypothesis import strategies as st

from lazydag.runtime.edges import Access, Mode, predecessors

IN, OUT, INOUT = Mode.IN, Mode.OUT, Mode.INOUT


def edges(*tasks):
    return predecessors([[Access(*access) for access in task] for task in tasks])


def test_read_after_write_write_after_read_write_after_write():
    assert edges([(0, OUT)], [(0, IN)]) == ((), (0,))
    assert edges([(0, IN)], [(0, OUT)]) == ((), (0,))
    assert edges([(0, OUT)], [(0, OUT)]) == ((), (0,))
    assert edges([(0, IN)], [(0, IN)]) == ((), ())


def test_a_write_hides_what_it_covers():
    assert edges([(0, OUT)], [(0, INOUT)], [(0, IN)]) == ((), (0,), (1,))


def test_a_writer_waits_for_the_readers_since_the_last_write():
    assert edges([(0, OUT)], [(0, IN)], [(0, IN)], [(0, OUT)])[3] == (1, 2)


def test_other_slots_are_independent():
    assert edges([(0, OUT)], [(1, OUT)], [(0, IN), (1, IN)]) == ((), (), (0, 1))


def test_byte_ranges_conflict_where_they_overlap():
    halves = edges([(0, OUT, 0, 8)], [(0, OUT, 8, 16)], [(0, IN, 4, 8)], [(0, IN)])
    assert halves == ((), (), (0,), (0, 1))


def test_a_partial_write_does_not_hide_the_rest():
    assert edges([(0, OUT)], [(0, OUT, 0, 8)], [(0, IN, 8, 16)])[2] == (0,)


def test_a_task_does_not_wait_for_itself():
    assert edges([(0, IN), (0, OUT)], [(0, IN), (0, OUT)]) == ((), (0,))


accesses = st.builds(
    lambda slot, mode, start, length: Access(slot, mode, start, start + length),
    st.integers(0, 2),
    st.sampled_from(list(Mode)),
    st.integers(0, 6),
    st.integers(1, 4),
)


def conflict(one, other):
    return any(
        a.slot == b.slot
        and max(a.start, b.start) < min(a.stop, b.stop)
        and (a.mode.writes or b.mode.writes)
        for a in one
        for b in other
    )


@given(st.lists(st.lists(accesses, max_size=3), max_size=12))
def test_every_conflict_is_ordered_and_every_edge_is_a_conflict(tasks):
    found = predecessors(tasks)
    before: list[set[int]] = []
    for number, direct in enumerate(found):
        assert all(conflict(tasks[other], tasks[number]) for other in direct)
        before.append(set(direct).union(*(before[other] for other in direct)))
    for number, own in enumerate(tasks):
        for other in range(number):
            if conflict(tasks[other], own):
                assert other in before[number]


def test_a_write_of_part_waits_for_the_rest_through_what_it_follows():
    parts = edges([(0, OUT)], [(0, INOUT, 0, 8)], [(0, INOUT, 0, 8)], [(0, IN, 4, 16)])
    assert parts == ((), (0,), (1,), (2,))


def test_many_readers_take_linear_time():
    tasks = [[Access(0, IN), Access(1 + number, OUT)] for number in range(50_000)]
    assert len(predecessors(tasks)) == 50_000


def test_many_ranges_of_one_slot_take_linear_time():
    count = 10_000
    rows = [[Access(0, OUT, 8 * n, 8 * n + 8)] for n in range(count)]
    readers = [[Access(0, IN, 8 * n, 8 * n + 16)] for n in range(count - 1)]
    found = predecessors([*rows, *readers])
    assert found[count + 7] == (7, 8)

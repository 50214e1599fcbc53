import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.errors import DTypeError
from lazydag.runtime.alias import Lower, Recorder, Region, Upper
from lazydag.runtime.alias import overlap as overlap_module
from lazydag.runtime.mode import Mode
from tests.runtime.alias.arena import SIZE, marked, pieces

IN, OUT, INOUT = Mode.IN, Mode.OUT, Mode.INOUT
modes = st.sampled_from(list(Mode))


def edges(*tasks, recorder=None):
    recorder = recorder or Recorder()
    for number, accesses in enumerate(tasks):
        recorder.add(number, [(recorder.number(a), mode) for a, mode in accesses])
    sources, destinations = recorder.edges()
    assert sources.dtype == destinations.dtype == np.int64
    found = list(zip(sources.tolist(), destinations.tolist(), strict=True))
    assert len(found) == len(set(found))
    return found


def closure(edges, count):
    """Return for each task all that run before it."""
    before = [set() for _ in range(count)]
    for source, destination in sorted(edges, key=lambda edge: edge[1]):
        assert source < destination
        before[destination] |= {source} | before[source]
    return before


def conflicts(tasks):
    """Return the pairs of tasks with a common byte that one of them writes."""
    return [
        (source, destination)
        for destination, own in enumerate(tasks)
        for source, earlier in enumerate(tasks[:destination])
        if any(
            (mode.writes or other.writes) and (mine & theirs).any()
            for mine, mode in own
            for theirs, other in earlier
        )
    ]


@st.composite
def programs(draw, arena):
    """Tasks that access one to three of a few views."""
    known = draw(st.lists(pieces(arena), min_size=1, max_size=8))
    accesses = st.tuples(st.sampled_from(known), modes)
    return draw(st.lists(st.lists(accesses, max_size=3), max_size=14))


@settings(max_examples=200)
@given(st.data())
def test_the_order_is_that_of_all_conflicts_and_no_other(data):
    arena = np.zeros(SIZE, np.uint8)
    program = data.draw(programs(arena))
    recorder = Recorder()
    for number, own in enumerate(program):
        accesses = [(recorder.number(*piece), mode) for piece, mode in own]
        recorder.add(number, accesses)
    found = list(zip(*recorder.edges(), strict=True))
    expected = conflicts(
        [[(marked(*piece, arena), mode) for piece, mode in own] for own in program]
    )
    assert set(found) <= set(expected)
    assert closure(found, len(program)) == closure(expected, len(program))
    assert recorder.assumed() == []


@settings(max_examples=50)
@given(st.data())
def test_what_is_assumed_to_overlap_only_adds_order(data):
    arena = np.zeros(SIZE, np.uint8)
    program = data.draw(programs(arena))
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(overlap_module, "WORK", 0)
        for number, own in enumerate(program):
            accesses = [(recorder.number(*piece), mode) for piece, mode in own]
            recorder.add(number, accesses)
    found = closure(zip(*recorder.edges(), strict=True), len(program))
    for source, destination in conflicts(
        [[(marked(*piece, arena), mode) for piece, mode in own] for own in program]
    ):
        assert source in found[destination]


def test_read_after_write_write_after_read_write_after_write():
    a = np.zeros(4)
    assert edges([(a, OUT)], [(a, IN)]) == [(0, 1)]
    assert edges([(a, IN)], [(a, OUT)]) == [(0, 1)]
    assert edges([(a, OUT)], [(a, INOUT)]) == [(0, 1)]
    assert edges([(a, IN)], [(a, IN)]) == []


def test_a_task_waits_neither_for_itself_nor_twice():
    a = np.zeros(4)
    twice = [(a, IN), (a, OUT), (a[1:], INOUT)]
    assert edges(twice, twice) == [(0, 1)]


def test_writers_of_tiles_wait_once_for_the_whole():
    a = np.zeros((4, 4))
    found = edges([(a, OUT)], [(a[:2], INOUT)], [(a[:2], INOUT)], [(a[2:], IN)])
    assert found == [(0, 1), (1, 2), (0, 3)]


def test_the_whole_waits_for_all_tiles_and_not_for_what_they_waited_for():
    a = np.zeros((4, 4))
    found = edges([(a, OUT)], [(a[:2], INOUT)], [(a[2:], INOUT)], [(a, IN)], [(a, OUT)])
    assert found == [(0, 1), (0, 2), (1, 3), (2, 3), (3, 4)]


def test_a_write_of_the_whole_retires_what_was_before():
    a = np.zeros((4, 4))
    found = edges([(a[:2], INOUT)], [(a, OUT)], [(a[:2], IN)], [(a[:1], INOUT)])
    assert found == [(0, 1), (1, 2), (2, 3)]


def test_columns_do_not_wait_for_each_other():
    a = np.zeros((8, 8))
    assert edges(*([(a[:, j], INOUT)] for j in range(8))) == []


def test_red_and_black():
    a = np.zeros((8, 8))
    red, black = (a[::2, ::2], a[1::2, 1::2]), (a[::2, 1::2], a[1::2, ::2])
    update = [(view, INOUT) for view in red] + [(view, IN) for view in black]
    other = [(view, INOUT) for view in black] + [(view, IN) for view in red]
    assert edges(update, other, update) == [(0, 1), (1, 2)]


def test_triangles_run_side_by_side():
    a = np.zeros((4, 4))
    recorder = Recorder()
    lower, upper = recorder.number(a, Lower(-1)), recorder.number(a, Upper())
    recorder.add(0, [(lower, INOUT)])
    recorder.add(1, [(upper, INOUT)])
    recorder.add(2, [(recorder.number(a.T, Upper(1)), IN)])
    assert [column.tolist() for column in recorder.edges()] == [[0], [2]]


def test_no_bytes_no_edges():
    empty = np.zeros((4, 0))
    assert edges([(empty, OUT)], [(empty, INOUT)]) == []


def test_numbers_are_those_of_first_sight():
    a, recorder = np.zeros((4, 4)), Recorder()
    assert [recorder.number(view) for view in (a, a[:2], a.T, a[:2], a[2:])] == [
        *(0, 1, 0, 1, 2)
    ]
    assert recorder.number_of(Region.of(a[2:])) == 2
    assert recorder.number_of(Region.dense("a device", 0, 8)) == 3


def test_tasks_come_in_order():
    recorder = Recorder()
    recorder.add(3, [])
    with pytest.raises(ValueError, match="task 3 comes after task 3"):
        recorder.add(3, [])


def test_objects_are_refused():
    with pytest.raises(DTypeError):
        Recorder().number(np.array([None]))


def test_what_was_assumed_is_told(monkeypatch):
    monkeypatch.setattr(overlap_module, "WORK", 0)
    arena = np.zeros(1000)
    one, other = arena[::7][:100], arena[3::5][:150]
    recorder = Recorder()
    assert edges([(one, OUT)], [(other, IN)], recorder=recorder) == [(0, 1)]
    assert recorder.assumed() == [(Region.of(one), Region.of(other))]


@pytest.mark.parametrize("order", ["C", "F"])
def test_as_many_edges_as_a_tiled_factorisation_has(order):
    tiles, size = 8, 4
    a = np.zeros((tiles * size, tiles * size), order=order)

    def tile(i, j):
        return a[i * size : (i + 1) * size, j * size : (j + 1) * size]

    tasks = []
    for k in range(tiles):
        tasks.append([(tile(k, k), INOUT)])
        tasks += [[(tile(k, k), IN), (tile(m, k), INOUT)] for m in range(k + 1, tiles)]
        for n in range(k + 1, tiles):
            tasks.append([(tile(n, k), IN), (tile(n, n), INOUT)])
            tasks += [
                [(tile(m, k), IN), (tile(n, k), IN), (tile(m, n), INOUT)]
                for m in range(n + 1, tiles)
            ]
    found = edges(*tasks)
    names = [[(view.ctypes.data, mode) for view, mode in own] for own in tasks]
    last: dict[int, int] = {}
    expected = set()
    for number, own in enumerate(names):
        expected |= {(last[name], number) for name, _ in own if name in last}
        last |= {name: number for name, mode in own if mode is INOUT}
    assert set(found) == expected


def test_many_tiles_of_one_matrix_take_linear_time():
    def seconds(rows):
        a = np.zeros((rows * 4, rows * 4))
        begin = time.process_time()
        edges(
            *(
                [(a[i : i + 4, j : j + 4], INOUT)]
                for i in range(0, rows * 4, 4)
                for j in range(0, rows * 4, 4)
            )
        )
        return time.process_time() - begin

    small, large = (min(seconds(rows) for _ in range(2)) for rows in (20, 80))
    assert large < 16 * small * 4


def test_many_readers_take_linear_time():
    a = np.zeros(20_000)
    tasks = [[(a, IN)] for _ in range(20_000)]
    tasks += [[(a[i : i + 1], OUT)] for i in range(0, 200, 20)]
    found = edges(*tasks[:5000], *tasks[-5:], *tasks[5000:20_000])
    assert len(found) == 5 * 5000 + 5 * 15_000


def test_a_chain_of_updates_of_parts_and_the_whole():
    a = np.zeros((64, 64))
    tasks = [[(a[i % 64], INOUT)] if i % 3 else [(a, INOUT)] for i in range(301)]
    found = edges(*tasks)
    assert closure(found, 301)[300] == set(range(300))
    assert len(found) < 2 * 301
    assert all(i - 3 < k for k, i in found)
    assert all(a < b for a, b in pairwise(sorted(i for _, i in found if i % 3 == 1)))

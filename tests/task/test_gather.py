"""`fetch`, `wait`, `as_completed` and `map`."""

import itertools
import threading
import time
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

import lazydag as ld
from lazydag.errors import TaskTimeoutError, UsageError
from lazydag.task import as_completed, fetch, map, options, spawn, wait

pytestmark = pytest.mark.timeout(30)


def fail():
    raise ValueError("no")


def later(value, seconds=0.01):
    time.sleep(seconds)
    return value


@pytest.fixture
def blocked():
    """A task that runs until the test ends."""
    gate = threading.Event()
    task = spawn(gate.wait, 20)
    yield task
    gate.set()
    task.result()


@dataclass
class Both:
    a: object
    b: object


def test_fetch_of_trees(any_threads):
    lazy = ld.arange(3) + 1
    found = fetch(
        {"a": [spawn(later, 1), 2], "b": Both(spawn(abs, -3), lazy), "c": None}
    )
    assert found["a"] == [1, 2]
    assert found["b"].a == 3
    assert type(found["b"].b) is np.ndarray
    assert found["b"].b.tolist() == [1, 2, 3]
    assert found["c"] is None
    assert fetch(4) == 4
    assert fetch(spawn(abs, -1)) == 1


def test_fetch_of_tables():
    table = pd.DataFrame(
        {"n": [spawn(abs, -n) for n in range(3)], "t": ["a", "b", "c"]},
        index=["x", "y", "z"],
    )
    found = fetch(table)
    assert found["n"].tolist() == [0, 1, 2]
    assert found["n"].dtype.kind == "i"
    assert found.loc["y", "t"] == "b"
    assert fetch(table["n"]).sum() == 3


def test_fetch_of_arrays_of_tasks():
    tasks = np.array([[spawn(abs, -n) for n in range(3)]] * 2, object)
    assert fetch(tasks).tolist() == [[0, 1, 2], [0, 1, 2]]
    plain = np.ones(3)
    assert fetch(plain) is plain


def test_fetch_raises_what_failed():
    with pytest.raises(ValueError, match="no"):
        fetch([spawn(abs, 1), spawn(fail)])


def test_wait_for_all(any_threads):
    tasks = [spawn(later, n) for n in range(5)] + [spawn(fail)]
    done, not_done = wait(tasks)
    assert done == set(tasks)
    assert not not_done


def test_wait_for_the_first(blocked, threads):
    threads(2)
    quick = spawn(later, 1)
    done, not_done = wait([blocked, quick], return_when=FIRST_COMPLETED)
    assert (done, not_done) == ({quick}, {blocked})
    assert wait([blocked, quick], return_when=FIRST_COMPLETED).done == {quick}


def test_wait_for_the_first_exception(blocked, threads):
    threads(2)
    good, bad = spawn(later, 1), spawn(fail)
    done, not_done = wait([blocked, good, bad], return_when=FIRST_EXCEPTION)
    assert bad in done
    assert blocked in not_done
    assert wait([good, spawn(abs, 1)], return_when=FIRST_EXCEPTION).not_done == set()


def test_wait_with_a_timeout(blocked):
    start = time.perf_counter()
    done, not_done = wait([blocked, blocked], timeout=0.02)
    assert (done, not_done) == (set(), {blocked})
    assert 0.015 < time.perf_counter() - start < 5
    for _ in range(3):
        wait([blocked], timeout=0)
    assert not blocked._waiters


def test_wait_is_told_how():
    with pytest.raises(UsageError, match="return_when is 'SOON'"):
        wait([], return_when="SOON")
    assert wait([]) == (set(), set())


def test_as_completed(any_threads):
    tasks = [spawn(later, n, 0.002 * (5 - n)) for n in range(5)]
    found = list(as_completed([*tasks, tasks[0]]))
    assert len(found) == 5
    assert set(found) == set(tasks)
    assert all(task.done() for task in found)


def test_as_completed_returns_early_ones_first(blocked, threads):
    threads(3)
    quick = spawn(later, 1)
    iterator = as_completed([blocked, quick], timeout=20)
    assert next(iterator) is quick
    iterator.close()
    with pytest.raises(TaskTimeoutError, match="1 of 1 tasks were not done after 0"):
        next(as_completed([blocked], timeout=0.01))


def test_map_keeps_the_order(any_threads):
    assert list(map(later, range(40), itertools.repeat(0.001))) == list(range(40))
    assert list(map(pow, [2, 3], [3, 2, 9])) == [8, 9]
    assert list(map(abs, [])) == []


def test_map_is_lazy():
    taken = []

    def numbers():
        for n in itertools.count():
            taken.append(n)
            yield n

    found = map(abs, numbers(), window=4)
    assert len(taken) <= 5
    assert [next(found) for _ in range(10)] == list(range(10))
    assert len(taken) <= 16
    found.close()


def test_map_stops_at_a_failure(threads):
    threads(1)
    ran = []

    def work(n):
        if n == 2:
            raise ValueError("two")
        ran.append(n)
        return n

    found = map(work, range(100), window=3)
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(ValueError, match="two") as info:
        next(found)
    assert "test_gather.py" in info.value.__notes__[0]
    assert len(ran) < 10
    assert list(found) == []


def test_map_takes_options():
    (name,) = map(lambda _: ld.current_task().name, [1], options=options(name="mapped"))
    assert name == "mapped"
    with pytest.raises(UsageError, match="window is 0"):
        map(abs, [1], window=0)


def test_inside_of_tasks(any_threads):
    def work():
        first = fetch([spawn(later, n) for n in range(4)])
        second = sorted(task.result() for task in as_completed([spawn(later, 4)]))
        third = list(map(abs, [-5, -6]))
        done, _ = wait([spawn(later, 7)], return_when=FIRST_COMPLETED)
        return first + second + third + [task.result() for task in done]

    tasks = [spawn(work) for _ in range(8)]
    assert [task.result() for task in tasks] == [list(range(8))] * 8

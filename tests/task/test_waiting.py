"""Waiting inside of tasks: nesting of any depth, and deadlocks."""

import threading
import time

import pytest

from lazydag.errors import DeadlockError
from lazydag.runtime.dynamic import scheduler
from lazydag.task import current_task, spawn, sync, wait

pytestmark = pytest.mark.timeout(60)


def test_recursion(any_threads):
    def fibonacci(n):
        if n < 2:
            return n
        first = spawn(fibonacci, n - 1)
        second = spawn(fibonacci, n - 2)
        return first.result() + second.result()

    assert spawn(fibonacci, 15).result() == 610


def test_nesting_10000_deep(any_threads):
    def nested(n):
        return 0 if n == 0 else 1 + spawn(nested, n - 1).result()

    assert spawn(nested, 10_000).result() == 10_000


def test_nesting_with_a_timeout(any_threads):
    def nested(n):
        return 0 if n == 0 else 1 + spawn(nested, n - 1).result(timeout=50)

    assert spawn(nested, 100).result(timeout=50) == 100


def test_nesting_through_sync(any_threads):
    def nested(n):
        if n:
            with sync():
                spawn(nested, n - 1)
        reached.append(n)

    reached = []
    spawn(nested, 500).result()
    assert reached == list(range(501))


def test_the_number_of_tasks_that_run_is_bounded(threads):
    threads(3)
    lock, running, most = threading.Lock(), 0, 0

    def work(depth):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        if depth:
            children = [spawn(work, depth - 1) for _ in range(3)]
            for child in reversed(children):
                child.result()

    with sync():
        for _ in range(4):
            spawn(work, 3)
    assert most <= 3
    assert scheduler.slots.taken <= 3


def test_waiting_gives_the_slot_up(threads):
    threads(1)
    gate = threading.Event()

    def waits():
        return other.result(timeout=20)

    def opens():
        gate.set()

    other = spawn(gate.wait, 20)
    while not other.running():
        time.sleep(0.001)
    tasks = [spawn(waits) for _ in range(5)]
    threads(2)
    for task in tasks:
        while not (task.running() or task.done()):
            time.sleep(0.001)
    spawn(opens).result(timeout=20)
    assert all(task.result(timeout=20) for task in tasks)


def test_a_task_that_waits_for_itself(any_threads):
    def work():
        return current_task().result()

    with pytest.raises(DeadlockError, match=r"task .*work waits for itself\n  at"):
        spawn(work).result()


def test_a_task_that_waits_for_one_that_takes_its_result(any_threads):
    def work():
        return spawn(abs, [current_task()]).result()

    error = spawn(work).exception()
    assert isinstance(error, DeadlockError)
    assert "tasks wait for each other:" in str(error)
    assert "work -> abs ->" in str(error)


@pytest.mark.parametrize("count", [2, 3, 20])
def test_a_circle(threads, count):
    threads(2)
    tasks, ready = [], threading.Event()

    def work(n):
        ready.wait(20)
        return tasks[(n + 1) % count].result()

    tasks += [spawn(work, n) for n in range(count)]
    ready.set()
    wait(tasks)
    errors = [task.exception() for task in tasks]
    assert all(isinstance(error, DeadlockError) for error in errors)
    assert "tasks wait for each other" in str(errors[0])
    if count == 20:
        assert "(14 more)" in str(errors[0]) or "(15 more)" in str(errors[0])


def test_a_circle_through_sync(any_threads):
    def work():
        me = current_task()
        with sync():
            spawn(me.result)

    error = spawn(work).exception()
    assert isinstance(error, DeadlockError | ExceptionGroup)


def test_waiting_is_not_a_deadlock(threads):
    """Many wait for one, which waits for others that wait for one more."""
    threads(2)
    last = spawn(time.sleep, 0.05)
    middle = [spawn(last.result) for _ in range(10)]
    first = spawn(lambda: [task.result() for task in middle])
    many = [spawn(first.result) for _ in range(50)]
    for task in many:
        assert task.result() == [None] * 10


def test_more_waiting_tasks_than_spare_threads(threads):
    threads(2)
    before = threading.active_count()
    gate = threading.Event()
    slow = spawn(gate.wait, 20)
    while not slow.running():
        time.sleep(0.001)
    many = [spawn(slow.result) for _ in range(2 * before + 300)]
    time.sleep(0.1)
    most = threading.active_count()
    gate.set()
    assert all(task.result(timeout=20) for task in many)
    assert most < before + 100


def test_many_wait_with_timeouts_for_what_has_not_started(threads):
    """No thread runs what they wait for, unless more are started."""
    threads(1)

    def work(n):
        return spawn(abs, n).result(timeout=40)

    tasks = [spawn(work, n) for n in range(200)]
    assert [task.result(timeout=40) for task in tasks] == list(range(200))

"""What options do: retries, timeouts, priorities, names, and where they come from."""

import threading
import time

import pytest

from lazydag.errors import (
    LazydagError,
    TargetError,
    TaskCancelledError,
    TaskTimeoutError,
    UsageError,
)
from lazydag.task import (
    cancelled,
    check_cancelled,
    current_task,
    options,
    spawn,
    sync,
    task,
)

pytestmark = pytest.mark.timeout(30)


def mine():
    return current_task()._options


class Flaky:
    """Fails so many times, then returns how often it was called, and when."""

    def __init__(self, fails, error=OSError):
        self.fails, self.error, self.times = fails, error, []

    def __call__(self):
        self.times.append(time.perf_counter())
        if len(self.times) <= self.fails:
            raise self.error("again")
        return len(self.times)


def test_retries_with_backoff(any_threads):
    flaky = Flaky(3)
    assert spawn(flaky, options=options(retries=3, backoff=0.02)).result() == 4
    waits = [b - a for a, b in zip(flaky.times, flaky.times[1:], strict=False)]
    for wait, longest in zip(waits, (0.02, 0.04, 0.08), strict=True):
        assert 0.75 * longest <= wait < longest + 1


def test_no_attempts_left():
    flaky = Flaky(3)
    found = spawn(flaky, options=options(retries=2, backoff=0.001))
    with pytest.raises(OSError, match="again"):
        found.result()
    assert len(flaky.times) == 3


def test_other_tasks_run_between_attempts(threads):
    threads(1)
    flaky = spawn(Flaky(1), options=options(retries=1, backoff=0.5))
    start = time.perf_counter()
    assert spawn(abs, -1).result(timeout=20) == 1
    assert time.perf_counter() - start < 0.4
    assert flaky.result() == 2


def test_cancelling_between_attempts():
    flaky = Flaky(1)
    found = spawn(flaky, options=options(retries=1, backoff=0.2))
    while not flaky.times:
        time.sleep(0.001)
    time.sleep(0.02)
    assert found.cancel()
    time.sleep(0.3)
    assert len(flaky.times) == 1
    assert found.cancelled()


def test_what_is_no_error_is_not_tried_again():
    flaky = Flaky(1, SystemExit)
    found = spawn(flaky, options=options(retries=3, backoff=0.001))
    assert isinstance(found.exception(), SystemExit)
    assert len(flaky.times) == 1


def test_a_timeout():
    ended = threading.Event()

    def work():
        while not cancelled():
            time.sleep(0.002)
        ended.set()

    found = spawn(work, options=options(timeout=0.05))
    after = spawn(abs, found)
    start = time.perf_counter()
    with pytest.raises(TaskTimeoutError, match=r"longer than its timeout of 0\.05 s"):
        found.result()
    assert 0.03 < time.perf_counter() - start < 5
    assert isinstance(after.exception().__cause__, TaskTimeoutError)
    assert ended.wait(20)


def test_a_task_in_time_is_left_alone():
    found = spawn(time.sleep, 0.01, options=options(timeout=0.1))
    found.result()
    time.sleep(0.15)
    assert found.exception() is None


def test_the_timeout_counts_from_the_start(threads):
    threads(1)
    first = spawn(time.sleep, 0.2)
    second = spawn(abs, -1, options=options(timeout=0.1))
    assert second.result(timeout=20) == 1
    assert first.done()


def test_late_tasks_do_not_stop_the_others(threads):
    threads(2)
    gate = threading.Event()
    chosen = options(timeout=0.02)
    late = [spawn(gate.wait, 20, options=chosen) for _ in range(3)]
    late.append(spawn(lambda: spawn(gate.wait, 20, options=chosen).result()))
    assert [type(one.exception(timeout=20)) for one in late] == [TaskTimeoutError] * 4
    assert spawn(sum, [spawn(abs, n) for n in range(50)]).result(timeout=20) == 1225
    gate.set()
    assert spawn(abs, -1).result() == 1


def test_attempts_that_are_late(any_threads):
    def work():
        time.sleep(0.004)
        raise OSError

    chosen = options(retries=1000, backoff=0.001, timeout=0.02)
    tasks = [spawn(work, options=chosen) for _ in range(30)]
    after = [spawn(abs, one) for one in tasks]
    for one, late in zip(after, tasks, strict=True):
        assert isinstance(one.exception().__cause__, TaskTimeoutError)
        assert late.done()
    assert spawn(abs, -1).result() == 1


def test_cooperative_cancellation():
    started = threading.Event()

    def work():
        started.set()
        while True:
            check_cancelled()
            time.sleep(0.001)

    found = spawn(work)
    assert started.wait(20)
    assert not found.cancel()
    with pytest.raises(TaskCancelledError):
        found.result()
    assert found.cancelled()


def test_outside_of_tasks():
    assert current_task() is None
    assert not cancelled()
    check_cancelled()


def test_scopes_flow_into_nested_tasks():
    def nested():
        inner = [spawn(mine) for _ in range(2)]
        with options(priority=9):
            inner.append(spawn(mine))
        return [found.result() for found in inner], mine()

    with options(priority=2, retries=1), options(retries=4, name="n"):
        found = spawn(nested, options=options(name="own"))
    (a, b, c), own = found.result()
    assert (own.name, own.priority, own.retries) == ("own", 2, 4)
    assert a is b
    assert (a.name, a.priority, a.retries) == ("n", 2, 4)
    assert (c.name, c.priority, c.retries) == ("n", 9, 4)
    assert spawn(mine).result() is None


def test_defaults_of_a_function():
    @task(retries=2, name="default", backoff=0.001)
    def work(fails=0):
        """Say what holds."""
        return current_task() and mine()

    assert work() is None
    assert work.__doc__ == "Say what holds."
    assert spawn(work).result().retries == 2
    with options(retries=5):
        found = spawn(work, options=options(name="own")).result()
    assert (found.name, found.retries) == ("own", 5)

    @task
    def plain(x):
        return x

    assert spawn(plain, 3).result() == plain(3) == 3


def test_methods_with_defaults():
    class Thing:
        @task(name="method")
        def work(self, x):
            return self, x

    thing = Thing()
    found = spawn(thing.work, 1)
    assert found.result() == (thing, 1)
    assert found.name == "method"
    assert repr(Thing.work) == (
        "<task function test_methods_with_defaults.<locals>.Thing.work>"
    )


def test_priorities(threads):
    threads(1)
    order, gate = [], threading.Event()
    first = spawn(gate.wait, 20)
    while not first.running():
        time.sleep(0.001)
    for n, priority in enumerate([0, 1, -1, 0, 5, 1]):
        spawn(order.append, n, options=options(priority=priority))
    last = spawn(order.append, "last", options=options(priority=-9))
    gate.set()
    last.result(timeout=20)
    assert order == [4, 1, 5, 0, 3, 2, "last"]


def test_priorities_in_a_sync_block(threads):
    threads(1)
    order, gate = [], threading.Event()
    with sync():
        spawn(gate.wait, 20)
        for n in range(5):
            spawn(order.append, n, options=options(priority=n))
        gate.set()
    assert order == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": 3},
        {"name": ""},
        {"priority": "high"},
        {"priority": True},
        {"priority": float("nan")},
        {"retries": -1},
        {"retries": 1.5},
        {"backoff": -1.0},
        {"timeout": float("inf")},
        {"timeout": -1},
        {"cost": "much"},
        {"runs_on": "gpu"},
    ],
)
def test_wrong_values(wrong):
    (name,) = wrong
    with pytest.raises(UsageError, match=f"{name} is "):
        options(**wrong)


def test_scopes_are_devices():
    assert spawn(abs, -1, options=options(scope="cpu")).result() == 1
    assert spawn(abs, -1, options=options(scope=("cpu:0", "cpu"))).result() == 1
    with pytest.raises(TargetError, match="no device 'gpu:0'"):
        options(scope="gpu:0")
    with pytest.raises(LazydagError):
        task(scope=("cpu", 3))

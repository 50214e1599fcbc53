"""Programs of tasks give what the same calls give one after the other."""

import random
import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.runtime.dynamic import counts, scheduler
from lazydag.task import as_completed, options, spawn, sync, wait

pytestmark = pytest.mark.timeout(100)


@pytest.fixture(autouse=True)
def number_of_threads():
    before = scheduler.slots.count
    yield
    scheduler.employ(before, scheduler._helpers)


@pytest.fixture(scope="module")
def many_switches():
    """Let the interpreter go from thread to thread a thousand times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


@st.composite
def programs(draw):
    """For each step the earlier ones that it takes, and how: a DAG of calls."""
    steps = []
    for number in range(draw(st.integers(1, 12))):
        before = st.integers(0, number - 1) if number else st.nothing()
        takes = draw(st.lists(before, max_size=3)) if number else []
        how = draw(st.sampled_from(["argument", "nested", "inside", "fetch", "fails"]))
        steps.append((how, tuple(takes), draw(st.integers(0, 9))))
    return tuple(steps)


class FailedError(Exception):
    pass


def combine(seed, *values):
    """Return a number that depends on the order of the values."""
    found = seed
    for value in values:
        for part in value if isinstance(value, list) else [value]:
            found = (31 * found + part) % 1_000_003
    return found


def sequential(program):
    """Return each step's value, or None if it failed."""
    values = []
    for how, takes, seed in program:
        taken = [values[n] for n in takes]
        if None in taken or (how == "fails" and seed > 6):
            values.append(None)
            continue
        if how == "inside":
            taken = [combine(0, [value]) for value in taken]
        values.append(combine(seed, *taken))
    return values


def spawned(program, delay):
    """Return each step's task."""
    tasks = []

    def work(how, seed, *values):
        delay()
        if how == "fails" and seed > 6:
            raise FailedError
        if how == "inside":
            # Its values are spawned again, and waited for.
            inner = [spawn(combine, 0, [value]) for value in values]
            wait(inner[::-1])
            values = [task.result() for task in inner]
        return combine(seed, *values)

    def asks(seed, *numbers):
        delay()
        return combine(seed, *[tasks[n].result() for n in numbers])

    for how, takes, seed in program:
        if how == "fetch":
            task = spawn(asks, seed, *takes)
        elif how == "nested":
            task = spawn(work, how, seed, *[[tasks[n]] for n in takes])
        else:
            task = spawn(work, how, seed, *[tasks[n] for n in takes])
        tasks.append(task)
    return tasks


@settings(max_examples=300)
@given(programs(), st.integers(1, 8), st.integers(0, 2**32))
def test_any_program_gives_what_the_calls_give(many_switches, program, threads, seed):
    scheduler.employ(threads, scheduler._helpers)
    chance = random.Random(seed)
    pauses = [chance.choice([0, 0, 0, 1e-5, 1e-4, 1e-3]) for _ in range(32)]

    def delay():
        pause = chance.choice(pauses)
        if pause:
            time.sleep(pause)

    tasks = spawned(program, delay)
    order = list(tasks)
    chance.shuffle(order)
    for task in order:
        task.exception()
    found = [None if task.exception() else task.result() for task in tasks]
    assert found == sequential(program)


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_a_hundred_thousand_tasks(threads):
    scheduler.employ(threads, scheduler._helpers)
    before = counts()
    n = 100_000
    tasks = [spawn(abs, -k) for k in range(n)]
    assert [task.result() for task in tasks] == list(range(n))
    after = counts()
    assert after[0] - before[0] == after[1] - before[1] == n


def test_many_threads_spawn_and_wait():
    scheduler.employ(3, scheduler._helpers)
    found = []

    def client(number):
        chance = random.Random(number)
        for _ in range(30):
            with sync():
                tasks = [spawn(pow, k, 2) for k in range(chance.randrange(30))]
                total = spawn(sum, tasks)
            assert total.result() == sum(k**2 for k in range(len(tasks)))
            if chance.random() < 0.3:
                assert sum(t.result() for t in as_completed(tasks)) == total.result()
        found.append(number)

    clients = [threading.Thread(target=client, args=(n,)) for n in range(8)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join(60)
    assert sorted(found) == list(range(8))


def test_a_client_is_not_starved_by_another():
    scheduler.employ(2, scheduler._helpers)
    stop = threading.Event()

    def greedy():
        tasks = [spawn(time.sleep, 0.002) for _ in range(1000)]
        stop.wait(20)
        for task in tasks:
            task.cancel()

    thread = threading.Thread(target=greedy)
    thread.start()
    time.sleep(0.05)
    start = time.perf_counter()
    assert spawn(abs, -1).result(timeout=20) == 1
    took = time.perf_counter() - start
    stop.set()
    thread.join(20)
    assert took < 0.5


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(["raise", "cancel", "timeout", "retry", "exit", "good"])),
    st.integers(1, 4),
    st.integers(0, 2**32),
)
def test_faults_in_every_state(many_switches, kinds, threads, seed):
    """Every task ends, whatever happens to it, and the scheduler goes on."""
    chance = random.Random(seed)
    scheduler.employ(threads, scheduler._helpers)
    tries = {}

    def work(number, kind, *before):
        tries[number] = tries.get(number, 0) + 1
        if kind in ("raise", "exit"):
            raise SystemExit if kind == "exit" else FailedError
        if kind == "retry" and tries[number] < 3:
            raise FailedError
        time.sleep(0.003 if kind == "timeout" else 0)
        return number

    tasks = []
    for number, kind in enumerate(kinds):
        chosen = {
            "timeout": options(timeout=0.001),
            "retry": options(retries=2, backoff=0.001),
        }.get(kind)
        before = chance.sample(tasks, min(len(tasks), chance.randrange(3)))
        tasks.append(spawn(work, number, kind, *before, options=chosen))
        if kind == "cancel":
            if chance.random() < 0.5:
                time.sleep(0.0005)
            tasks[-1].cancel()
    done, not_done = wait(tasks)
    assert not not_done
    assert all(task.done() for task in done)
    assert spawn(abs, -1).result() == 1
    assert not scheduler.waits
    while scheduler.slots.taken:
        time.sleep(0.001)


def test_spawning_without_end_is_slowed_down(monkeypatch):
    from lazydag.runtime.dynamic import pressure

    monkeypatch.setattr(pressure, "MOST_PENDING", 3000)
    scheduler.employ(2, scheduler._helpers)
    most = 0
    tasks = []
    for n in range(20_000):
        tasks.append(spawn(abs, -n))
        if n % 100 == 0:
            spawned, done, _ = counts()
            most = max(most, spawned - done)
    assert most < 3000 + 2 * pressure.CHECK_EVERY
    assert [task.result() for task in tasks] == list(range(20_000))


def test_spawning_without_end_in_a_task(monkeypatch):
    from lazydag.runtime.dynamic import pressure

    monkeypatch.setattr(pressure, "MOST_PENDING", 3000)
    scheduler.employ(2, scheduler._helpers)
    most = []

    def work():
        tasks = []
        for n in range(20_000):
            tasks.append(spawn(abs, -n))
            if n % 100 == 0:
                spawned, done, _ = counts()
                most.append(spawned - done)
        return [task.result() for task in tasks]

    assert spawn(work).result() == list(range(20_000))
    assert max(most) < 3000 + 2 * pressure.CHECK_EVERY


def test_one_who_holds_what_the_others_wait_for_goes_on(monkeypatch):
    from lazydag.runtime.dynamic import pressure

    monkeypatch.setattr(pressure, "MOST_PENDING", 1000)
    gate = threading.Event()
    tasks = [spawn(gate.wait, 20) for _ in range(2100)]
    gate.set()
    assert all(task.result() for task in tasks)

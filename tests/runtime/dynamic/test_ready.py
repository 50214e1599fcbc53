"""The order in which ready tasks start."""

import threading
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.runtime.dynamic.options import Options
from lazydag.runtime.dynamic.ready import Ready
from lazydag.runtime.dynamic.seats import Client


def task(name, client, priority=None):
    options = None if priority is None else Options(priority=priority)
    return SimpleNamespace(name=name, _client=client, _options=options)


def names(ready):
    return [ready.pop().name for _ in range(len(ready))]


def filled(*tasks):
    ready = Ready()
    for each in tasks:
        ready.push(each)
    return ready


def test_one_client_is_served_in_order():
    a = Client()
    ready = filled(*[task(n, a) for n in range(5)])
    assert len(ready) == 5
    assert names(ready) == list(range(5))
    with pytest.raises(IndexError):
        ready.pop()


def test_higher_priorities_come_first():
    a = Client()
    priorities = [0, 2, None, -1, 2, 0.5, -1]
    ready = filled(*[task(n, a, p) for n, p in enumerate(priorities)])
    assert names(ready) == [1, 4, 5, 0, 2, 3, 6]


def test_clients_take_turns():
    a, b, c = Client(), Client(), Client()
    tasks = [task(f"a{n}", a) for n in range(4)]
    tasks += [task(f"b{n}", b) for n in range(4)]
    tasks += [task("c0", c)]
    assert names(filled(*tasks)) == [
        *("a0", "b0", "c0", "a1", "b1", "a2", "b2", "a3", "b3")
    ]


def test_a_late_client_does_not_wait_for_what_came_first():
    a, b = Client(), Client()
    ready = filled(*[task(f"a{n}", a) for n in range(100)], task("b", b))
    first = [ready.pop().name for _ in range(60)]
    assert "b" in first[:2]
    ready.push(task("b again", b))
    assert "b again" in [ready.pop().name for _ in range(2)]


def test_a_late_client_does_not_go_before_all_others():
    a, b = Client(), Client()
    ready = filled(task("b", b), *[task(f"a{n}", a) for n in range(100)])
    for _ in range(50):
        ready.pop()
    for n in range(50):
        ready.push(task(f"b{n}", b))
    found = [ready.pop().name[0] for _ in range(20)]
    assert 8 <= found.count("a") <= 12


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from([None, 0, 1, -1])) | st.none()
    )
)
def test_priorities_and_order_of_each_client_hold(steps):
    """None stands for taking a task, a pair for adding one."""
    clients = [Client() for _ in range(3)]
    ready, inside, count = Ready(), [], 0
    for step in steps:
        if step is not None:
            ready.push(task((count, *step), clients[step[0]], step[1]))
            inside.append((count, *step))
            count += 1
        elif inside:
            got = ready.pop().name
            rank = max((p or 0) for _, _, p in inside)
            assert (got[2] or 0) == rank
            own = [t for t in inside if t[1] == got[1] and (t[2] or 0) == rank]
            assert got == own[0]
            inside.remove(got)
    assert len(ready) == len(inside)
    assert sorted(names(ready)) == sorted(inside)


def test_threads_lose_nothing():
    ready, got, pushed = Ready(), [], 4 * 5000
    lock = threading.Lock()

    def push(name):
        client = Client()
        for n in range(5000):
            ready.push(task((name, n), client, 1 if n % 7 == 0 else None))

    def pop():
        own = []
        while sum(map(len, got)) + len(own) < pushed and not done.is_set():
            try:
                own.append(ready.pop().name)
            except IndexError:
                if all(not thread.is_alive() for thread in pushers) and not ready:
                    break
        with lock:
            got.append(own)

    done = threading.Event()
    pushers = [threading.Thread(target=push, args=(n,)) for n in range(4)]
    poppers = [threading.Thread(target=pop) for _ in range(3)]
    for thread in pushers + poppers:
        thread.start()
    for thread in pushers + poppers:
        thread.join(30)
    found = [name for own in got for name in own]
    assert len(found) == len(set(found)) == pushed


def test_the_last_can_be_dropped():
    a = Client()
    first, second = task("first", a), task("second", a)
    ready = filled(first, second)
    ready.drop_last(first)
    assert len(ready) == 2
    ready.drop_last(second)
    assert names(ready) == ["first"]
    ready.drop_last(first)

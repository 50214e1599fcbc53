"""Sleeping and waking: nobody sleeps while there is work, no token is left over."""

import threading
import time

import numpy as np
import pytest

from lazydag.backends.cpu.engine import default_engine
from lazydag.runtime.address import address_of
from lazydag.runtime.engine import memory, words
from lazydag.runtime.engines import PYTHON
from lazydag.runtime.pool import Pool
from lazydag.runtime.system import pthread_words, wait_words
from tests.runtime.engine.model import ENGINE, Scheduler, randomly, schedules
from tests.runtime.engine.worlds import new_pool


class Room:
    """Threads that sleep until there is an item, and threads that bring some."""

    def __init__(self, choose, sleepers, items, *, every=True):
        self.pool = new_pool()
        self.items = np.zeros(1, np.int64)
        self.at = address_of(self.items)
        self.place = address_of(self.pool) + words.HELPERS
        self.scheduler = Scheduler(choose, every=every)
        for number in range(sleepers):
            self.scheduler.add(f"sleeper {number}", self.sleeper())
        for number in range(items):
            self.scheduler.add(f"bringer {number}", self.bringer())

    def take(self):
        while (items := (yield ("atomic_load", self.at))) > 0:
            if (yield ("compare_swap", self.at, items, items - 1)):
                return True
        return False

    def sleeper(self):
        while not (yield from self.take()):
            yield from ENGINE["announce"](self.place)
            if (yield from self.take()):
                yield from ENGINE["retract"](address_of(self.pool), self.place)
                return
            yield from ENGINE["sleep"](address_of(self.pool), self.place)

    def bringer(self):
        yield ("atomic_add", self.at, 1)
        if (yield ("atomic_load", self.place + words.SLEEPERS)) > 0:
            yield from ENGINE["wake"](address_of(self.pool), self.place, 1)

    def play(self):
        # A sleeper that nobody wakes is a deadlock.
        self.scheduler.run()
        assert self.items[0] == 0
        assert self.pool[(words.HELPERS + words.SLEEPERS) >> 3] == 0
        assert self.pool[(words.HELPERS + words.TOKENS) >> 3] == 0


@pytest.mark.parametrize("count", [1, 2])
def test_no_wake_up_is_lost_in_any_schedule(count):
    schedules(
        lambda choose: Room(choose, count, count, every=False).play(),
        preemptions=3,
        most=6000,
    )


@pytest.mark.parametrize("seed", range(4))
def test_no_wake_up_is_lost_by_random_schedules(seed):
    random = np.random.default_rng(seed)
    for _ in range(150):
        count = int(random.integers(1, 5))
        Room(randomly(random), count, count).play()


@pytest.mark.parametrize("waits", [wait_words, pthread_words])
@pytest.mark.parametrize("engine", [PYTHON, default_engine()], ids=["python", "native"])
def test_roused_helpers_come_and_sleep_again(waits, engine):
    pool = Pool(3, engine, waits())
    came = threading.Semaphore(0)
    pool.serve(came.release)
    for count in (1, 2, 3):
        pool.rouse(count)
        for _ in range(count):
            assert came.acquire(timeout=10)
        until = time.monotonic() + 10
        while pool.parked() < 3 and time.monotonic() < until:
            time.sleep(0.001)
        assert pool.parked() == 3
    assert not came.acquire(timeout=0.01)
    pool.close()


@pytest.mark.parametrize("waits", [wait_words, pthread_words])
def test_a_doze_ends_by_itself(waits):
    pool = Pool(0, PYTHON, waits())
    place = pool.address + words.HELPERS
    from lazydag.runtime.engine import park

    start = time.perf_counter()
    park.announce(place)
    assert park.doze(pool.address, place, 20_000_000) == 0
    assert 0.015 < time.perf_counter() - start < 5
    assert memory.load(place + words.SLEEPERS) == 0

import time

import numpy as np
import pytest

from lazydag.runtime.engines import PYTHON, Engine
from lazydag.runtime.ticks import Clock


class Counter:
    """A clock of 3 ticks a nanosecond; `skip` makes it jump."""

    def __init__(self):
        self.skip = 0

    def now(self, pool, scratch):
        return 3 * time.perf_counter_ns() + self.skip


@pytest.fixture
def counter():
    return Counter()


@pytest.fixture
def clock(counter):
    entries = {name: getattr(PYTHON, name) for name in Engine.__slots__}
    return Clock(Engine(**entries | {"now": counter.now}), 0)


def test_ticks_are_times_of_pythons_clock(clock, counter):
    assert clock.ticks_per_ns == pytest.approx(3, rel=1e-3)
    before = time.perf_counter_ns()
    ticks = counter.now(0, 0)
    after = time.perf_counter_ns()
    (at,) = clock.nanoseconds(np.array([ticks]))
    assert before - 2000 < at < after + 2000


def test_a_machine_that_slept(clock, counter):
    counter.skip = 10**13
    for _ in range(2):
        now = time.perf_counter_ns()
        (at,) = clock.nanoseconds(np.array([counter.now(0, 0)]))
        assert abs(at - now) < 1_000_000
        assert clock.ticks_per_ns == pytest.approx(3, rel=1e-2)
        time.sleep(0.001)

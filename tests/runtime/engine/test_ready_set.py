from itertools import chain

import numpy as np
import pytest

from lazydag.runtime.address import address_of
from lazydag.runtime.engine import ready_set, words
from lazydag.runtime.tables import bitmaps
from lazydag.runtime.words import new_words
from tests.runtime.engine.model import ENGINE, Scheduler, randomly, schedules


class Bits:
    """A ready set over so many tasks, in a job that nobody helps."""

    def __init__(self, size, members=()):
        is_member = np.zeros(size, bool)
        is_member[list(members)] = True
        self.levels = bitmaps(is_member)
        self.job = new_words(words.JOB >> 3)
        self.at = address_of(self.job) + words.NATIVE
        self.job[(words.NATIVE + words.LEVELS) >> 3] = len(self.levels)
        for number, level in enumerate(self.levels):
            at = words.NATIVE + words.LEVEL + 8 * number
            self.job[at >> 3] = address_of(level)

    def arguments(self, *rest):
        return (0, address_of(self.job), self.at, *rest)

    def first(self):
        return ready_set.first(*self.arguments())

    def remove(self, task):
        return ready_set.remove(*self.arguments(task))

    def push(self, task):
        ready_set.push(self.at, task)

    def drained(self):
        """Return all members, best first, and take them out."""
        members = []
        while (task := self.first()) != words.NONE:
            assert self.remove(task) == 1
            members.append(task)
        assert not any(level.any() for level in self.levels)
        return members


@pytest.mark.parametrize("size", [1, 63, 64, 65, 4096, 4097, 300_000])
def test_tasks_come_out_by_rank(size):
    random = np.random.default_rng(size)
    members = set(random.integers(0, size, 60).tolist()) | {0, size - 1}
    bits = Bits(size)
    for task in members:
        bits.push(task)
    assert bits.first() == 0
    assert bits.remove(0) == 1
    assert bits.remove(0) == 0
    bits.push(0)
    assert bits.drained() == sorted(members)


@pytest.mark.parametrize("size", [64, 65, 5000])
def test_roots_are_as_if_pushed(size):
    members = set(np.random.default_rng(size).integers(0, size, 20).tolist())
    assert Bits(size, members).drained() == sorted(members)


def pusher(bits, tasks):
    for task in tasks:
        yield from ENGINE["push"](bits.at, task)


def popper(bits, count):
    """Take tasks until `count` are taken by all who share the list."""
    mine = []
    while len(count) < count[0] + 1:
        task = yield from ENGINE["first"](*bits.arguments())
        if task == words.NONE:
            yield ("pause",)
        elif (yield from ENGINE["remove"](*bits.arguments(task))):
            count.append(task)
            mine.append(task)
    return mine


def check(choose, bits, pushed, poppers):
    """Push lists of tasks, each by a thread, while others take them all."""
    taken = [sum(map(len, pushed))]
    scheduler = Scheduler(choose)
    for number, tasks in enumerate(pushed):
        scheduler.add(f"pusher {number}", pusher(bits, tasks))
    for number in range(poppers):
        scheduler.add(f"popper {number}", popper(bits, taken))
    scheduler.run()
    assert sorted(taken[1:]) == sorted(chain.from_iterable(pushed))
    assert bits.drained() == []


@pytest.mark.parametrize("seed", range(5))
def test_each_task_is_taken_once_by_random_schedules(seed):
    random = np.random.default_rng(seed)
    for _ in range(60):
        size = int(random.choice([64, 70, 5000]))
        tasks = random.permutation(min(size, 130))[:10] * (size // 130 or 1)
        cut = int(random.integers(0, 10))
        pushed = [tasks[:cut].tolist(), tasks[cut:].tolist()]
        check(randomly(random), Bits(size), pushed, int(random.integers(1, 4)))


def test_what_is_pushed_can_be_found_at_once():
    """No schedule of two clearing threads hides a task that was pushed for good."""

    def play(choose):
        bits = Bits(5000, [3, 70])
        scheduler = Scheduler(choose)
        scheduler.add("a", ENGINE["remove"](*bits.arguments(3)))
        scheduler.add("b", ENGINE["remove"](*bits.arguments(70)))
        scheduler.add("c", pusher(bits, [5]))
        scheduler.run()
        assert scheduler.results["a"] == scheduler.results["b"] == 1
        assert bits.drained() == [5]

    assert schedules(play, preemptions=3, most=6000) > 1000

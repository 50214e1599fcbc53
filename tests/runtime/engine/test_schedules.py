"""The whole engine, interleaved at every access to memory."""

from functools import partial

import numpy as np
import pytest

from lazydag.runtime.address import address_of
from lazydag.runtime.engine import words
from tests.runtime.engine.model import ENGINE, randomly, schedules
from tests.runtime.engine.worlds import Job, World, random_job


def play(choose, *jobs, helpers=2, **options):
    world = World(choose, jobs, helpers, **options)
    world.play()
    for job in jobs:
        job.check()
    return world


@pytest.mark.parametrize("seed", range(8))
def test_random_graphs_by_random_schedules(seed):
    random = np.random.default_rng(seed)
    for _ in range(60):
        play(randomly(random), random_job(random), helpers=int(random.integers(0, 4)))


def test_workers_look_up_now_and_then():
    random = np.random.default_rng(3)
    for _ in range(60):
        ticks = int(random.integers(20, 500))
        play(randomly(random), random_job(random), helpers=2, ticks=ticks)


PYTHON_TASKS = [(), (0, 2), (2,)]


@pytest.mark.parametrize("python", PYTHON_TASKS)
def test_two_tasks_run_at_once_in_all_schedules(python):
    """Both are ready when the first is over, wherever the other worker is then."""

    def play_one(choose, helpers):
        job = Job([(0, 1), (0, 2)], [1] * 3, python, python, pairs=[(1, 2)])
        play(choose, job, helpers=helpers, every=False)

    for helpers in (1, 2):
        assert schedules(partial(play_one, helpers=helpers), most=500) > 300


@pytest.mark.parametrize("seed", range(3))
def test_several_jobs_at_once(seed):
    random = np.random.default_rng(seed)
    for _ in range(30):
        jobs = [random_job(random, 4) for _ in range(int(random.integers(2, 4)))]
        play(randomly(random), *jobs, helpers=3)


def test_more_than_one_level_of_bits():
    random = np.random.default_rng(5)
    for _ in range(6):
        play(randomly(random), random_job(random, 130))


def test_all_schedules_of_a_fork_and_a_join():
    count = schedules(
        lambda choose: play(
            choose,
            Job([(0, 1), (0, 2), (1, 3), (2, 3)], [1] * 4),
            helpers=1,
            every=False,
        ),
        most=1200,
    )
    assert count > 300


def test_all_schedules_of_a_grid():
    schedules(
        lambda choose: play(choose, Job([(0, 1)], [3, 1]), helpers=1, every=False),
        most=1200,
    )


def test_helpers_step_back_from_tasks_that_are_too_fine():
    """Kernels take no time here, and sharing does."""
    random = np.random.default_rng(7)
    world = play(randomly(random), Job([], [1] * 200), helpers=2)
    assert world.scheduler.naps > 0


@pytest.mark.parametrize("seed", range(3))
def test_no_helper_sleeps_while_there_is_work(seed):
    """Two tasks that are ready at once run at once, whatever else goes on."""
    random = np.random.default_rng(seed)
    for _ in range(20):
        size = int(random.choice([5, 130]))
        first, second = random.choice(np.arange(1, size), 2, replace=False).tolist()
        job = Job(
            [(0, first), (0, second)], [1] * size, workers=2, pairs=[(first, second)]
        )
        play(randomly(random), job, helpers=1)


@pytest.mark.parametrize("seed", range(3))
def test_roused_helpers_come_whatever_they_do(seed):
    """Each call for help is answered, in the middle of jobs and asleep."""
    random = np.random.default_rng(seed)
    for _ in range(30):
        world = World(randomly(random), [random_job(random, 4)], 2)
        # The last leader sends the helpers home; here the caller does, when it is done.
        world.left += 1
        world.scheduler.add("caller", caller(world, int(random.integers(1, 4))))
        world.play()
        assert world.drained >= 1
        assert world.pool[words.DYNAMIC >> 3] == 0


def caller(world, count):
    pool = address_of(world.pool)
    for _ in range(count):
        before = world.drained
        yield from ENGINE["rouse"](pool, 1, 2)
        while world.drained == before:
            yield ("pause",)
    while world.left > 1:
        yield ("pause",)
    yield from ENGINE["quit_pool"](pool)

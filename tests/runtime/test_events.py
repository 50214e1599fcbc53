import time

import numpy as np
import pytest

from lazydag.cost.history import History
from lazydag.runtime import Access, CallTask, Mode
from lazydag.runtime.executor import REPORT_EVERY
from lazydag.runtime.feedback import feedback
from lazydag.runtime.state import RING_CAPACITY_MAX


def spins(native, ntasks, ntiles=1, rounds=1000, **options):
    inout = [Access(0, Mode.INOUT)]
    blocks = np.full((ntiles, 1), rounds)
    return [native.task("spin", blocks, inout, **options) for _ in range(ntasks)]


def test_events_tell_who_ran_what_and_when(executor, native):
    pause = CallTask("pause", lambda: time.sleep(0.002), ())
    first, last = spins(native, 2, 8)
    before = time.perf_counter_ns()
    report = executor(2).measure(native.graph(first, pause, last), [0])
    after = time.perf_counter_ns()
    assert [task for task, _ in sorted(report.times().items())] == [0, 1, 2]
    assert {event.kind for event in report.events if event.task == 1} == {"call"}
    for event in report.events:
        assert before <= event.start_ns <= event.end_ns <= after
        assert event.worker in {0, 1}
    times = report.times()
    assert times[0].tiles == times[2].tiles == 8
    assert times[1].seconds >= 0.002
    assert times[0].busy_seconds > 0
    assert report.seconds >= times[1].seconds
    assert report.dropped == 0


def test_dependent_tasks_follow_in_time(executor, native):
    report = executor(3).measure(native.graph(*spins(native, 10, 4)), [0])
    times = report.times()
    assert len(times) == 10
    ends = [max(e.end_ns for e in report.events if e.task == n) for n in range(10)]
    assert ends == sorted(ends)


def test_a_report_is_of_its_own_run(executor, native):
    runner, graph = executor(1), native.graph(*spins(native, 3, 2))
    for _ in range(5):
        report = runner.measure(graph, [0])
        assert [event.tiles for event in report.events] == [2, 2, 2]
    only_calls = native.graph(CallTask("f", lambda: None, ()))
    assert [e.kind for e in runner.measure(only_calls, [0]).events] == ["call"]
    assert [e.kind for e in runner.measure(only_calls, [0]).events] == ["call"]


def test_a_full_ring_keeps_the_last_events(native, executor):
    ntasks = RING_CAPACITY_MAX + 100
    report = executor(1).measure(native.graph(*spins(native, ntasks, rounds=1)), [0])
    assert report.dropped == 100
    assert sorted(event.task for event in report.events) == list(range(100, ntasks))


def test_long_runs_are_observed_and_short_ones_now_and_then(executor, native):
    seen = []
    runner = executor(1, observe=lambda graph, report: seen.append(graph))
    short = native.graph(*spins(native, 1, rounds=1))
    for _ in range(REPORT_EVERY):
        runner.run(short, [0])
    # A disturbed run counts as a long one.
    assert 1 <= len(seen) < 20
    seen.clear()
    long = native.graph(CallTask("pause", lambda: time.sleep(0.003), ()))
    runner.run(long, [0])
    runner.measure(short, [0])
    assert seen == [long, short]


def test_measured_times_correct_estimates(executor, native):
    history = History()
    runner = executor(1, observe=feedback(history, "cpu:0"))
    tasks = spins(native, 1, rounds=100_000, cost=1e-6, key="spin", bucket="17")
    tasks += spins(native, 1, cost=1e-6)
    runner.measure(native.graph(*tasks), [0])
    assert len(history) == 1
    assert history.factor("spin", "17", "cpu:0") > 5


@pytest.mark.parametrize("threads", [1, 3])
def test_tiles_add_up(executor, native, threads):
    report = executor(threads).measure(native.graph(*spins(native, 5, 33)), [0])
    assert [time.tiles for time in report.times().values()] == [33] * 5

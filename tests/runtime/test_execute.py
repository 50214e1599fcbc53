import sys
import threading
import time
import traceback

import numpy as np
import pytest

from lazydag.backends.cpu.objects import Module
from lazydag.errors import UsageError
from lazydag.runtime import Executor, FrozenGraph, Stop
from lazydag.runtime.engines import PYTHON
from lazydag.runtime.pool import Pool
from lazydag.runtime.system import pthread_words
from tests.runtime.programs import STAMP, Program


@pytest.fixture(scope="module")
def stamp(native):
    return native.compiler.load(Module(STAMP, ("stamp",)))[0]


def calls(*functions, edges=(), **options):
    """Return a graph of Python tasks."""
    return FrozenGraph.from_arrays(
        kernels=np.zeros(len(functions), np.int64),
        blocks=0,
        edges=tuple(np.array(edges, np.int64).reshape(-1, 2).T),
        calls=dict(enumerate(functions)),
        **options,
    )


@pytest.mark.parametrize("threads", [1, 2, 3, 6])
def test_random_programs(native, stamp, threads):
    executor = Executor(threads, native.engine)
    for seed in range(250):
        program = Program(stamp, seed)
        for _ in range(3):
            program.check(executor)
    executor.close()


def test_random_programs_in_python(stamp):
    executor = Executor(2, PYTHON)
    for seed in range(15):
        Program(stamp, seed).check(executor)
    executor.close()


def test_random_programs_with_the_waits_of_posix(native, stamp):
    executor = Executor(3, native.engine)
    executor.pool.close()
    executor.pool = Pool(2, native.engine, pthread_words())
    for seed in range(100):
        Program(stamp, seed).check(executor)
    executor.close()


def test_times_by_the_clock_of_posix(native, monkeypatch):
    monkeypatch.setattr("lazydag.runtime.system.has_steady_cycles", lambda: False)
    executor = Executor(2, native.engine)
    assert executor.pool.clock.ticks_per_ns == pytest.approx(1, rel=1e-3)
    graph = calls(lambda bases: time.sleep(0.002), lambda bases: None)
    before = time.perf_counter_ns()
    events = executor.execute(graph, []).report().events
    assert before <= events[0].start_ns <= events[-1].end_ns <= time.perf_counter_ns()
    assert max(event.seconds for event in events) >= 0.002
    executor.close()


def test_several_clients_share_the_helpers(native, stamp):
    executor, failures = Executor(3, native.engine), []

    def client(seed):
        try:
            for repeat in range(25):
                Program(stamp, 100 * seed + repeat).check(executor)
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    clients = [threading.Thread(target=client, args=(seed,)) for seed in range(8)]
    for each in clients:
        each.start()
    for each in clients:
        each.join(60)
    executor.close()
    assert failures == []


@pytest.mark.parametrize("gated", [True, False])
def test_python_tasks_run_graphs_themselves(executor, gated):
    runner, done = executor(3), []

    def nest(depth):
        def call(bases):
            if depth:
                inner = calls(*[nest(depth - 1)] * 3, holds_gil=gated)
                assert runner.execute(inner, []).is_clean
            done.append(depth)

        return call

    assert runner.execute(calls(nest(3), nest(3), holds_gil=gated), []).is_clean
    assert sorted(done) == [0] * 54 + [1] * 18 + [2] * 6 + [3] * 2


def test_more_runs_at_once_than_there_are_slots(native):
    executor, depths = Executor(2, native.engine), []

    def call(bases):
        depths.append(len(depths))
        if len(depths) < 100:
            executor.execute(calls(call, print_nothing), [])

    def print_nothing(bases):
        pass

    executor.execute(calls(call, print_nothing), [])
    assert len(depths) == 100
    executor.close()


def test_calls_get_the_table_of_addresses(executor):
    import ctypes

    seen = []

    def look(bases):
        seen.extend((ctypes.c_int64 * 2).from_address(bases))

    executor().execute(calls(look, nslots=2), [17, 4])
    assert seen == [17, 4]


def test_an_exception_arrives_as_it_was_raised(executor):
    error = ZeroDivisionError("no")

    def fail(bases):
        raise error

    outcome = executor().execute(calls(fail, print, print, edges=[(0, 1)]), [])
    (failure,) = outcome.failures.values()
    assert failure.exception is error
    assert traceback.extract_tb(error.__traceback__)[-1].name == "fail"
    assert outcome.skipped == [1]
    assert not outcome.is_clean
    assert not outcome.is_stopped


def test_an_exception_without_an_instance_yet(executor):
    """Old interfaces of C set a type and a value that are made one only when asked."""
    outcome = executor().execute(calls(lambda bases: {}["key"], int.__add__), [])
    assert isinstance(outcome.failures[0].exception, KeyError)
    assert isinstance(outcome.failures[1].exception, TypeError)


def test_references_are_dropped(executor):
    error, callable_, runner = KeyError("no"), lambda bases: None, executor()

    def fail(bases):
        raise error

    graph = calls(fail, callable_)
    before = [sys.getrefcount(each) for each in (error, fail, callable_, None)]
    for _ in range(200):
        runner.execute(graph, [])
        error.__traceback__ = None
    after = [sys.getrefcount(each) for each in (error, fail, callable_, None)]
    assert after[:3] == before[:3]
    assert abs(after[3] - before[3]) < 100


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_ends_programs_ends_the_run(executor, error):
    def end(bases):
        raise error

    ran = []
    with pytest.raises(error):
        executor().execute(calls(end, ran.append, edges=[(0, 1)]), [])
    assert ran == []


def test_all_failures_are_told(executor, native):
    block = np.array([5])
    graph = FrozenGraph.from_arrays(
        kernels=np.full(5000, native.kernels["fail"]),
        blocks=np.full(5000, block.ctypes.data),
        keep=block,
    )
    outcome = executor().execute(graph, [])
    assert {failure.code for failure in outcome.failures.values()} == {5}
    assert len(outcome.failures) == 5000


def test_poison_spreads_through_grids_and_empty_tasks(executor, native):
    codes = np.array([3])
    graph = FrozenGraph.from_arrays(
        kernels=[native.kernels["fail"]] * 4,
        blocks=np.full(4, codes.ctypes.data),
        ntiles=[1, 1000, 0, 1],
        edges=([0, 1, 2], [1, 2, 3]),
        keep=codes,
    )
    outcome = executor(3).execute(graph, [])
    assert list(outcome.failures) == [0]
    assert outcome.skipped == [1, 2, 3]


def test_tasks_that_wait_for_each_other(executor):
    graph = calls(*[print] * 5, edges=[(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)])
    with pytest.raises(
        UsageError, match=r"wait for each other: (1 -> 2 -> 3 -> 1|2|3)"
    ):
        executor().execute(graph, [])


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"ntiles": [1, 1]}, r"3 kernels, but ntiles has shape \[2\]"),
        ({"edges": ([0], [3])}, "not one of 3"),
        ({"edges": ([0, 1], [2])}, "2 sources, 1 ends"),
        ({"calls": {0: print}}, "3 tasks without a kernel, 1 calls"),
        ({"calls": {0: print, 1: print, 9: print}}, "not one of 3"),
        ({"ntiles": 2}, "has several tiles"),
        ({"grains": 0}, "grains are at least 1"),
    ],
)
def test_arrays_that_do_not_go_together(options, what):
    arrays = {"calls": dict.fromkeys(range(3), print)} | options
    with pytest.raises(UsageError, match=what):
        FrozenGraph.from_arrays(kernels=[0, 0, 0], blocks=0, **arrays)


def test_the_best_task_runs_first(executor):
    """On one thread the order is that of the critical paths."""
    ran = []
    tasks = [lambda bases, task=task: ran.append(task) for task in range(6)]
    edges = [(0, 1), (2, 3), (3, 4)]
    graph = calls(*tasks, edges=edges, costs=[1, 2, 1, 1, 2, 3.5])
    executor(1).execute(graph, [])
    # Paths: 0 -> 1 takes 3 s, 2 -> 3 -> 4 takes 4 s.
    assert ran == [2, 5, 0, 3, 1, 4]


def test_one_task_at_a_time_holds_the_gil(native):
    executor, inside, most = Executor(4, native.engine), [], []

    def call(bases):
        inside.append(None)
        time.sleep(0.0005)
        most.append(len(inside))
        inside.pop()

    executor.execute(calls(*[call] * 50), [])
    assert max(most) == 1
    executor.close()


def test_other_threads_get_the_gil(native):
    """A worker keeps the GIL between tasks, but not to itself."""
    executor, turns = Executor(2, native.engine), []
    graph = calls(*[lambda bases: sum(range(100))] * 1000)
    is_over = threading.Event()

    def turn():
        while not is_over.is_set():
            turns.append(None)
            time.sleep(0)

    thread = threading.Thread(target=turn)
    thread.start()
    # The interpreter hands the lock over some twenty times a second here.
    end = time.monotonic() + 20
    while len(turns) <= 10 and time.monotonic() < end:
        executor.execute(graph, [])
    is_over.set()
    thread.join(20)
    executor.close()
    assert len(turns) > 10


def test_a_native_task_between_python_tasks_runs_without_the_gil(executor, native):
    """A kernel that waits for another thread of Python would wait forever."""
    runner, ran = executor(1), []
    rounds = np.array([20_000_000])
    graph = FrozenGraph.from_arrays(
        kernels=[0, native.kernels["spin"], 0],
        blocks=np.full(3, rounds.ctypes.data),
        edges=([0, 1], [1, 2]),
        calls={0: ran.append, 2: ran.append},
        keep=rounds,
    )
    thread = threading.Thread(target=runner.execute, args=(graph, []))
    thread.start()
    turns = 0
    while thread.is_alive():
        turns += 1
        time.sleep(0.0005)
    assert turns > 3
    assert len(ran) == 2


def test_tasks_that_release_the_gil_run_together(native):
    executor = Executor(3, native.engine)
    barrier = threading.Barrier(3, timeout=20)
    graph = calls(*[lambda bases: barrier.wait()] * 3, holds_gil=False)
    assert executor.execute(graph, []).is_clean
    executor.close()


def test_a_stop_ends_a_run(native):
    executor, stop = Executor(2, native.engine), Stop()
    rounds = np.full(10**6, 20_000)
    graph = FrozenGraph.from_arrays(
        kernels=[native.kernels["spin"]],
        blocks=rounds.ctypes.data,
        ntiles=len(rounds),
        strides=1,
        keep=rounds,
    )
    timer = threading.Timer(0.05, stop.set)
    timer.start()
    start = time.perf_counter()
    outcome = executor.execute(graph, [], stop)
    assert time.perf_counter() - start < 5
    assert outcome.is_stopped
    assert not outcome.is_clean
    assert executor.execute(calls(print), [], stop).is_stopped
    assert executor.execute(calls(lambda bases: None), []).is_clean
    timer.join()
    executor.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_stops_at_random_moments(native, stamp, threads):
    executor, random = Executor(threads, native.engine), np.random.default_rng(threads)
    for seed in range(80):
        program, stop = Program(stamp, 1000 + seed), Stop()
        program.start()
        timer = threading.Timer(random.uniform(0, 4e-4), stop.set)
        timer.start()
        outcome = executor.execute(program.frozen, [], stop)
        timer.join(20)
        program.check_what_ran(outcome)
        program.check(executor)
    executor.close()


def test_a_stop_reaches_a_leader_that_sleeps(native):
    executor, stop = Executor(2, native.engine), Stop()
    started, go_on = threading.Semaphore(0), threading.Event()

    def wait(bases):
        started.release()
        go_on.wait(20)

    def set_stop():
        started.acquire(timeout=20)
        time.sleep(0.02)
        stop.set()
        go_on.set()

    setter = threading.Thread(target=set_stop)
    setter.start()
    ran = []
    graph = calls(wait, ran.append, edges=[(0, 1)], holds_gil=False)
    assert executor.execute(graph, [], stop).is_stopped
    assert ran == []
    setter.join()
    executor.close()


def test_a_report_counts_in_the_callers_numbers(executor):
    graph = calls(*[lambda bases: None] * 4, edges=[(3, 2), (2, 1), (1, 0)])
    report = executor(1).execute(graph, []).report()
    assert [event.task for event in report.events] == [3, 2, 1, 0]
    assert {event.kind for event in report.events} == {"call"}


def test_states_are_used_again_when_outcomes_are_dropped(executor):
    runner, graph = executor(), calls(lambda bases: None)
    outcomes = [runner.execute(graph, []) for _ in range(3)]
    assert graph.idle == []
    outcomes.clear()
    assert len(graph.idle) == 3
    assert runner.execute(graph, []).is_clean
    assert len(graph.idle) == 3


@pytest.mark.slow
def test_a_million_tasks(native):
    executor, count = Executor(2, native.engine), 1_000_000
    random = np.random.default_rng(0)
    tasks = np.arange(1000, count)
    graph = FrozenGraph.from_arrays(
        kernels=np.full(count, native.kernels["nothing"]),
        blocks=0,
        edges=(
            np.concatenate([tasks - random.integers(1, 1000, len(tasks))] * 2),
            np.concatenate([tasks] * 2),
        ),
    )
    for _ in range(3):
        assert executor.execute(graph, []).is_clean
    executor.close()

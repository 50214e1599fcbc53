import os
import signal
import threading
import time

import numpy as np
import pytest

from lazydag.runtime import Access, CallTask, Executor, Mode, View, address_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no os.kill of oneself")


def only_in_runs(number, frame):
    """Raise `KeyboardInterrupt`, but not in the test's own lines."""
    while frame is not None:
        if frame.f_code in {Executor.run.__code__, Executor.measure.__code__}:
            raise KeyboardInterrupt
        frame = frame.f_back


@pytest.fixture(autouse=True)
def handlers():
    signals = (signal.SIGINT, signal.SIGALRM)
    before = [signal.signal(number, only_in_runs) for number in signals]
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in zip(signals, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture
def press_later(handlers):
    """Press Ctrl-C after some seconds; `pressed` holds the times."""
    pressed = []

    def start(*delays):
        def press():
            for delay in delays:
                time.sleep(delay)
                pressed.append(time.perf_counter())
                os.kill(os.getpid(), signal.SIGINT)

        thread = threading.Thread(target=press)
        thread.start()
        threads.append(thread)
        return pressed

    threads: list[threading.Thread] = []
    yield start
    for thread in threads:
        thread.join()


def long_graph(native, rounds=20_000, ntiles=10**6):
    """Return tiles of some 20 µs, which take many seconds together."""
    return native.graph(native.task("spin", np.full((ntiles, 1), rounds)))


def check_alive(native, executor):
    array = np.zeros(64, np.int64)
    mix = native.mix(0, 0, 64, 8)
    executor.run(native.graph(mix, mix, nbytes=512), [address_of(array)])
    assert (array == 5).all()


def test_ctrl_c_stops_a_run_and_leaves_the_pool_in_order(executor, native, press_later):
    runner, graph = executor(3), long_graph(native)
    for _ in range(3):
        pressed = press_later(0.1)
        with pytest.raises(KeyboardInterrupt):
            runner.run(graph, [0])
        # A slice, what the machine's other work takes, and no more.
        assert time.perf_counter() - pressed[-1] < 0.5
        check_alive(native, runner)


def test_the_reaction_is_prompt(native, press_later):
    executor, graph, reactions = Executor(1, native.engine), long_graph(native), []
    for _ in range(5):
        pressed = press_later(0.03)
        with pytest.raises(KeyboardInterrupt):
            executor.run(graph, [0])
        reactions.append(time.perf_counter() - pressed[-1])
    assert min(reactions) < 0.1


def test_ctrl_c_again_and_again(native, press_later):
    executor, graph = Executor(3, native.engine), long_graph(native, 200_000, 5000)
    press_later(0.05, 0.001, 0.001, 0.02)
    interrupts = 0
    for _ in range(5):
        try:
            executor.run(graph, [0])
        except KeyboardInterrupt:
            interrupts += 1
    # Those that come while a run stops count as one.
    assert interrupts >= 1
    check_alive(native, executor)
    executor.close()


def test_ctrl_c_at_random_moments_of_short_runs(native):
    executor = Executor(2, native.engine)
    array = np.zeros(64, np.int64)
    mix = native.mix(0, 0, 64, 8)
    graph = native.graph(*[mix] * 20, nbytes=512)
    random = np.random.default_rng(0)
    for delay in random.uniform(1e-5, 2e-3, 100):
        signal.setitimer(signal.ITIMER_REAL, delay, 1e-3)
        with pytest.raises(KeyboardInterrupt):
            while True:
                executor.run(graph, [address_of(array)])
        signal.setitimer(signal.ITIMER_REAL, 0)
    check_alive(native, executor)
    executor.close()


def test_ctrl_c_in_a_call(executor, native):
    def press(array):
        signal.raise_signal(signal.SIGINT)

    view = View(0, np.dtype(np.int64), (64,), mode=Mode.INOUT)
    mix = native.mix(0, 0, 64, 8)
    graph = native.graph(mix, CallTask("press", press, (view,)), mix, nbytes=512)
    runner, array = executor(), np.zeros(64, np.int64)
    with pytest.raises(KeyboardInterrupt):
        runner.run(graph, [address_of(array)])
    # On the thread of a helper the signal waits for the caller's to look up.
    assert set(array) < {1, 5}
    check_alive(native, runner)


def test_ctrl_c_while_worker_0_waits_for_another(native, press_later):
    """Worker 0 has no tiles left; another is in a long one, which must end first."""
    executor = Executor(2, native.engine)
    inout = [Access(0, Mode.INOUT)]
    long = native.task("spin", [[100_000_000], [1000]], inout)
    graph = native.graph(long, native.task("spin", [[1]], inout))
    press_later(0.03)
    with pytest.raises(KeyboardInterrupt):
        while True:
            executor.run(graph, [0])
    check_alive(native, executor)
    executor.close()

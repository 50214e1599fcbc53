"""What executors tell sinks and watchers of their runs."""

import threading

import numpy as np
import pytest

from lazydag.errors import KernelError
from lazydag.runtime import Access, CallTask, FrozenGraph, Mode, sink
from lazydag.runtime.sink import DONE, FAILED, SKIPPED
from lazydag.runtime.state import RING_CAPACITY_MAX
from lazydag.runtime.tasklist import Label
from lazydag.runtime.tracing import Log


@pytest.fixture
def log():
    made = Log()
    made.open()
    yield made
    made.close()


def spins(native, ntasks, ntiles=1, rounds=1):
    inout = [Access(0, Mode.INOUT)]
    blocks = np.full((ntiles, 1), rounds)
    return [native.task("spin", blocks, inout) for _ in range(ntasks)]


def chain(native, kernels, **options):
    """Freeze tasks that each wait for the one before."""
    blocks = np.array([[7]], np.int64)
    n = len(kernels)
    return FrozenGraph.from_arrays(
        kernels=[native.kernels[name] for name in kernels],
        blocks=blocks.ctypes.data,
        edges=(np.arange(n - 1), np.arange(1, n)),
        keep=blocks,
        **options,
    )


def test_runs_of_graphs_are_recorded(executor, native, log):
    graph = native.graph(*spins(native, 2, 8), CallTask("f", lambda: None, ()))
    runner = executor(2)
    runner.run(graph, [0])
    runner.measure(graph, [0])
    found = log.close()
    assert len(np.unique(found.rows["run"])) == 2
    assert {label.name for label in found.labels} == {"spin", "f"}
    assert found.tracks == (threading.current_thread().name, "lazydag-worker-1")
    assert found.rows["tiles"].sum() == 2 * 16
    assert set(found.rows["outcome"]) == {DONE}
    assert [len(edges[0]) for _, edges in found.edges] == [1, 1]


def test_runs_that_nobody_hears_are_not(executor, native):
    log = Log()
    executor(1).run(native.graph(*spins(native, 1)), [0])
    assert len(log.close().rows) == 0


def test_all_events_are_kept_while_somebody_listens(executor, native):
    ntasks = RING_CAPACITY_MAX + 100
    runner, graph = executor(1), native.graph(*spins(native, ntasks))
    runner.run(graph, [0])
    log = Log()
    log.open()
    try:
        runner.run(graph, [0])
    finally:
        found = log.close()
    assert sorted(found.rows["task"]) == list(range(ntasks))


def test_frozen_graphs_say_what_their_tasks_are(executor, native, log):
    labels = [Label("first"), Label("then", read_nbytes=8)]
    frozen = chain(
        native, ["nothing"] * 3, labels=labels, label=[0, 1, 1], name="three"
    )
    executor(1).execute(frozen, [])
    found = log.close()
    names = [found.labels[label].name for label in found.rows["label"]]
    assert names == ["first", "then", "then"]
    assert found.rows["read"].tolist() == [0, 8, 8]
    assert frozen.task_list.predecessors() == [[], [0], [1]]
    assert frozen.name == "three"


def test_failures_and_what_they_skip_are_recorded(executor, native, log):
    frozen = chain(native, ["nothing", "fail", "nothing", "nothing"])
    executor(1).execute(frozen, [])
    rows = np.sort(log.close().rows, order="task")
    assert rows["outcome"].tolist() == [DONE, FAILED, SKIPPED, SKIPPED]
    assert (rows["end"][2:] == rows["start"][2:]).all()


def test_runs_that_stop_at_a_failure_are_recorded(executor, native, log):
    fails = native.task("fail", [[3]], [Access(0, Mode.INOUT)])
    with pytest.raises(KernelError):
        executor(1).run(native.graph(fails, *spins(native, 1)), [0])
    found = log.close()
    outcomes = dict(zip(found.rows["task"], found.rows["outcome"], strict=True))
    assert outcomes[0] == FAILED
    assert outcomes.get(1, SKIPPED) == SKIPPED


class Watch:
    """Keeps the meters that are open, and those that were."""

    def __init__(self):
        self.open, self.closed = [], []

    def begin(self, meter):
        self.open.append(meter)

    def end(self, meter):
        self.open.remove(meter)
        self.closed.append((meter.name, meter.done(), meter.total()))


@pytest.fixture
def watch():
    made = Watch()
    sink.watch(made)
    yield made
    sink.unwatch(made)


def test_counters_of_a_run(executor, native, watch):
    seen = []

    def look():
        (meter,) = watch.open
        seen.append((meter.done(), meter.total(), meter.busy()))

    looks = CallTask("look", look, ())
    graph = native.graph(*spins(native, 2, 8), looks)
    executor(1).run(graph, [0])
    ((done, total, busy),) = seen
    assert total == 17
    assert done in {0, 8, 16}
    assert busy == 1
    assert watch.closed == [("graph", 17, 17)]


def test_counters_are_closed_after_failures(executor, native, watch):
    fails = native.task("fail", [[3]], [Access(0, Mode.INOUT)])
    with pytest.raises(KernelError):
        executor(1).run(native.graph(fails, *spins(native, 1)), [0])
    assert watch.open == []
    assert len(watch.closed) == 1

"""Trace files are valid, complete, and written in time."""

import io
import time
import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lazydag.explain.chrome import write_chrome
from lazydag.ir.source import SourceLoc
from lazydag.runtime.sink import FAILED, SKIPPED, Events
from lazydag.runtime.tasklist import Label, TaskList
from lazydag.runtime.timeline import Timeline, rows_of
from tests.explain.timelines import events, of, tasks
from tests.explain.trace_schema import checked

MS = 1_000_000


def written(timeline):
    file = io.StringIO()
    write_chrome(timeline, file, "a title")
    return checked(file.getvalue())


def test_nothing():
    found = written(of([], workers=()))
    assert found["X"] == []
    assert found["M"][0]["args"] == {"name": "a title"}


def test_a_slice_says_it_all():
    label = Label('ge"mm', "call", SourceLoc("/x/y.py", 12, "f"), 100, 50)
    found = written(of([(0, 1, 1000, 2500)], [label], (0,)))
    (event,) = found["X"]
    assert event["name"] == 'ge"mm'
    assert event["cat"] == "call"
    assert (event["ts"], event["dur"], event["tid"]) == (0, 1.5, 2)
    assert event["args"] == {
        "run": 0,
        "task": 0,
        "tiles": 1,
        "read": 100,
        "written": 50,
        "line": "y.py:12",
    }


def test_outcomes():
    rows = [(0, 0, 0, 5), (1, 0, 5, 5)]
    failed, skipped = written(of(rows, outcomes=[FAILED, SKIPPED]))["X"]
    assert (failed["args"]["outcome"], failed["cname"]) == ("failed", "terrible")
    assert (skipped["args"]["outcome"], skipped["cname"]) == ("skipped", "grey")


def test_threads_have_names_and_overlaps_lanes():
    rows = [(0, 0, 0, 5 * MS), (1, 0, 3 * MS, 9 * MS), (1, 1, 0, 5)]
    found = written(of(rows))
    names = [e["args"]["name"] for e in found["M"] if e["name"] == "thread_name"]
    assert names == ["main", "main (2)", "helper"]


def test_arrows_lead_from_the_last_part_to_the_first():
    rows = [(0, 0, 0, 5000), (0, 1, 0, 9000), (1, 0, 9000, 9500), (1, 1, 9200, 9500)]
    found = written(of(rows, edges=[(0, 1)]))
    (tail,), (head,) = found["s"], found["f"]
    assert (tail["tid"], tail["ts"]) == (2, 8.999)
    assert (head["tid"], head["ts"]) == (1, 9.0)


def test_edges_of_tasks_that_did_not_run_are_left_out():
    found = written(of([(0, 0, 0, 5)], edges=[(0, 1)]))
    assert found["s"] == []


def test_ready_tasks_are_counted():
    # Two tasks wait for the first; the second of them has to wait for a worker.
    rows = [(0, 0, 0, 1000), (1, 0, 1000, 3000), (2, 0, 3000, 4000)]
    found = written(of_run_1(events(rows), tasks(["a"], [0] * 3, [(0, 1), (0, 2)])))
    assert [(e["ts"], e["args"]["ready tasks"]) for e in found["C"]] == [
        (1.0, 1),
        (3.0, 0),
    ]


def of_run_1(happened, listed):
    rows = rows_of(1, happened, listed)
    return Timeline(rows, listed.labels, happened.workers, [(1, listed.edges)])


def test_gauges():
    timeline = of([(0, 0, 1000, 2000)])
    timeline.gauges["memory"] = [(500, 1.0), (1500, 2.0)]
    assert [(e["ts"], e["args"]) for e in written(timeline)["C"]] == [
        (0.0, {"memory": 1.0}),
        (0.5, {"memory": 2.0}),
    ]


@st.composite
def histories(draw):
    """Runs on two threads, one task after the other on each, and their edges."""
    n = draw(st.integers(1, 12))
    clocks, rows = [0, 0], []
    for task in range(n):
        worker = draw(st.integers(0, 1))
        start = clocks[worker] + draw(st.integers(0, 3000))
        clocks[worker] = start + draw(st.integers(0, 3000))
        rows.append((task, worker, start, clocks[worker]))
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    possible = [(a, b) for a, b in pairs if rows[a][3] <= rows[b][2]]
    edges = draw(st.lists(st.sampled_from(possible))) if possible else []
    return rows, edges


@given(histories())
def test_any_history_is_valid(history):
    rows, edges = history
    found = written(of(rows, ["a"], [0] * len(rows), edges=edges))
    assert len(found["X"]) == len(rows)
    assert len(found["s"]) == len(edges)


def many(n):
    numbers = np.arange(n)
    zero = np.zeros(n, np.int64)
    labels = [Label("gemm", source=SourceLoc("x.py", 3, "f")), Label("potrf")]
    listed = TaskList(labels, numbers % 2, zero * 1.0, zero + 1)
    happened = Events(
        numbers,
        numbers % 4,
        numbers // 4 * 1000,
        numbers // 4 * 1000 + 900,
        zero + 1,
        zero.astype(np.uint8),
        tuple(f"worker {i}" for i in range(4)),
    )
    return of_run_1(happened, listed)


def test_a_hundred_thousand_events_take_half_a_second(tmp_path):
    timeline = many(100_000)
    times = []
    for _ in range(3):
        start = time.process_time()
        with (tmp_path / "run.json").open("w") as file:
            write_chrome(timeline, file, "many")
        times.append(time.process_time() - start)
    assert min(times) < 0.5


class Lengths:
    """A file that forgets what is written."""

    def __init__(self):
        self.lines = self.largest = 0

    def write(self, text):
        self.lines += text.count("\n")
        self.largest = max(self.largest, len(text))


def test_memory_grows_by_some_numbers_an_event():
    timeline, file = many(200_000), Lengths()
    tracemalloc.start()
    write_chrome(timeline, file, "many")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert file.lines >= 200_000
    assert file.largest < 10e6
    assert peak < 50e6

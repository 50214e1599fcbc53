"""Descriptions of tasks follow from their accesses."""

import numpy as np

from lazydag.ir.source import SourceLoc
from lazydag.runtime import (
    Access,
    CallTask,
    KernelTask,
    Mode,
    Role,
    Slot,
    TaskGraph,
    View,
)
from lazydag.runtime.tasklist import Label, TaskList, task_list

F64 = np.dtype("f8")
LINE = SourceLoc(__file__, 3, "test")


def test_of_a_task_graph():
    slots = (Slot(80, Role.PARAM), Slot(80, Role.OUTPUT))
    kernel = KernelTask(
        "scale",
        64,
        np.zeros((4, 2), np.int64),
        (Access(0, Mode.IN), Access(1, Mode.OUT, 0, 40)),
        source=LINE,
        cost=2.0,
    )
    call = CallTask("sort", np.sort, (View(1, F64, (10,), mode=Mode.INOUT),))
    graph = TaskGraph(slots, (kernel, call))
    tasks = task_list(graph.tasks, graph.predecessors, slots)
    assert len(tasks) == 2
    assert tasks.of(0) == Label("scale", "kernel", LINE, 80, 40)
    assert tasks.of(1) == Label("sort", "call", None, 80, 80)
    assert tasks.costs.tolist() == [2.0, 0.0]
    assert tasks.tiles.tolist() == [4, 1]
    assert [edge.tolist() for edge in tasks.edges] == [[0], [1]]


def test_many_tasks_share_labels():
    labels = [Label("potrf"), Label("gemm")]
    n = 100_000
    tasks = TaskList(labels, np.arange(n) % 2, np.ones(n), np.ones(n, np.int64))
    assert tasks.of(99_999) is labels[1]
    assert len(tasks.edges[0]) == 0

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from lazydag.errors import VerifyError
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
from lazydag.runtime.engines import PYTHON

F64 = np.dtype(np.float64)


def kernel(*accesses, blocks=None, address=1):
    blocks = np.zeros((1, 1), np.int64) if blocks is None else blocks
    return KernelTask("k", address, blocks, accesses)


PARAM = Slot(8, Role.PARAM)


def broken(*tasks, slots=(PARAM,)):
    with pytest.raises(VerifyError) as caught:
        TaskGraph(slots, tasks, name="plan")
    return str(caught.value)


def test_a_slot_that_does_not_exist():
    message = broken(kernel(Access(3, Mode.IN)))
    assert "task 0 (k) accesses slot 3" in message
    assert "slots are 0 to 0" in message
    assert "please report" in message


def test_a_temporary_that_is_read_before_it_is_written():
    slots = (Slot(8, Role.TEMPORARY, "t"),)
    message = broken(kernel(Access(0, Mode.INOUT)), slots=slots)
    assert "reads temporary slot 0 (t), which no earlier task writes" in message
    TaskGraph(slots, (kernel(Access(0, Mode.OUT)), kernel(Access(0, Mode.IN))))


def test_a_constant_that_is_written():
    message = broken(kernel(Access(0, Mode.OUT)), slots=(Slot(8, Role.CONSTANT),))
    assert "writes constant slot 0" in message


@pytest.mark.parametrize(
    "blocks",
    [
        np.zeros(4, np.int64),
        np.zeros((4, 2), np.int32),
        np.zeros((4, 4), np.int64)[:, ::2],
        np.zeros((4, 4), np.int64).T[:3],
    ],
)
def test_blocks_that_no_driver_could_read(blocks):
    assert "C-contiguous int64" in broken(kernel(blocks=blocks))


def test_a_kernel_without_an_address():
    assert "has no kernel address" in broken(kernel(address=0))


def test_a_view_outside_of_its_buffer():
    call = CallTask("f", print, (View(0, F64, (2,)),))
    assert "views bytes 0 to 16 of param slot 0, which has 8" in broken(call)
    call = CallTask("f", print, (View(0, F64, (1,), offset=-8),))
    assert "views bytes -8 to 0" in broken(call)


def test_the_message_prints_the_tasks_around():
    good = kernel(Access(0, Mode.INOUT))
    message = broken(good, kernel(Access(9, Mode.IN)))
    assert "| task 0: k InOut(0)" in message
    assert "| task 1: k In(9)" in message


@pytest.mark.parametrize(
    ("shape", "strides", "offset", "span"),
    [
        ((2, 3), None, 8, (8, 56)),
        ((2, 3), (-24, 8), 24, (0, 48)),
        ((4,), (0,), 0, (0, 8)),
        ((0, 3), None, 16, (16, 16)),
        ((), None, 0, (0, 8)),
    ],
)
def test_the_span_of_a_view(shape, strides, offset, span):
    assert View(0, F64, shape, strides, offset).span() == span


def test_edges_come_from_the_bytes_that_calls_view():
    out = Mode.OUT
    left = CallTask("f", print, (View(0, F64, (2,), mode=out),))
    right = CallTask("g", print, (View(0, F64, (2,), offset=16, mode=out),))
    both = CallTask("h", print, (View(0, F64, (4,)),))
    graph = TaskGraph((Slot(32, Role.OUTPUT),), (left, right, both))
    assert graph.predecessors == ((), (), (0, 1))


def test_a_graph_is_immutable_and_sums_its_tasks():
    task = KernelTask("k", 1, np.zeros((5, 1), np.int64), (), cost=0.25)
    graph = TaskGraph((), (task, task))
    assert graph.ntiles == 10
    assert graph.cost == 0.5
    with pytest.raises(FrozenInstanceError):
        graph.tasks = ()  # type: ignore[misc]


def width(*tasks):
    return TaskGraph((Slot(8, Role.PARAM),), tasks).frozen.prepare(PYTHON).width


def test_short_graphs_have_one_worker_and_cheap_tiles_are_taken_together():
    blocks = np.zeros((10_000, 1), np.int64)
    assert width(KernelTask("k", 1, blocks, (), cost=1e-5)) == 1
    long = KernelTask("k", 1, blocks, (), cost=1e-3)
    assert width(long) == 500
    assert TaskGraph((), (long,)).frozen.columns.grains.tolist() == [20]


def test_chains_have_one_worker():
    blocks, inout = np.zeros((1, 1), np.int64), (Access(0, Mode.INOUT),)
    link = KernelTask("k", 1, blocks, inout)
    assert width(*[link] * 10) == 1
    assert width(*[link] * 10, KernelTask("k", 1, blocks, ())) > 1

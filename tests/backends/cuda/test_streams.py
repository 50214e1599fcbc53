"""Work on streams, against a driver that is late and looks for hazards."""

import ctypes
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends.cuda.simulated import FAULT, Function, SimulatedDriver
from lazydag.backends.cuda.streams import (
    NONE,
    Order,
    arrive_block,
    copy_block,
    launch_block,
    launches_block,
    room_nbytes,
)
from lazydag.backends.cuda.stubs import stub_addresses
from lazydag.backends.cuda.touched import Operand
from lazydag.runtime import Mode, address_of

N = 100
KERNEL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)

# Slots of the table of buffers.
CONTEXT = 7
HOST, DEVICE, RESULT, STREAM, OTHER, EVENT, LATER, BACK, ROOM = range(9)


class Bench:
    """Some memory, two streams and three events."""

    def __init__(self, seed=0):
        self.driver = SimulatedDriver(seed)
        self.table = self.driver.table()
        self.host = np.arange(N, dtype=float)
        self.result = np.full(N, -1.0)
        self.device = self.driver.allocate(8 * N)
        handles = [self.driver.stream(), self.driver.stream()]
        handles += [self.driver.event() for _ in range(3)]
        places = [address_of(self.host), self.device, address_of(self.result)]
        self.room = np.zeros(room_nbytes(2) // 8, np.int64)
        ends = [*handles, address_of(self.room)]
        self.bases = np.array([*places, *ends], np.int64)

    def run(self, name, block):
        kernel = KERNEL(stub_addresses()[name])
        return kernel(block.ctypes.data, self.bases.ctypes.data)

    def copy(self, target, source, order):
        order = replace(order, context=CONTEXT)
        block = copy_block(self.table, order, (target, 0), (source, 0), 8 * N)
        return self.run("copy", block)

    def double(self, order):
        """Launch a kernel that doubles what is on the device."""
        order = replace(order, context=CONTEXT, room=(ROOM, 0))
        return self.run("launch", self.doubling(order))

    def doubling(self, order):

        def run(words):
            where = ctypes.c_int64.from_address(words + 8).value
            values = np.ctypeslib.as_array((ctypes.c_double * N).from_address(where))
            values *= 2.0

        operand = Operand(1, 0, 8 * N, Mode.INOUT)
        handle = self.driver.function(Function("double", run, 2, (operand,)))
        words = np.array([N, 0])
        pairs = [(1, DEVICE)]
        return launch_block(self.table, order, handle, (1, 256), words, pairs)

    def arrive(self, event):
        return self.run("arrive", arrive_block(self.table, event, CONTEXT))


@settings(max_examples=20)
@given(seed=st.integers(0, 99))
def test_there_and_back_over_two_streams(seed):
    bench = Bench(seed)
    assert not bench.copy(DEVICE, HOST, Order(STREAM, (), EVENT))
    assert not bench.double(Order(OTHER, (EVENT,), LATER))
    assert not bench.copy(RESULT, DEVICE, Order(STREAM, (LATER,), BACK))
    assert bench.result[1] == -1.0  # nothing has to be done yet
    assert not bench.arrive(BACK)
    np.testing.assert_array_equal(bench.result, 2 * bench.host)
    assert not bench.driver.faults


def test_one_stream_needs_no_events():
    bench = Bench()
    for step in (
        bench.copy(DEVICE, HOST, Order(STREAM)),
        bench.double(Order(STREAM)),
        bench.double(Order(STREAM)),
        bench.copy(RESULT, DEVICE, Order(STREAM, (), EVENT)),
        bench.arrive(EVENT),
    ):
        assert step == 0
    np.testing.assert_array_equal(bench.result, 4 * bench.host)


def test_a_missing_wait_is_found():
    bench = Bench()
    assert not bench.copy(DEVICE, HOST, Order(STREAM))
    assert bench.double(Order(OTHER)) == FAULT
    assert bench.driver.faults == [
        "double on stream 4 does not wait for copy on stream 3"
    ]


def test_writing_what_is_read_is_found():
    bench = Bench()
    assert not bench.copy(RESULT, DEVICE, Order(STREAM))
    assert bench.double(Order(OTHER)) == FAULT


def test_an_event_that_never_occurs_is_found():
    bench = Bench()
    assert bench.copy(DEVICE, HOST, Order(STREAM, (EVENT,))) == FAULT
    assert "never recorded" in bench.driver.faults[0]
    assert bench.arrive(LATER) == FAULT


def test_waiting_on_the_host_counts():
    bench = Bench()
    assert not bench.copy(DEVICE, HOST, Order(STREAM, (), EVENT))
    assert not bench.arrive(EVENT)
    assert not bench.double(Order(OTHER))


def test_memory_in_use_must_not_be_given_back():
    bench = Bench()
    assert not bench.copy(DEVICE, HOST, Order(STREAM, (), EVENT))
    bench.driver.free(bench.device)
    assert bench.driver.faults == ["copy uses memory that is given back"]


def test_memory_can_be_given_back_when_all_is_done():
    bench = Bench()
    bench.copy(DEVICE, HOST, Order(STREAM, (), EVENT))
    bench.arrive(EVENT)
    bench.driver.free(bench.device)
    assert not bench.driver.faults


@pytest.mark.parametrize("event", [NONE, EVENT])
def test_stubs_pass_on_what_the_driver_says(event):
    bench = Bench()
    bench.bases[STREAM] = 10_000  # no such stream
    assert bench.copy(DEVICE, HOST, Order(STREAM, (), event)) == FAULT
    assert "KeyError" in bench.driver.faults[0]


@pytest.mark.parametrize(("count", "times"), [(1, 3), (3, 2), (2, 0)])
def test_launches_follow_each_other(count, times):
    bench = Bench()
    assert bench.copy(DEVICE, HOST, Order(STREAM, event=EVENT)) == 0
    alone = Order(OTHER, context=CONTEXT, room=(ROOM, 0))
    order = replace(alone, after=(EVENT,), event=LATER)
    block = launches_block(bench.table, order, [bench.doubling(alone)] * count, times)
    assert bench.run("launches", block) == 0
    assert bench.copy(RESULT, DEVICE, Order(STREAM, after=(LATER,), event=BACK)) == 0
    assert bench.arrive(BACK) == 0
    np.testing.assert_array_equal(bench.result, np.arange(N) * 2.0 ** (count * times))
    assert not bench.driver.faults

"""Work on devices in task graphs: streams, events and arrivals, without a GPU."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends.cpu.engine import default_engine
from lazydag.backends.cuda.backend import CudaBackend
from lazydag.backends.cuda.library import queued_call
from lazydag.backends.cuda.queued import Lane, queued_copy
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler.queues import in_order
from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.types import DTYPES, ArrayType
from lazydag.runtime import (
    CallTask,
    Executor,
    Mode,
    Role,
    Slot,
    TaskGraph,
    View,
    address_of,
)

N = 5000
TYPE = ArrayType((N,), DTYPES["f64"])


class Program:
    """A task graph over arrays of the host and of a device."""

    def __init__(self, seed=0):
        self.device = SimulatedDevice(seed=seed)
        self.backend = CudaBackend(self.device)
        self.slots, self.tasks, self.addresses, self.keep = [], [], [], []

    def host(self, values):
        self.keep.append(values)
        return self._slot(address_of(values), values.nbytes)

    def near(self, nbytes=8 * N):
        return self._slot(self.device.allocate(nbytes), nbytes)

    def _slot(self, address, nbytes):
        self.slots.append(Slot(nbytes, Role.PARAM))
        self.addresses.append(address)
        return len(self.slots) - 1

    def copy(self, lane, source, target, size=N):
        views = [View(slot, DTYPES["f64"], (size,)) for slot in (source, target)]
        self.tasks.append(queued_copy(self.device, lane, *views, None))

    def launch(self, op, *slots):
        *inputs, out = slots
        params = [param(k, TYPE) for k in range(len(inputs))]
        attrs = {"attrs": ReduceAttrs((0,), 1024)} if op == "sum" else {}
        node = make(OPS[op], *params, **attrs)
        body = make_graph(op, params, [node])
        views = [View(slot, DTYPES["f64"], (N,)) for slot in inputs]
        result = View(out, DTYPES["f64"], node.type.shape, None, 0, Mode.OUT)
        work = self.backend.lower_kernel(op, body, views, [result], ())
        self.tasks.append(work)

    def library(self, call, *slots):
        *inputs, out = [View(slot, DTYPES["f64"], (N,)) for slot in slots]
        self.tasks.append(queued_call(self.device, "call", call, inputs, [out]))

    def call(self, function, *slots):
        *inputs, out = slots
        views = [View(slot, DTYPES["f64"], (N,)) for slot in inputs]
        views.append(View(out, DTYPES["f64"], (N,), None, 0, Mode.OUT))
        self.tasks.append(CallTask("call", function, tuple(views)))

    def run(self, threads=2):
        slots = list(self.slots)
        tasks, handles = in_order(self.tasks, slots)
        made = {slot: device.stream() for slot, (device, _) in handles.streams.items()}
        made |= {slot: device.event() for slot, device in handles.events.items()}
        for k in range(len(self.slots), len(slots)):
            if slots[k].role is Role.TEMPORARY:
                self.keep.append(np.zeros(slots[k].nbytes, np.uint8))
                made[k] = address_of(self.keep[-1])
        bases = [*self.addresses, *(made[k] for k in sorted(made))]
        graph = TaskGraph(tuple(slots), tasks)
        executor = Executor(threads, default_engine())
        try:
            executor.run(graph, bases)
        finally:
            executor.close()
        return graph


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), threads=st.integers(1, 3))
def test_there_and_back(seed, threads):
    program = Program(seed)
    x, y = np.random.default_rng(seed).standard_normal((2, N))
    out = np.zeros(N)
    places = [program.host(a) for a in (x, y, out)]
    near = [program.near() for _ in range(4)]
    program.copy(Lane.IN, places[0], near[0])
    program.copy(Lane.IN, places[1], near[1])
    program.launch("add", near[0], near[1], near[2])
    program.launch("mul", near[2], near[0], near[3])
    program.copy(Lane.OUT, near[3], places[2])
    program.run(threads)
    np.testing.assert_array_equal(out, (x + y) * x)
    assert not program.device.faults


def test_what_the_host_reads_has_arrived():
    program = Program()
    x, back, out = np.arange(N, dtype=float), np.zeros(N), np.zeros(N)
    host = [program.host(a) for a in (x, back, out)]
    near = [program.near(), program.near()]
    program.copy(Lane.IN, host[0], near[0])
    program.launch("sqrt", near[0], near[1])
    program.copy(Lane.OUT, near[1], host[1])
    program.call(lambda a, b: np.multiply(a, 2.0, out=b), host[1], host[2])
    graph = program.run()
    np.testing.assert_array_equal(out, 2 * np.sqrt(x))
    assert not program.device.faults
    names = [task.name for task in graph.tasks]
    assert names.index("copy has arrived") < names.index("call")


def test_what_is_copied_from_is_not_written_before():
    program = Program(3)
    x, out = np.arange(N, dtype=float), np.zeros(N)
    host = [program.host(a) for a in (x, out)]
    near = program.near()
    program.copy(Lane.IN, host[0], near)
    program.call(lambda a: a.fill(-1.0), host[0])
    program.copy(Lane.OUT, near, host[1])
    program.run()
    np.testing.assert_array_equal(out, np.arange(N))
    assert (x == -1).all()
    assert not program.device.faults


def test_buffers_of_the_device_are_used_again():
    program = Program(5)
    arrays = np.random.default_rng(1).standard_normal((6, N))
    outs = np.zeros((6, N))
    near, result = program.near(), program.near()
    for x, out in zip(arrays, outs, strict=True):
        program.copy(Lane.IN, program.host(x), near)
        program.launch("neg", near, result)
        program.copy(Lane.OUT, result, program.host(out))
    program.run()
    np.testing.assert_array_equal(outs, -arrays)
    assert not program.device.faults


def test_reductions_on_the_device():
    program = Program()
    x, out = np.random.default_rng(0).uniform(size=N), np.zeros(5)
    near, partial = program.near(), program.near(40)
    program.copy(Lane.IN, program.host(x), near)
    program.launch("sum", near, partial)
    program.copy(Lane.OUT, partial, program.host(out), 5)
    program.run()
    wanted = [x[k : k + 1024].sum() for k in range(0, N, 1024)]
    np.testing.assert_allclose(out, wanted, rtol=1e-14)
    assert not program.device.faults


@pytest.mark.parametrize(
    "lanes", [(Lane.COMPUTE,) * 3, (Lane.IN, Lane.COMPUTE, Lane.OUT)]
)
def test_one_stream_needs_one_event(lanes):
    program = Program()
    x = np.ones(N)
    near, result = program.near(), program.near()
    program.copy(lanes[0], program.host(x), near)
    program.launch("neg", near, result)
    program.copy(lanes[2], result, program.host(np.zeros(N)))
    slots = list(program.slots)
    _, handles = in_order(program.tasks, slots)
    assert len(handles.streams) == len({*lanes})
    assert len(handles.events) == len({*lanes})


def twice_and_sorted(lib, x, out):
    out[...] = lib.sort(x * 2)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), threads=st.integers(1, 3))
def test_calls_of_libraries_are_in_order(seed, threads):
    program = Program(seed)
    x, out = np.random.default_rng(seed).standard_normal(N), np.zeros(N)
    near = [program.near() for _ in range(3)]
    program.copy(Lane.IN, program.host(x), near[0])
    program.launch("neg", near[0], near[1])
    program.library(twice_and_sorted, near[1], near[2])
    program.launch("neg", near[2], near[0])
    program.copy(Lane.OUT, near[0], program.host(out))
    program.run(threads)
    np.testing.assert_array_equal(out, -np.sort(-x * 2))
    assert not program.device.faults


def test_work_may_lie_in_parts_of_a_buffer():
    program = Program()
    x, out = np.arange(N, dtype=float), np.zeros(N)
    near = [program.near() for _ in range(4)]
    arena = program.near(8 * N * 4 + 64)
    program.copy(Lane.IN, program.host(x), near[0])
    program.launch("neg", near[0], near[1])
    program.library(twice_and_sorted, near[1], near[2])
    program.launch("sqrt", near[2], near[3])
    program.copy(Lane.OUT, near[2], program.host(out))
    first = {slot: (arena, 8 * N * k) for k, slot in enumerate(near)}
    program.tasks = [task.located(first) for task in program.tasks]
    program.tasks = [task.located({arena: (arena, 64)}) for task in program.tasks]
    program.run()
    np.testing.assert_array_equal(out, np.sort(-x * 2))
    assert not program.device.faults

"""Plans within the memory of a device: the same results, whatever has to move."""

import re
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends.cpu.engine import default_engine
from lazydag.backends.cuda.backend import CudaBackend
from lazydag.backends.cuda.queued import Lane, Queued, queued_copy
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import plan
from lazydag.compiler.devices import attach, detach
from lazydag.compiler.memory import fit as fit_module
from lazydag.compiler.memory import outside
from lazydag.compiler.memory.fit import fit
from lazydag.compiler.queues import in_order
from lazydag.cost.target import Space, Target
from lazydag.errors import OutOfMemoryError
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.types import DTYPES, ArrayType
from lazydag.runtime import Executor, Mode, Role, Slot, TaskGraph, View, address_of
from tests.compiler.simulation import simulated_seconds
from tests.compiler.test_plans import assert_same_bits
from tests.passes.programs import do, graph_of, inputs, reduce, reshape, spread
from tests.passes.targets import GB, cpu, gpu, links

N = 512
F64 = DTYPES["f64"]
NBYTES = 8 * N


def target_of(nbytes):
    spaces = (Space("ram", 64 * GB), Space("gpu0", nbytes))
    return Target((cpu(1), gpu()), spaces, links("ram", "gpu0", 1e15), name="far")


@pytest.fixture
def device():
    made = SimulatedDevice()
    attach(made)
    yield made
    detach(made.name)


class Program:
    """Launches and copies over slots of the host and of a device."""

    def __init__(self, device, hosts, fars):
        self.device, self.backend = device, CudaBackend(device)
        rng = np.random.default_rng(0)
        self.arrays = [rng.standard_normal(N) for _ in range(hosts)]
        self.values = {k: array.copy() for k, array in enumerate(self.arrays)}
        self.slots = [Slot(NBYTES, Role.PARAM, f"h{k}") for k in range(hosts)]
        self.far = range(hosts, hosts + fars)
        self.slots += [Slot(NBYTES, Role.TEMPORARY, f"x{k}") for k in range(fars)]
        self.spaces = dict.fromkeys(range(hosts), "ram")
        self.spaces |= dict.fromkeys(self.far, "gpu0")
        self.work = []

    def copy(self, source, target):
        lane = Lane.IN if target in self.far else Lane.OUT
        views = [View(slot, F64, (N,)) for slot in (source, target)]
        self.work.append(queued_copy(self.device, lane, *views, None))
        self.values[target] = self.values[source]

    def launch(self, op, *slots):
        *sources, out = slots
        params = [param(k, ArrayType((N,), F64)) for k in range(len(sources))]
        node = make(OPS[op], *params)
        body = make_graph(op, params, [node])
        views = [View(slot, F64, (N,)) for slot in sources]
        result = [View(out, F64, (N,), None, 0, Mode.OUT)]
        self.work.append(self.backend.lower_kernel(op, body, views, result, ()))
        function = {"add": np.add, "neg": np.negative}[op]
        self.values[out] = function(*(self.values[slot] for slot in sources))

    def run(self, nbytes):
        """Run in so many bytes of the device, and return the work."""
        work = fit(self.work, self.slots, self.spaces, target_of(nbytes))
        tasks, handles = in_order(work, self.slots)
        made = {slot: each.stream() for slot, (each, _) in handles.streams.items()}
        made |= {slot: each.event() for slot, each in handles.events.items()}
        made |= {k: address_of(array) for k, array in enumerate(self.arrays)}
        keep = []
        for number, slot in enumerate(self.slots):
            if number in made:
                continue
            if self.spaces.get(number) == "gpu0":
                assert slot.nbytes <= nbytes
                made[number] = self.device.allocate(slot.nbytes)
            else:
                keep.append(np.empty(max(1, slot.nbytes), np.uint8))
                made[number] = address_of(keep[-1])
        executor = Executor(2, default_engine())
        graph = TaskGraph(tuple(self.slots), tasks)
        try:
            executor.run(graph, [made[k] for k in range(len(self.slots))])
        finally:
            executor.close()
        return work

    def check(self):
        for number, array in enumerate(self.arrays):
            np.testing.assert_array_equal(array, self.values[number])
        assert not self.device.faults


@settings(max_examples=25, deadline=None)
@given(st.data(), st.integers(3, 8), st.integers(0, 9), st.integers(1, 6))
def test_any_program_has_the_same_results(data, room, seed, ram):
    device = SimulatedDevice(seed=seed)
    attach(device)
    program = Program(device, hosts=4, fars=6)
    draw = data.draw
    for _ in range(draw(st.integers(1, 25))):
        ready = [slot for slot in program.values if slot in program.far]
        kind = draw(st.sampled_from(["in", "out", "add", "neg"] if ready else ["in"]))
        slot = st.sampled_from(program.far)
        if kind == "in":
            program.copy(draw(st.integers(0, 3)), draw(slot))
        elif kind == "out":
            program.copy(draw(st.sampled_from(ready)), draw(st.integers(0, 3)))
        else:
            sources = [draw(st.sampled_from(ready)) for _ in range(1 + (kind == "add"))]
            program.launch(kind, *sources, draw(slot))
    with patch.object(fit_module, "default_limit", lambda: ram * NBYTES):
        program.run(room * NBYTES)
    detach(device.name)
    program.check()


def moved(work):
    return sum(isinstance(each, Queued) and each.name == "copy" for each in work)


def test_what_was_copied_in_leaves_without_a_copy(device):
    program = Program(device, hosts=4, fars=4)
    for k in range(4):
        program.copy(k, 4 + k)
    for k in range(4):
        program.launch("neg", 4 + k, 4 + k)
        program.copy(4 + k, k)
    assert moved(program.run(2 * NBYTES)) == 8 + 2
    program.check()


def test_what_was_computed_is_copied_out_and_in(device):
    program = Program(device, hosts=2, fars=4)
    program.copy(0, 2)
    program.launch("neg", 2, 3)
    program.launch("add", 2, 3, 4)
    program.launch("add", 2, 4, 5)
    program.launch("add", 3, 5, 5)
    program.copy(5, 1)
    work = program.run(3 * NBYTES)
    assert moved(work) == 2 + 2
    program.check()


def test_what_does_not_fit_in_ram_goes_to_disk(device, monkeypatch):
    monkeypatch.setattr(fit_module, "default_limit", lambda: 2 * NBYTES)
    program = Program(device, hosts=1, fars=12)
    program.copy(0, 1)
    for k in range(2, 13):
        program.launch("add", k - 1, k - 1, k)
    for k in range(2, 12):
        program.launch("add", k, 12, 12)
    program.copy(12, 0)
    names = [each.name for each in program.run(4 * NBYTES)]
    assert names.count("write to disk") == names.count("read from disk") > 3
    files = [*outside._folder().iterdir()]
    assert not files
    program.check()


def test_buffers_share_memory_though_all_fit(device):
    program = Program(device, hosts=1, fars=2)
    for _ in range(20):
        program.copy(0, 1)
        program.launch("neg", 1, 2)
        program.copy(2, 0)
    assert moved(program.run(100 * NBYTES)) == 40
    used = [
        s.nbytes for k, s in enumerate(program.slots) if program.spaces.get(k) == "gpu0"
    ]
    assert used[:2] == [0, 0]
    program.check()


def test_a_step_that_does_not_fit_is_named(device):
    program = Program(device, hosts=1, fars=3)
    program.copy(0, 1)
    program.launch("neg", 1, 2)
    program.launch("add", 1, 2, 3)
    told = (
        "add needs 12.3 kB of gpu:0 at a time (x0 4.1 kB, x1 4.1 kB, x2 4.1 kB), "
        "and 8.19 kB are free for it\n  1/2 of the data would fit"
    )
    with pytest.raises(OutOfMemoryError, match=re.escape(told)) as caught:
        program.run(2 * NBYTES)
    assert (caught.value.nbytes, caught.value.limit_nbytes) == (3 * NBYTES, 2 * NBYTES)
    assert isinstance(caught.value, MemoryError)


def largest(x):
    """Return the largest element of each row, in all of its places."""
    rows = reshape(reduce("amax", x, 1), x.type.shape[0], 1)
    return spread(rows, x.type.shape)


@pytest.mark.parametrize("parts", [3, 6])
def test_a_larger_problem_takes_little_more_than_its_transfers(device, parts):
    # 1.6 GB come, and as many return; of shapes that no kernel looks at together
    params = inputs(*(f"f64[{1000 + k},12400]" for k in range(16)))
    powers = [do("exp", p) for p in params]
    values = [do("sub", power, largest(power)) for power in powers]
    host = replace(cpu(), flops_per_s={"f64": 1e6}, bytes_per_s=1e15)
    spaces = (Space("ram", 64 * GB), Space("gpu0", int(1.6e9) // parts))
    target = Target((host, gpu()), spaces, links("ram", "gpu0"), name="small")
    planned = plan(graph_of(params, *values), target=target)
    assert not device.faults
    assert simulated_seconds(planned) < 1.2 * 1.6e9 / 20e9


def test_plans_follow_the_limit(device, monkeypatch):
    params = inputs("f64[300,200]", "f64[300,200]")
    product = do("exp", do("add", *params))
    graph = graph_of(params, reduce("sum", product, 1), product)
    monkeypatch.setenv("LAZYDAG_DEVICE_MEMORY_LIMIT", "1.5MB")
    planned = plan(graph, target=target_of(4 * GB))
    arrays = list(np.random.default_rng(0).standard_normal((2, 300, 200)))
    slots, spaces = planned.task_graph.slots, planned.lowered.spaces
    far = sum(slots[k].nbytes for k, space in spaces.items() if space == "gpu0")
    assert 0 < far <= 1.5e6
    assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not device.faults


@pytest.mark.parametrize("room", [3, 5])
def test_plans_run_in_little_memory(device, room):
    # Of shapes that no kernel looks at together; all are there until the sum is.
    params = inputs(*(f"f64[{5000 + k}]" for k in range(10)))
    powers = [do("exp", p) for p in params]
    total = reduce("amax", powers[0])
    for power in powers[1:]:
        total = do("add", total, reduce("amax", power))
    graph = graph_of(params, *(do("div", power, total) for power in powers))
    host = replace(
        cpu(1), flops_per_s={"f64": 1.0}, bytes_per_s=1.0, thread_bytes_per_s=1.0
    )
    spaces = (Space("ram", 64 * GB), Space("gpu0", room * 41_000))
    target = Target((host, gpu()), spaces, links("ram", "gpu0", 1e15), name="little")
    planned = plan(graph, target=target)
    names = [slot.name for slot in planned.task_graph.slots]
    assert sum(name.endswith("moved out") for name in names) > 3
    arrays = [np.linspace(0, 1, 5000 + k) for k in range(10)]
    for _ in range(2):
        assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not device.faults

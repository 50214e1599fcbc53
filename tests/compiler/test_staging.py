"""Copies of large arrays go by way of pinned pages."""

import gc
from dataclasses import replace

import numpy as np
import pytest

from lazydag.backends.cuda.simulated import LARGE_NBYTES
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import pinning, plan, staging
from lazydag.compiler.devices import attach, detach
from lazydag.cost.target import Space, Target
from lazydag.runtime.pages import MAPPED_NBYTES, Pages, new_pages
from tests.compiler.simulation import simulated_seconds
from tests.compiler.test_plans import assert_same_bits
from tests.passes.programs import (
    do,
    graph_of,
    inputs,
    kernels,
    reduce,
    reshape,
    spread,
)
from tests.passes.targets import GB, cpu, gpu, links

#: A host so far behind that all goes to the GPU.
FAR = Target(
    (cpu(1), gpu()),
    (Space("ram", 64 * GB), Space("gpu0", 80 * GB)),
    links("ram", "gpu0", 1e15),
    name="far",
)
N = 600_000
assert 8 * N >= MAPPED_NBYTES


@pytest.fixture
def device():
    made = SimulatedDevice()
    attach(made)
    yield made
    detach(made.name)


def program():
    params = inputs(*[f"f64[{N}]"] * 2)
    return graph_of(params, do("mul", do("exp", params[0]), params[1]))


def test_nothing_large_is_copied_from_other_pages(device, monkeypatch):
    monkeypatch.setattr(staging, "PART_NBYTES", 2 << 20)
    monkeypatch.setattr(pinning, "MAPPED_NBYTES", 1 << 20)
    graph = program()
    planned = plan(graph, target=FAR)
    names = [task.name for task in planned.task_graph.tasks]
    assert names.count("stage") == 2 * 3  # arrays of 4.8 MB
    for seed in range(2):
        arrays = list(np.random.default_rng(seed).standard_normal((2, N)))
        assert_same_bits(planned.run(arrays), plan(graph).run(arrays))
    assert not device.faults
    assert device.simulation.pageable_nbytes == 0


def test_results_in_the_users_arrays_are_staged(device, monkeypatch):
    monkeypatch.setattr(staging, "PART_NBYTES", 2 << 20)
    monkeypatch.setattr(pinning, "MAPPED_NBYTES", 1 << 20)
    graph = program()
    planned = plan(graph, target=FAR)
    arrays = list(np.random.default_rng(0).standard_normal((2, N)))
    out = np.empty(N)
    for given in (out, None, out):
        (found,) = planned.run(arrays, [given])
        assert_same_bits([found], plan(graph).run(arrays))
        assert (found is out) == (given is out)
    assert not device.faults
    assert device.simulation.pageable_nbytes == 0


def test_small_copies_are_left_to_the_driver(device):
    (x,) = inputs("f64[1000]")
    planned = plan(graph_of([x], do("exp", x)), target=FAR)
    names = [task.name for task in planned.task_graph.tasks]
    assert "stage" not in names
    assert LARGE_NBYTES > 8000


def test_pages_are_unpinned_before_they_are_given_back():
    device = SimulatedDevice()
    pages = new_pages(MAPPED_NBYTES)
    for _ in range(2):
        pinning.pin(pages, device)
    address = pages.address
    assert device.simulation.pinned[address] == MAPPED_NBYTES
    del pages
    gc.collect()
    assert address not in device.simulation.pinned


def test_no_more_is_pinned_than_is_allowed(monkeypatch):
    device = SimulatedDevice()
    monkeypatch.setattr(pinning, "FRACTION", 0.0)
    pages = new_pages(MAPPED_NBYTES)
    pinning.pin(pages, device)
    pinning.pin(Pages(pages.address, 4096, pages.owner), device)
    assert pages.address not in device.simulation.pinned


def largest(x):
    """Return the largest element of each row, in all of its places."""
    rows = reshape(reduce("amax", x, 1), x.type.shape[0], 1)
    return spread(rows, x.type.shape)


def test_copies_and_work_overlap(device):
    # of shapes that no kernel looks at together
    params = inputs(*(f"f64[{1000 + k},12400]" for k in range(16)))
    powers = [do("exp", p) for p in params]
    values = [do("sub", power, largest(power)) for power in powers]
    host = replace(cpu(), flops_per_s={"f64": 1e6}, bytes_per_s=1e15)
    target = Target((host, gpu()), FAR.spaces, links("ram", "gpu0"), name="near")
    planned = plan(graph_of(params, *values), target=target)
    ways = [k.attrs.device for k in kernels(planned.graphs[-1])]
    assert ways.count("gpu:0") > len(params)
    bound = 1.6e9 / 20e9  # each way
    assert simulated_seconds(planned) < 1.5 * bound

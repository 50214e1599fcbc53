"""Tile programs whose matrices are larger than the memory of the device."""

from dataclasses import replace

import numpy as np
import pytest

import lazydag as ld
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import plan, staging
from lazydag.compiler.devices import attach, detach
from lazydag.compiler.pipeline import PIPELINE
from lazydag.compiler.tiled import tiled_ways
from lazydag.cost.target import Space, Target
from lazydag.ir.graph import Stage
from lazydag.passes.place import Place
from tests.compiler.simulation import simulated_seconds
from tests.passes.targets import GB, cpu, gpu, links

SIZE, ORDER = 330, 110
TILE_NBYTES = 8 * ORDER**2


def target(nbytes, bytes_per_s=1e15):
    host = replace(cpu(2), flops_per_s={"f64": 1e9}, bytes_per_s=1e12)
    spaces = (Space("ram", 64 * GB), Space("gpu0", nbytes))
    return Target((host, gpu()), spaces, links("ram", "gpu0", bytes_per_s), name="g")


@pytest.fixture
def device(monkeypatch):
    place = Place(can_run=lambda _: False, offers=(tiled_ways,))
    monkeypatch.setitem(PIPELINE, Stage.PLACED, (place,))
    made = SimulatedDevice(seed=1)
    attach(made)
    yield made
    detach(made.name)


def definite(size):
    x = np.random.default_rng(0).standard_normal((size, size))
    return x @ x.T + size * np.eye(size)


def traced(matrix):
    return ld.explain(ld.linalg.cholesky(ld.asarray(matrix))).graphs[0]


@pytest.mark.parametrize("tiles", [4, 5, 9])
def test_tiles_leave_and_return(device, monkeypatch, tiles):
    monkeypatch.setattr("lazydag.compiler.groups.tile_order", lambda *_: ORDER)
    matrix = definite(SIZE)
    planned = plan(traced(matrix), target=target(tiles * (TILE_NBYTES + 256)))
    assert "gpu:0/tiles" in [k.attrs.device for k in planned.memory.kernels]
    (found,) = planned.run([matrix])
    np.testing.assert_allclose(found, np.linalg.cholesky(matrix), atol=1e-9)
    assert not device.faults


def test_tiles_of_the_users_matrix_are_staged_in_parts(device, monkeypatch):
    monkeypatch.setattr("lazydag.compiler.groups.tile_order", lambda *_: ORDER)
    monkeypatch.setattr(staging, "LEAST_NBYTES", 1 << 10)
    monkeypatch.setattr(staging, "PART_NBYTES", 20_000)
    matrix = definite(SIZE)
    planned = plan(traced(matrix), target=target(1 << 30))
    names = [task.name for task in planned.task_graph.tasks]
    parts = -(-ORDER // (20_000 // (8 * ORDER)))
    assert names.count("stage") in {5 * parts, 6 * parts}  # the host may do one
    (found,) = planned.run([matrix])
    np.testing.assert_allclose(found, np.linalg.cholesky(matrix), atol=1e-9)
    assert not device.faults


def test_a_matrix_larger_than_the_memory_keeps_the_links_busy(device, monkeypatch):
    monkeypatch.setattr("lazydag.compiler.groups.tile_order", lambda *_: 512)
    graph = traced(np.broadcast_to(1.0, (8192, 8192)))
    planned = plan(graph, target=target(8192**2 * 8 // 6, 20e9))
    handles = planned.lowered.handles
    (inward,) = (k for k, (_, lane) in handles.streams.items() if lane.value == "in")
    moving = sum(
        task.cost
        for task in planned.task_graph.tasks
        if inward in {access.slot for access in task.accesses}
    )
    assert not device.faults
    assert simulated_seconds(planned) < 1.5 * moving

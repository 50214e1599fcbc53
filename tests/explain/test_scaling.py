"""Factorisations of large matrices keep 64 cores of 16 sockets busy, simulated."""

import pytest

from lazydag.explain.sockets import dealt, predict
from tests.benchmarks import scaling


@pytest.fixture(scope="module")
def machine():
    return scaling.machine()


def test_the_machine(machine):
    assert len(machine.devices) == 16
    assert sum(device.threads for device in machine.devices) == 64
    speeds = machine.speeds
    assert all(1e9 < speed < 1e11 for key, speed in speeds.items() if "gemm" in key[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cholesky", "qr"])
def test_64_cores_are_busy(name, machine):
    plan = scaling.planned(scaling.PROGRAMS[name], machine, tile=scaling.TILE)
    found = predict(plan.task_graph, dealt(plan), machine)
    assert found.cores == 64
    assert found.efficiency >= scaling.EFFICIENCY
    assert found.ratio <= scaling.RATIO
    # nothing is guessed
    kernels = {(task.key, task.bucket) for task in plan.task_graph.tasks}
    assert kernels <= machine.speeds.keys()


def test_dealing_tiles_gains_what_moving_them_costs(machine):
    case = scaling.PROGRAMS["cholesky"]
    alone = scaling.predicted(case, machine, size=8192)
    apart = scaling.predicted(case, machine, size=8192, tile=scaling.TILE)
    assert apart.schedule.makespan < alone.schedule.makespan
    assert apart.schedule.moving_seconds < alone.schedule.moving_seconds
    assert apart.work_seconds == pytest.approx(alone.work_seconds)

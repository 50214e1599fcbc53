"""Factorisations of large matrices keep 64 cores of 16 sockets busy, simulated."""

import pytest

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
    found = scaling.predicted(scaling.PROGRAMS[name], machine, tile=scaling.TILE)
    assert found.cores == 64
    assert found.efficiency >= scaling.EFFICIENCY
    assert found.ratio <= scaling.RATIO


def test_dealing_tiles_gains_what_moving_them_costs(machine):
    case = scaling.PROGRAMS["cholesky"]
    alone = scaling.predicted(case, machine, size=8192)
    dealt = scaling.predicted(case, machine, size=8192, tile=scaling.TILE)
    assert dealt.schedule.makespan < alone.schedule.makespan
    assert dealt.schedule.moving_seconds < alone.schedule.moving_seconds
    assert dealt.work_seconds == pytest.approx(alone.work_seconds)


def test_every_kernel_was_measured(machine):
    plan = scaling.planned(scaling.PROGRAMS["cholesky"], machine)
    kernels = {(t.key, t.bucket) for t in plan.task_graph.tasks}
    assert kernels <= machine.speeds.keys()

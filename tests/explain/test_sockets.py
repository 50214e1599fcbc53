"""Plans for several sockets: who holds which tiles, and what a run takes."""

import numpy as np
import pytest

import lazydag as ld
from lazydag.cost import Device, Link, Space, Target
from lazydag.explain.simulation import NOWHERE
from lazydag.explain.sockets import machine_of, traffic_of
from lazydag.ir.attrs import RetileAttrs
from lazydag.ir.types import F64, ArrayType

GB = 1e9


def socket(number, threads=2):
    flops = {"f64": threads * 4e10, "i64": threads * 1e10}
    speeds = [threads * 1e10] * 2 + [1e10] * 2
    return Device(f"cpu:{number}", "cpu", threads, f"ram{number}", flops, *speeds)


FOUR = Target(
    tuple(map(socket, range(4))),
    (*(Space(f"ram{i}", 1 << 40) for i in range(4)), Space("mesh", 1)),
    tuple(
        link
        for i in range(4)
        for link in (
            Link(f"ram{i}", "mesh", 1e-6, 10 * GB),
            Link("mesh", f"ram{i}", 1e-6, 10 * GB),
        )
    ),
    name="four sockets",
)


def explained(function, *types, target=FOUR):
    return ld.explain(ld.jit(function), *types, target=target)


def test_ways_share_the_links_of_a_socket():
    machine = machine_of(FOUR)
    assert machine.cores == (2, 2, 2, 2)
    way, back = machine.ways[0][3], machine.ways[0][2]
    assert way.links[0] == back.links[0]
    assert way.links[1] != back.links[1]
    assert way.latency_seconds == pytest.approx(2e-6)


def test_retiling_says_what_it_moves():
    matrix = ArrayType((4000, 4000), F64)
    text = str(explained(lambda a: a.retile(500, (2, 2)) @ a, matrix))
    # three of four quarters leave the first socket, over its one link
    assert "96 MB moved, 9.6 ms" in text
    again = explained(lambda a: a.retile(500, (1, 4)).retile(1000, "rows") @ a, matrix)
    assert "96 MB moved, 2.4 ms" in str(again)
    same = str(explained(lambda a: a.retile(500) @ a, matrix))
    assert "no copy: in one memory tiles are views" in same


def test_one_socket_copies_nothing():
    explanation = ld.explain(ld.asarray(np.ones((600, 600)), blocks=100) * 2)
    assert "no copy" in str(explanation)
    assert explanation.prediction is None


def test_a_prediction_is_shown_for_several_sockets():
    explanation = explained(ld.linalg.cholesky, ArrayType((4096, 4096), F64))
    found = explanation.prediction
    assert (found.cores, found.sockets) == (8, 4)
    assert f"  {found}" in str(explanation)
    assert found.schedule.makespan >= found.bound_seconds
    assert found.efficiency <= 1.0
    assert found.ratio >= 1.0


def test_grids_are_shared_by_all_sockets():
    vector = ArrayType((1 << 26,), F64)
    found = explained(lambda x: ld.exp(x) * 2, vector).prediction
    assert found.efficiency > 0.9
    assert found.schedule.makespan == pytest.approx(found.work_seconds / 8, rel=0.1)


def test_tiles_that_are_dealt_lie_apart():
    def dealt(a):
        return ld.linalg.cholesky(a.retile(512, (2, 2)))

    matrix = ArrayType((8192, 8192), F64)
    alone = explained(ld.linalg.cholesky, matrix).prediction
    apart = explained(dealt, matrix).prediction
    assert apart.schedule.moving_seconds < alone.schedule.moving_seconds


def test_where_tiles_lie():
    matrix = ArrayType((4096, 4096), F64)
    tasks = explained(ld.linalg.cholesky, matrix).tasks
    layout = {0: (matrix, RetileAttrs((512, 512), "2x2"))}
    assert {0, 1, 2, 3} <= set(traffic_of(tasks, layout, 4).homes)
    assert set(traffic_of(tasks, {}, 4).homes) == {0, NOWHERE}

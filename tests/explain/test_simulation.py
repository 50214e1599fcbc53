"""Simulated runs on sockets: who runs what, and what moving tiles takes."""

import numpy as np
import pytest

from lazydag.explain.simulation import NOWHERE, Machine, Traffic, Way, simulate

FAST = Way((0,), 0.0, 1e9)
TWO = Machine((1, 1), ((None, FAST), (FAST, None)))


def run(costs, pairs=(), machine=TWO, traffic=None):
    sources, destinations = zip(*pairs, strict=True) if pairs else ((), ())
    edges = np.array(sources, np.int64), np.array(destinations, np.int64)
    pieces = np.ones(len(costs), np.int64)
    return simulate(np.array(costs), pieces, edges, machine, traffic)


def test_tasks_run_where_they_write():
    homes = [0, 1, 0, 1]
    traffic = Traffic([((i, 1),) for i in range(4)], [8] * 4, homes)
    found = run([1.0, 1.0, 2.0, 2.0], traffic=traffic)
    assert found.makespan == 3.0
    assert found.moved_nbytes == 0


def test_idle_cores_help_and_pay_for_the_way():
    uses = [((i, 2),) for i in range(4)]
    traffic = Traffic(uses, [500_000_000] * 4, [0] * 4)
    found = run([5.0] * 4, traffic=traffic)
    assert found.moved_nbytes == 2_000_000_000
    assert found.moving_seconds == 2.0
    assert found.makespan == 12.0


def test_a_link_carries_one_transfer_at_a_time():
    ways = ((None, FAST, FAST), (FAST, None, FAST), (FAST, FAST, None))
    uses = [((0, 1), (2, 1)), ((1, 1), (2, 1))]
    traffic = Traffic(uses, [0, 0, 1_000_000_000], [0, 1, 2])
    found = run([1.0, 1.0], machine=Machine((1, 1, 1), ways), traffic=traffic)
    assert sorted(found.ends) == [2.0, 3.0]


def test_what_nobody_wrote_yet_belongs_to_who_does():
    way = Way((0,), 0.5, 1e9)
    machine = Machine((1, 1), ((None, way), (way, None)))
    traffic = Traffic([((0, 1),), ((1, 1), (0, 1))], [1000, 10], [NOWHERE, 1])
    found = run([1.0, 1.0], [(0, 1)], machine, traffic)
    assert found.moved_nbytes == 1000
    assert found.makespan == pytest.approx(2.5, abs=1e-5)
    traffic = Traffic([((0, 1),), ((1, 1), (0, 1))], [1000, 10], [NOWHERE, NOWHERE])
    assert run([1.0, 1.0], [(0, 1)], machine, traffic).moved_nbytes == 0

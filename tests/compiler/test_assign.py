"""Which device runs which task: schedules on machines that nobody has to have."""

from dataclasses import replace
from itertools import pairwise, product
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.algorithms.cholesky import cholesky
from lazydag.compiler.assign import Hop, Job, Machine, Piece, assign
from lazydag.compiler.groups import Group, assigned
from lazydag.compiler.planned_region import PlannedRegion
from lazydag.compiler.session import session
from lazydag.compiler.tiled import tile_order
from lazydag.cost.estimate import estimate
from lazydag.cost.history import History, Settled
from lazydag.cost.store import load
from lazydag.ir.types import DTYPES
from lazydag.runtime import Mode, Role, Slot, View
from lazydag.runtime.dynamic import Scope, leave_scope, scope
from lazydag.runtime.placeholders import placeholder
from tests.passes.targets import FOUR_GPUS

H200 = load(Path(__file__).parents[2] / "examples/targets/h200x4.toml")
ALONE = Machine((1,), (0,))


def machine(*workers, bytes_per_s=1.0):
    """Devices with memories of their own, and a link from each to each."""
    numbers = range(len(workers))
    pairs = [(a, b) for a, b in product(numbers, numbers) if a != b]
    ways = {
        pair: (Hop(link, pair[1], 0.0, bytes_per_s),) for link, pair in enumerate(pairs)
    }
    return Machine(workers, tuple(numbers), ways, len(pairs))


@st.composite
def programs(draw):
    count = draw(st.integers(1, 12))
    pieces = [
        Piece(draw(st.integers(1, 9)), (k, k), draw(st.integers(-1, 1)))
        for k in range(4)
    ]
    numbers = st.lists(st.integers(0, 3), max_size=2, unique=True).map(tuple)
    seconds = st.sampled_from([1.0, 2.0, inf])
    jobs = [
        Job((draw(st.sampled_from([1.0, 5.0])), draw(seconds)), *draw(pairs(numbers)))
        for _ in range(count)
    ]
    before = [
        tuple(sorted(draw(st.sets(st.integers(0, k - 1), max_size=2)))) if k else ()
        for k in range(count)
    ]
    return jobs, before, pieces


def pairs(numbers):
    return st.tuples(numbers, numbers)


@given(programs())
def test_tasks_start_when_they_can_and_devices_do_one_at_a_time(program):
    jobs, before, pieces = program
    found = assign(jobs, before, pieces, machine(1, 1))
    for number, job in enumerate(jobs):
        seconds = job.seconds[found.devices[number]]
        assert seconds < inf
        assert found.ends[number] == found.starts[number] + seconds
        for earlier in before[number]:
            assert found.ends[earlier] <= found.starts[number]
    for device in (0, 1):
        own = [n for n in found.order() if found.devices[n] == device]
        for one, next_ in pairwise(own):
            assert found.ends[one] <= found.starts[next_]
    place = {number: at for at, number in enumerate(found.order())}
    assert all(
        place[earlier] < place[number]
        for number, each in enumerate(before)
        for earlier in each
    )


def test_what_is_not_worth_the_way_stays():
    pieces = [Piece(10, space=0), Piece(10)]
    job = Job((5.0, 1.0), (0,), (1,))
    assert assign([job], [()], pieces, machine(1, 1)).devices == (0,)
    near = machine(1, 1, bytes_per_s=10.0)
    assert assign([job], [()], pieces, near).devices == (1,)


def test_independent_tasks_share_workers():
    jobs = [Job((1.0, inf))] * 6
    found = assign(jobs, [()] * 6, [], machine(3, 1))
    assert found.makespan == 2.0
    assert found.busy_seconds == (6.0, 0.0)


def test_the_critical_path_comes_first():
    jobs = [Job((0.5,)), *[Job((1.0,))] * 3]
    found = assign(jobs, [(), (), (1,), (2,)], [], ALONE)
    assert found.order() == [1, 2, 3, 0]


def test_what_is_wanted_at_home_is_computed_there_if_the_way_back_is_long():
    job, pieces = Job((5.0, 1.0), (1,), (0,)), [Piece(10), Piece(0, space=0)]
    devices = machine(1, 1)
    assert assign([job], [()], pieces, devices).devices == (1,)
    kept = replace(job, returns=(0,))
    assert assign([kept], [()], pieces, devices).devices == (0,)
    found = assign([replace(kept, seconds=(inf, 1.0))], [()], pieces, devices)
    assert found.makespan == 11.0


def test_what_is_only_filled_for_the_host_is_filled_by_it():
    job = Job((5.0, 1.0), (), (0,))
    devices = machine(1, 1, bytes_per_s=100.0)
    assert assign([job], [()], [Piece(10)], devices).devices == (1,)
    kept = replace(job, returns=(0,))
    assert assign([kept], [()], [Piece(10)], devices).devices == (0,)


def test_a_copy_is_made_once():
    pieces = [Piece(4, space=0)]
    jobs = [Job((inf, 1.0), (0,))] * 3
    found = assign(jobs, [()] * 3, pieces, machine(1, 1))
    assert found.starts == (4.0, 5.0, 6.0)


def spawned(target, n, tile):
    slots = [Slot(8 * n * n, Role.PARAM), Slot(8 * n * n, Role.OUTPUT)]
    views = [
        View(k, DTYPES["f64"], (n, n), (8 * n, 8), 0, mode)
        for k, mode in enumerate((Mode.IN, Mode.OUT))
    ]
    region = PlannedRegion(slots, None, target)
    a, found = map(placeholder, views)
    scope.set(Scope(scope.get(), region=region))
    try:
        cholesky([a], [found], upper=False, tile=tile)
    finally:
        leave_scope()
    return region.spawned(), slots


def schedule(target, gpus, n, tile):
    group = Group(target, tuple(target.device(f"gpu:{k}") for k in gpus), {}, {0})
    tasks, slots = spawned(target, n, tile)
    found = assigned(tasks, slots, group)
    gpu = group.devices[0]
    works = [replace(t.form.work, tiles=gpu.threads) for t in tasks if t.form]
    return found, sum(estimate(work, gpu).seconds for work in works)


def test_four_gpus_share_a_cholesky_factorisation():
    found, work = schedule(H200, range(4), 24 * 1024, 1024)
    busy = found.busy_seconds[:4]
    assert max(busy) <= 1.15 * min(busy)
    assert found.makespan <= 1.25 * work / 4


def test_links_that_are_too_slow_bound_the_run():
    found, work = schedule(FOUR_GPUS, range(4), 16 * 1024, 1024)
    assert found.makespan > 2 * work / 4


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_gpus_are_as_busy(count):
    found, work = schedule(H200, range(count), 16 * 1024, 1024)
    assert found.makespan <= 1.25 * work / count


def test_tiles_are_so_large_that_the_host_keeps_up():
    gpus = H200.devices[1:]
    assert [tile_order(32768, "f64", gpus[:count]) for count in (1, 4)] == [1024, 1536]
    assert tile_order(32768, "f32", gpus) > tile_order(32768, "f64", gpus)
    assert tile_order(1 << 18, "f64", gpus) == 6656
    assert tile_order(32768, "f64", H200.devices) == tile_order(32768, "f64", gpus)


def test_a_device_that_was_measured_to_be_slower_gets_less(monkeypatch):
    history = History()
    kinds = {t.form.cost_key for t in spawned(H200, 16 * 1024, 1024)[0] if t.form}
    for key, bucket in kinds:
        for _ in range(8):
            history.record(key, bucket, "gpu:1", 3.0, 1.0)
    monkeypatch.setitem(vars(session()), "target", H200)
    monkeypatch.setitem(vars(session()), "settled", Settled(history))
    found, _ = schedule(H200, range(2), 16 * 1024, 1024)
    assert found.devices.count(0) > 2 * found.devices.count(1)

"""`datadeps`: blocks of tasks equal the sequential program."""

from __future__ import annotations

import asyncio
import contextlib
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided
from numpy.testing import assert_array_equal

import lazydag as ld
from lazydag import Deps, In, InOut, Out


def fill(a: Any, value: float) -> None:
    a[...] = value


def add(total: Any, a: Any) -> None:
    total += a


def slowly_add(total: Any, a: Any) -> None:
    before = total.copy()
    time.sleep(0.002)
    total[...] = before + a


def test_tasks_on_the_same_bytes_keep_their_order() -> None:
    x, total = np.zeros(4), np.zeros(4)
    with ld.datadeps():
        for value in range(5):
            ld.spawn(fill, Out(x), float(value))
            ld.spawn(slowly_add, InOut(total), In(x))
    assert_array_equal(total, np.full(4, 10.0))


def test_independent_tasks_run_at_once() -> None:
    parts = np.zeros((2, 3))
    start = time.perf_counter()
    with ld.datadeps():
        for part in parts:
            ld.spawn(lambda a: time.sleep(0.2), InOut(part))
    took = time.perf_counter() - start
    if ld.get_num_threads() > 1:
        assert took < 0.38


def test_results_are_arguments_of_later_tasks() -> None:
    x = np.arange(3.0)
    with ld.datadeps():
        total = ld.spawn(np.sum, In(x))
        doubled = ld.spawn(lambda value: 2 * value, total)
        ld.spawn(add, InOut(x), doubled)
    assert doubled.result() == 6.0
    assert_array_equal(x, [6.0, 7.0, 8.0])


def test_a_result_asked_for_inside_runs_what_was_recorded() -> None:
    x = np.zeros(2)
    with ld.datadeps() as region:
        ld.spawn(fill, Out(x), 3.0)
        total = ld.spawn(np.sum, x)
        assert total.result() == 6.0
        ld.spawn(add, InOut(x), total)
        assert len(region) == 3
    assert_array_equal(x, [9.0, 9.0])


def test_waiting_inside_runs_what_was_recorded() -> None:
    x = np.ones(2)
    with ld.datadeps():
        tasks = [ld.spawn(np.sum, x), ld.spawn(np.max, x)]
        done, left = ld.wait(tasks, timeout=20)
        assert len(done) == 2
        assert not left
        assert ld.fetch(tasks) == [2.0, 1.0]


def test_tasks_from_outside_are_waited_for() -> None:
    x = np.zeros(2)

    def later() -> float:
        time.sleep(0.05)
        return 4.0

    value = ld.spawn(later)
    with ld.datadeps():
        ld.spawn(fill, Out(x), value)
    assert_array_equal(x, [4.0, 4.0])


def test_async_functions_run_to_their_end() -> None:
    x = np.zeros(1)

    async def later(a: Any) -> str:
        await asyncio.sleep(0.001)
        a += 1
        return "done"

    with ld.datadeps():
        task = ld.spawn(later, InOut(x))
        ld.spawn(add, InOut(x), 1.0)
    assert task.result() == "done"
    assert x[0] == 2.0


def test_lazy_arrays_are_arguments() -> None:
    x, lazy = np.zeros(3), ld.arange(3.0) * 2.0
    with ld.datadeps():
        ld.spawn(add, InOut(x), lazy)
    assert_array_equal(x, [0.0, 2.0, 4.0])


def test_arrays_in_containers_are_accessed() -> None:
    arrays = [np.zeros(2), np.zeros(2)]

    def fill_all(parts: Any) -> None:
        time.sleep(0.01)
        for part in parts:
            part[...] = 1.0

    with ld.datadeps():
        ld.spawn(fill_all, Out(arrays))
        total = ld.spawn(
            lambda parts: sum(map(np.sum, parts.values())), {"a": arrays[1]}
        )
    assert total.result() == 2.0


def test_objects_are_told_apart_by_identity() -> None:
    first: list[int] = []
    second: list[int] = []

    def append(items: list[int], value: int) -> None:
        time.sleep(0.002)
        items.append(value)

    with ld.datadeps():
        for value in range(4):
            ld.spawn(append, InOut(first), value)
            ld.spawn(append, InOut(second), value)
    assert first == second == [0, 1, 2, 3]


def test_what_is_read_is_read_only() -> None:
    x = np.zeros(2)
    with pytest.raises(ld.TaskGroupError) as failure, ld.datadeps():
        ld.spawn(fill, x, 1.0)
    assert "read-only" in str(failure.value.exceptions[0])
    assert_array_equal(x, [0.0, 0.0])


def test_blocks_inside_of_blocks_join() -> None:
    x = np.zeros(1)
    with ld.datadeps() as outer:
        ld.spawn(slowly_add, InOut(x), 1.0)
        with ld.datadeps() as inner:
            ld.spawn(slowly_add, InOut(x), 1.0)
        assert x[0] == 2.0
        ld.spawn(slowly_add, InOut(x), 1.0)
    assert inner is outer
    assert x[0] == 3.0


def test_blocks_run_inside_of_tasks() -> None:
    rows = np.zeros((3, 4))

    def fill_row(row: Any, value: float) -> None:
        with ld.datadeps():
            for part in np.split(row, 2):
                ld.spawn(fill, Out(part), value)

    with ld.datadeps():
        for value, row in enumerate(rows):
            ld.spawn(fill_row, Out(row), float(value))
    assert_array_equal(rows, np.repeat([[0.0], [1.0], [2.0]], 4, axis=1))


def test_spawning_inside_of_a_task_starts_at_once() -> None:
    x = np.zeros(1)

    def nested(a: Any) -> int:
        a += 1
        return ld.spawn(pow, 2, 5).result()

    with ld.datadeps():
        task = ld.spawn(nested, InOut(x))
    assert task.result() == 32


# ---------------------------------------------------------------- parts


def test_triangles_do_not_meet() -> None:
    a = np.zeros((4, 4))

    def touch(a: Any, where: Any) -> float:
        start = time.perf_counter()
        time.sleep(0.2)
        a[where] += 1
        return start

    with ld.datadeps():
        low = ld.spawn(touch, Deps(a, InOut(np.tril)), np.tril_indices(4))
        up = ld.spawn(
            touch, Deps(a, InOut(partial(np.triu, k=1))), np.triu_indices(4, k=1)
        )
        diagonal = ld.spawn(touch, Deps(a, InOut(np.diagonal)), np.diag_indices(4))
    assert_array_equal(a, np.ones((4, 4)) + np.eye(4))
    assert diagonal.result() >= low.result() + 0.19
    if ld.get_num_threads() > 1:
        assert abs(up.result() - low.result()) < 0.15


def test_fields_and_views_are_parts() -> None:
    a = np.zeros(4, np.dtype([("x", "f8"), ("y", "i4")]))

    def set_field(a: Any, name: str, value: float) -> None:
        a[name] = value

    with ld.datadeps():
        ld.spawn(set_field, Deps(a, Out("x")), "x", 1.5)
        ld.spawn(set_field, Deps(a, Out("y")), "y", 2)
        ld.spawn(add, InOut(a["x"][::2]), 1.0)
        total = ld.spawn(lambda a: a["x"][1:].sum(), Deps(a, In(lambda a: a["x"][1:])))
    assert a["x"].tolist() == [2.5, 1.5, 2.5, 1.5]
    assert a["y"].tolist() == [2] * 4
    assert total.result() == 5.5


@pytest.mark.parametrize(
    ("wrapped", "message"),
    [
        (lambda a: Deps(a, In("z")), "no field 'z'"),
        (lambda a: Deps(a, In(np.sum)), "selects no part"),
        (lambda a: Deps([1], In(np.tril)), "not an array"),
        (Deps, "without parts"),
        (lambda a: Deps(a, np.tril), "Wrap each selector"),
        (lambda a: InOut(np.array([object()])), "Python objects|whole object"),
    ],
)
def test_bad_declarations_are_errors_before_anything_runs(
    wrapped: Any, message: str
) -> None:
    a, x = np.zeros((2, 2)), np.zeros(1)
    with pytest.raises(ld.LazydagError, match=message), ld.datadeps():
        ld.spawn(fill, Out(x), 1.0)
        ld.spawn(fill, wrapped(a), 1.0)
    assert x[0] == 0.0


def test_processes_are_refused_and_leave_nothing_to_wait_for() -> None:
    x = np.zeros(1)
    elsewhere = ld.options(runs_on="process")
    refused = pytest.raises(ld.UsageError, match="to run in a process")
    with refused, ld.sync(), ld.datadeps():
        ld.spawn(fill, Out(x), 1.0, options=elsewhere)
    assert x[0] == 0.0


# ---------------------------------------------------------------- failures


def fail(a: Any) -> None:
    raise ValueError("no luck")


def test_a_failure_skips_what_depends_on_it() -> None:
    x, y = np.zeros(2), np.zeros(2)
    with pytest.raises(ld.TaskGroupError) as failure, ld.datadeps():
        bad = ld.spawn(fail, InOut(x))
        skipped = ld.spawn(add, InOut(x), 1.0)
        good = ld.spawn(fill, Out(y), 7.0)
    assert_array_equal(x, [0.0, 0.0])
    assert_array_equal(y, [7.0, 7.0])
    assert isinstance(bad.exception(), ValueError)
    assert isinstance(skipped.exception(), ld.DependencyError)
    assert skipped.exception().__cause__ is bad.exception()
    assert good.result() is None
    errors = failure.value.exceptions
    assert len(errors) == 2
    assert "no luck" in str(errors[0])
    assert "test_datadeps.py" in str(errors[0])


def test_an_error_in_the_block_cancels_what_has_not_run() -> None:
    x = np.zeros(1)
    with pytest.raises(KeyError), ld.datadeps():
        task = ld.spawn(fill, Out(x), 1.0)
        raise KeyError("stop")
    assert task.cancelled()
    assert x[0] == 0.0


def test_an_error_in_an_inner_block_that_is_caught_cancels_nothing() -> None:
    x = np.zeros(1)
    with ld.datadeps():
        ld.spawn(add, InOut(x), 1.0)
        with contextlib.suppress(KeyError), ld.datadeps():
            ld.spawn(add, InOut(x), 1.0)
            raise KeyError("caught")
        ld.spawn(add, InOut(x), 1.0)
    assert x[0] == 3.0


def test_retries_and_timeouts() -> None:
    x, attempts = np.zeros(1), []

    def flaky(a: Any) -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise OSError("again")
        a += 1

    with ld.datadeps():
        ld.spawn(flaky, InOut(x), options=ld.options(retries=3, backoff=0.001))
    assert x[0] == 1.0
    short = ld.options(timeout=0.01)
    with pytest.raises(ld.TaskGroupError) as failure, ld.datadeps(), short:
        ld.spawn(lambda a: time.sleep(0.05), InOut(x))
    assert isinstance(failure.value.exceptions[0], ld.TaskTimeoutError)


def test_native_failures_name_the_operation_and_the_line() -> None:
    from lazydag.tiles import potrf, trsm

    a, b = -np.eye(4), np.ones((4, 4))
    with pytest.raises(ld.TaskGroupError) as failure, ld.datadeps():
        ld.spawn(potrf, InOut(a), lower=True)
        ld.spawn(trsm, In(a), InOut(b), side="R", lower=True, trans=True)
    first = failure.value.exceptions[0]
    assert isinstance(first.__cause__ or first, ld.LinAlgError)
    assert "leading minor" in str(first)
    assert_array_equal(b, np.ones((4, 4)))


def test_a_native_operation_that_writes_what_is_declared_in() -> None:
    from lazydag.tiles import potrf

    with pytest.raises(ld.UsageError, match="potrf writes a"), ld.datadeps():
        ld.spawn(potrf, In(np.eye(3)))


# ---------------------------------------------------------------- plans


def test_equal_structures_share_a_plan() -> None:
    from lazydag.task.datadeps import _plans

    def program(x: Any, y: Any) -> None:
        with ld.datadeps():
            ld.spawn(fill, Out(x[:2]), 1.0)
            ld.spawn(add, InOut(y), In(x[1:3]))

    program(np.zeros(4), np.zeros(2))
    before = len(_plans)
    x, y = np.zeros(4), np.ones(2)
    program(x, y)
    assert len(_plans) == before
    assert_array_equal(y, [2.0, 1.0])
    program(np.zeros(5), np.zeros(2))
    assert len(_plans) == before


def test_buffers_that_meet_are_another_structure() -> None:
    memory = bytearray(64)
    x, y = np.frombuffer(memory), np.frombuffer(memory)
    for _ in range(3):
        x[...] = 0.0
        with ld.datadeps():
            ld.spawn(slowly_add, InOut(x), 1.0)
            ld.spawn(slowly_add, InOut(y), 1.0)
        assert_array_equal(x, np.full(8, 2.0))
    apart = np.zeros(8), np.zeros(8)
    with ld.datadeps():
        ld.spawn(slowly_add, InOut(apart[0]), 1.0)
        ld.spawn(slowly_add, InOut(apart[1]), 1.0)
    assert_array_equal(apart, np.ones((2, 8)))


def test_two_maps_of_one_file_are_the_same_data(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    path.write_bytes(bytes(64))
    maps = [np.memmap(path, np.float64, "r+") for _ in range(2)]
    other = tmp_path / "others"
    other.write_bytes(bytes(64))
    apart = [np.memmap(path, np.float64, "r+"), np.memmap(other, np.float64, "r+")]
    for x, y in (apart, maps, apart):
        before = x.copy()
        with ld.datadeps() as region:
            ld.spawn(slowly_add, InOut(x), 1.0)
            ld.spawn(slowly_add, InOut(y), 1.0)
        assert len(region.task_list().edges[0]) == int(y is maps[1])
        assert_array_equal(x, before + (2.0 if y is maps[1] else 1.0))


def test_run_again() -> None:
    x, total = np.ones(2), np.zeros(2)
    with ld.datadeps() as region:
        found = ld.spawn(np.sum, x)
        ld.spawn(add, InOut(total), found)
        ld.spawn(add, InOut(x), 1.0)
    assert total[0] == 2.0
    region.run()
    assert total[0] == 6.0
    assert found.result() == 2.0


def test_run_again_raises_what_failed() -> None:
    x = np.zeros(1)

    def once(a: Any) -> None:
        if a[0]:
            raise ValueError("twice")
        a += 1

    with ld.datadeps() as region:
        ld.spawn(once, InOut(x))
        ld.spawn(add, InOut(x), 1.0)
    with pytest.raises(ld.TaskGroupError, match="2 tasks of 2") as failure:
        region.run()
    assert "twice" in str(failure.value.exceptions[0])


# ---------------------------------------------------------------- showing


def test_a_region_can_be_explained() -> None:
    x, total = np.ones(2), np.zeros(2)
    with ld.datadeps() as region:
        found = ld.spawn(np.sum, x)
        assert found.result() == 2.0
        ld.spawn(add, InOut(total), x)
        ld.spawn(add, InOut(x), 1.0)
    tasks = region.task_list()
    assert [tasks.of(number).name for number in range(3)] == ["sum", "add", "add"]
    pairs = set(zip(*(ends.tolist() for ends in tasks.edges), strict=True))
    assert pairs == {(0, 1), (1, 2)}
    assert tasks.of(1).source.text() == "ld.spawn(add, InOut(total), x)"
    assert tasks.of(1).read_nbytes == 32
    text = str(ld.explain(region))
    assert "add" in text
    assert "critical path" in text


def test_what_could_not_be_told_apart_is_noted() -> None:
    """Lattices so tangled that deciding whether they share a byte is given up."""
    memory = np.zeros(4_000_000, np.uint8)
    shape = (7, 11, 13, 17, 19)
    tangled = [
        as_strided(memory[start:], shape, strides)
        for start, strides in (
            (0, (50021, 40009, 30011, 20011, 10007)),
            (1, (50023, 40013, 30013, 20021, 10009)),
        )
    ]
    with ld.datadeps() as region:
        for array in tangled:
            ld.spawn(fill, InOut(array), 1)
    assert region.notes() == (
        "1 pair of accesses may meet: to tell would take too long",
    )
    assert "note: 1 pair" in str(ld.explain(region))
    assert len(region.task_list().edges[0]) == 1


def test_measured_costs_are_kept() -> None:
    from lazydag.compiler.session import session
    from lazydag.tiles import gemm

    a = [np.ones((24, 24)) for _ in range(3)]
    with ld.datadeps():
        ld.spawn(gemm, In(a[0]), In(a[1]), InOut(a[2]))
    call, _ = gemm.bind(*a)
    device = session().target.default.name
    assert session().history.factor(call.key, call.bucket, device) != 1.0

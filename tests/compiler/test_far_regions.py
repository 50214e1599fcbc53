"""Regions of people's tasks on GPUs, of which none is there."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import far_regions, session, staging
from lazydag.compiler.devices import attach, detach
from lazydag.errors import LinAlgError, TaskGroupError
from lazydag.tiles import gemm, lacpy, potrf, syrk, trsm
from tests.compiler.test_groups import machine
from tests.passes.targets import cpu

SIZE, TILE = 189, 63
#: A host that needs help.
SLOW = replace(cpu(2), task_overhead_seconds=1.0)


@pytest.fixture(autouse=True)
def devices(monkeypatch):
    """Make two GPUs, to which all goes."""
    first = SimulatedDevice(seed=1)
    second = SimulatedDevice("gpu:1", "gpu1", context=9, beside=first)
    for device in (first, second):
        attach(device)
    target = machine(peers=True, count=2)
    target = replace(target, devices=(SLOW, *target.devices[1:]))
    monkeypatch.setitem(vars(session.session()), "target", target)
    monkeypatch.setattr(far_regions, "LEAST_SECONDS", 0.0)
    yield first, second
    for device in (first, second):
        detach(device.name)
    assert not first.faults


@pytest.fixture
def runs(monkeypatch):
    """Return what was run on devices."""
    found = []
    execute = far_regions.FarRegion.execute

    def listening(self, *args):
        found.append(self)
        return execute(self, *args)

    monkeypatch.setattr(far_regions.FarRegion, "execute", listening)
    return found


def definite(seed=0):
    x = np.random.default_rng(seed).standard_normal((SIZE, SIZE))
    return x @ x.T + SIZE * np.eye(SIZE)


def tiles_of(matrix):
    starts = range(0, SIZE, TILE)
    return [[matrix[i : i + TILE, j : j + TILE] for j in starts] for i in starts]


def factorise(matrix):
    t = tiles_of(matrix)
    n = len(t)
    for k in range(n):
        ld.spawn(potrf.counted_from(k * TILE), ld.InOut(t[k][k]))
        for i in range(k + 1, n):
            ld.spawn(trsm, ld.In(t[k][k]), ld.InOut(t[i][k]), side="R", trans=True)
        for i in range(k + 1, n):
            ld.spawn(syrk, ld.In(t[i][k]), ld.InOut(t[i][i]), alpha=-1.0)
            for j in range(k + 1, i):
                row, column = ld.In(t[i][k]), ld.In(t[j][k])
                options = {"alpha": -1.0, "trans_b": True}
                ld.spawn(gemm, row, column, ld.InOut(t[i][j]), **options)


def test_operations_on_tiles_run_on_devices(runs):
    a = definite()
    wanted = np.linalg.cholesky(a)
    with ld.datadeps() as region:
        factorise(a)
    np.testing.assert_allclose(np.tril(a), wanted, atol=1e-9)
    used = {task.name for task in runs[0].graph.tasks}
    assert {"copy", "gemm", "potrf has succeeded"} <= used
    a[:] = definite(1)
    region.run()
    np.testing.assert_allclose(np.tril(a), np.linalg.cholesky(definite(1)), atol=1e-9)
    assert len(runs) == 2
    assert runs[0] is runs[1]


def test_large_tiles_are_staged_in_parts(runs, monkeypatch):
    monkeypatch.setattr(staging, "LEAST_NBYTES", 1 << 10)
    monkeypatch.setattr(staging, "PART_NBYTES", 10_000)
    a = definite()
    wanted = np.linalg.cholesky(a)
    with ld.datadeps():
        factorise(a)
    np.testing.assert_allclose(np.tril(a), wanted, atol=1e-9)
    assert {"stage", "unstage"} <= {task.name for task in runs[0].graph.tasks}


def test_what_is_not_written_stays(runs):
    a = definite()
    before = a.copy()
    with ld.datadeps():
        factorise(a)
    np.testing.assert_array_equal(np.triu(a, 1), np.triu(before, 1))
    assert runs


def test_functions_see_what_devices_have_computed(runs):
    a, seen = definite(), []
    wanted = np.linalg.cholesky(a)

    def trace(tile):
        seen.append(float(np.trace(tile)))
        return seen[-1]

    with ld.datadeps():
        factorise(a)
        last = ld.spawn(trace, ld.In(a[-TILE:, -TILE:]))
        ld.spawn(lambda x, a: a.__imul__(x), last, ld.InOut(a[:TILE, :TILE]))
    assert runs
    np.testing.assert_allclose(seen[0], np.trace(wanted[-TILE:, -TILE:]))
    np.testing.assert_allclose(
        np.tril(a[:TILE, :TILE]), wanted[:TILE, :TILE] * seen[0], atol=1e-6
    )


def test_failures_come_back_from_devices(runs):
    a, calls = definite(), []
    a[100, 100] = -1.0
    with pytest.raises(TaskGroupError) as caught, ld.datadeps():
        factorise(a)
        ld.spawn(calls.append, ld.In(a[-TILE:, -TILE:]))
    assert runs
    assert not calls
    assert isinstance(caught.value.exceptions[0].__cause__, LinAlgError)
    assert "101" in str(caught.value.exceptions[0])


def test_a_function_that_fails_does_not_hang_devices(runs):
    a = definite()

    def fail(tile):
        raise ZeroDivisionError

    with pytest.raises(TaskGroupError) as caught, ld.datadeps():
        factorise(a)
        ld.spawn(fail, ld.InOut(a[:TILE, :TILE]))
        factorise(a)
    assert runs
    assert isinstance(caught.value.exceptions[0].__cause__, ZeroDivisionError)


def test_tasks_stay_if_devices_are_hardly_sooner(runs, monkeypatch):
    monkeypatch.setattr(far_regions, "LEAST_SECONDS", np.inf)
    a = definite()
    with ld.datadeps():
        factorise(a)
    np.testing.assert_allclose(np.tril(a), np.linalg.cholesky(definite()), atol=1e-9)
    assert not runs


# Tiles of a matrix, a row and a column of them, and parts that lie across.
VIEWS = [
    *((slice(i, i + 3), slice(j, j + 3)) for i in (0, 3, 6) for j in (0, 3, 6)),
    (slice(0, 3), slice(0, 9)),
    (slice(0, 9), slice(3, 6)),
    (slice(1, 4), slice(2, 5)),
]
numbers = st.integers(0, len(VIEWS) - 1)
spawns = st.lists(
    st.tuples(
        st.sampled_from(["gemm", "lacpy", "lower", "call"]), numbers, numbers, numbers
    ),
    min_size=1,
    max_size=14,
)


def triple(a):
    a *= 3.0


def spawn_all(what, x, y):
    """Spawn tasks on parts of two matrices, where shapes allow it."""
    for kind, i, j, k in what:
        a, b, c = x[VIEWS[i]], y[VIEWS[j]], y[VIEWS[k]]
        if kind == "gemm" and a.shape == c.shape == (3, 3):
            ld.spawn(gemm, ld.In(a), ld.In(x[VIEWS[j % 9]]), ld.InOut(c), alpha=-1.0)
        elif kind == "lacpy" and a.shape == b.shape:
            ld.spawn(lacpy, ld.In(a), ld.Out(b))
        elif kind == "lower" and a.shape == b.shape:
            ld.spawn(lacpy, ld.In(b), ld.Deps(a, ld.InOut(np.tril)), part="lower")
        elif kind == "call":
            ld.spawn(triple, ld.InOut(c))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(what=spawns)
def test_any_region_computes_what_the_host_computes(what, monkeypatch):
    x, y = np.arange(162.0).reshape(2, 9, 9) % 7
    near = x.copy(), y.copy()
    with ld.datadeps():
        spawn_all(what, x, y)
    with monkeypatch.context() as patch:
        patch.setattr(far_regions, "LEAST_SECONDS", np.inf)
        with ld.datadeps():
            spawn_all(what, *near)
    np.testing.assert_array_equal(x, near[0])
    np.testing.assert_array_equal(y, near[1])

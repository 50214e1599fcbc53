"""Operations that become the tasks of a tile program."""

import inspect

import numpy as np
import pytest

import lazydag as ld
from lazydag.algorithms import PROGRAMS, Program
from lazydag.algorithms.python import releases_gil
from lazydag.algorithms.scratch import empty
from lazydag.compiler import cache
from lazydag.errors import LinAlgError
from lazydag.runtime import CallTask
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import Deps, In, InOut, Out
from lazydag.tiles import gemm, lacpy, laset, potrf, syrk, trsm

TILE = 96
SIZE = 330


def tiles_of(matrix):
    starts = range(0, matrix.shape[0], TILE)
    return [[matrix[i : i + TILE, j : j + TILE] for j in starts] for i in starts]


def cholesky(inputs, outputs, upper=False):
    assert not upper
    a, t = tiles_of(inputs[0]), tiles_of(outputs[0])
    n = len(t)
    for i in range(n):
        spawn(laset, Out(t[i][i]))
        spawn(lacpy, In(a[i][i]), Deps(t[i][i], InOut(np.tril)), part="lower")
        for j in range(i):
            spawn(lacpy, In(a[i][j]), Out(t[i][j]))
            spawn(laset, Out(t[j][i]))
    for k in range(n):
        spawn(potrf.counted_from(k * TILE), InOut(t[k][k]))
        for i in range(k + 1, n):
            spawn(trsm, In(t[k][k]), InOut(t[i][k]), side="R", trans=True)
        for i in range(k + 1, n):
            spawn(syrk, In(t[i][k]), InOut(t[i][i]), alpha=-1.0, beta=1.0)
            for j in range(k + 1, i):
                row, column = In(t[i][k]), In(t[j][k])
                options = {"alpha": -1.0, "beta": 1.0, "trans_b": True}
                spawn(gemm, row, column, InOut(t[i][j]), **options)


def is_large(types, **_):
    return types[0].sizes == (SIZE, SIZE)


@pytest.fixture
def program(monkeypatch):
    """Returns a function that binds programs to operations for a while."""

    def bind(name, run):
        monkeypatch.setitem(PROGRAMS, name, Program(run, is_large))

    cache.clear()
    yield bind
    cache.clear()


def spd(seed=0):
    x = np.random.default_rng(seed).standard_normal((SIZE, SIZE))
    return x @ x.T + SIZE * np.eye(SIZE)


def plan_of(lazy):
    return cache.plan(ld.explain(lazy).graphs[0])


def waits_for(graph, task):
    """Return all tasks that have ended when a task begins."""
    found, left = set(), [task]
    while left:
        new = set(graph.predecessors[left.pop()]) - found
        found |= new
        left += new
    return found


def test_an_operation_becomes_the_tasks_of_its_program(program):
    program("cholesky", cholesky)
    a = spd()
    found = np.asarray(ld.linalg.cholesky(ld.asarray(a)))
    np.testing.assert_allclose(found, np.linalg.cholesky(a), rtol=1e-12, atol=1e-12)
    assert not np.triu(found, 1).any()


def test_threads_do_not_change_its_bits(program):
    program("cholesky", cholesky)
    a, before = ld.asarray(spd()), ld.get_num_threads()
    found = []
    for threads in (1, 2, 3):
        ld.set_num_threads(threads)
        found.append(np.asarray(ld.linalg.cholesky(a)).tobytes())
    ld.set_num_threads(before)
    assert len({*found}) == 1


def test_inputs_may_lie_anyhow(program):
    program("cholesky", cholesky)
    a = spd()
    wide = np.zeros((SIZE, 2 * SIZE))
    wide[:, ::-1][:, :SIZE] = a
    for lazy in (ld.asarray(a).T, ld.asarray(np.asfortranarray(a)), 2 * ld.asarray(a)):
        expected = np.linalg.cholesky(np.asarray(lazy))
        found = np.asarray(ld.linalg.cholesky(lazy))
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_failures_count_in_the_whole_matrix_and_name_the_line(program):
    program("cholesky", cholesky)
    a = spd()
    a[200, 200] = -1e6
    line = inspect.currentframe().f_lineno + 1
    lazy = ld.linalg.cholesky(ld.asarray(a))
    with pytest.raises(LinAlgError, match="leading minor of order 201 is not") as info:
        np.asarray(lazy)
    assert info.value.at.line == line


def double(x, out):
    np.multiply(x, 2.0, out=out)


@releases_gil
def add_up(parts, out):
    np.sum(parts, axis=0, out=out)


def doubled(inputs, outputs, **_):
    """Spawns calls of Python on halves of the columns, by way of work memory."""
    (a,), (out,) = inputs, outputs
    work = empty(a.shape, a.dtype, "F")
    for half in (slice(0, 130), slice(130, None)):
        spawn(double, In(a[:, half]), Out(work[:, half]))
        spawn(add_up, [In(work[:, half]), a[:, half]], Out(out[:, half]))


def test_programs_call_functions_and_have_work_memory(program):
    program("inv", doubled)
    a = spd()
    lazy = ld.linalg.inv(ld.asarray(a))
    np.testing.assert_array_equal(np.asarray(lazy), 3 * a)


def test_halves_of_rows_do_not_wait_for_each_other(program):
    program("inv", doubled)
    lazy = ld.linalg.inv(ld.asarray(spd()))
    graph = plan_of(lazy).task_graph
    assert graph.predecessors == ((), (0,), (), (2,))
    gil = [task.holds_gil for task in graph.tasks if isinstance(task, CallTask)]
    assert gil == [True, False, True, False]


def test_work_memory_counts(program):
    program("inv", doubled)
    lazy = ld.linalg.inv(ld.asarray(spd()))
    assert plan_of(lazy).peak_nbytes == 2 * 8 * SIZE**2


def test_nothing_stands_between_two_operations(program):
    program("cholesky", cholesky)
    program("inv", doubled)
    lazy = ld.linalg.inv(ld.linalg.cholesky(ld.asarray(spd())))
    graph = plan_of(lazy).task_graph
    (last_factor,) = [i for i, t in enumerate(graph.tasks) if t.name == "potrf"][-1:]
    first_double = [t.name for t in graph.tasks].index("double")
    assert last_factor not in waits_for(graph, first_double)
    assert waits_for(graph, first_double)


def test_an_operation_takes_one_array_twice(program):
    program("solve", lambda inputs, outputs: spawn(np.add, *inputs, out=Out(*outputs)))
    a = spd()
    lazy = ld.asarray(a)
    np.testing.assert_array_equal(np.asarray(ld.linalg.solve(lazy, lazy)), a + a)


def test_loops_tell_that_they_call_blas():
    a = ld.asarray(np.eye(4))
    lazy = ld.fori_loop(0, 3, lambda _, x: ld.cond(True, ld.matmul, ld.add, x, a), a)
    (task,) = plan_of(lazy).task_graph.tasks
    assert task.function.uses_blas

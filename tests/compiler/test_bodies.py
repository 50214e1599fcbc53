"""Plans of loops' bodies: what is written where, and what changes places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.compiler import plan
from lazydag.compiler.bodies import MOST_PHASES, phases
from lazydag.compiler.loops import Loop
from lazydag.runtime import CallTask

N = 4096


def loop_of(body: Callable[..., Any], *arrays: Any, **options: Any) -> Loop:
    """Return the loop of a jitted function that runs `body` ten times."""
    options = options or {"times": 10}

    def program(*args: Any) -> Any:
        return ld.fori_loop(0, options["times"], lambda i, c: body(*c), args)

    planned = plan(ld.jit(program).trace(*arrays))
    (task,) = planned.task_graph.tasks
    assert isinstance(task, CallTask)
    assert isinstance(task.function, Loop)
    return task.function


def sweep(a: Any) -> Any:
    a[1:-1] = (a[:-2] + a[2:]) / 2.0
    return (a,)


def test_a_sweep_copies_nothing_around_what_it_writes() -> None:
    loop = loop_of(sweep, np.ones(N))
    assert len(loop.plan.task_graph.tasks) == 1
    assert list(loop.plan.framed.values()) == [1]
    assert len(phases(loop.plan.following)) == 2
    assert loop.nbytes == 2 * 8 * N


def test_what_changes_after_the_sweep_is_copied() -> None:
    def moving_boundary(a: Any) -> Any:
        (a,) = sweep(a)
        a[0] += 1.0
        return (a,)

    loop = loop_of(moving_boundary, np.ones(N))
    assert not loop.plan.framed
    assert len(loop.plan.task_graph.tasks) > 2


def test_sweeps_between_two_arrays_happen_in_place() -> None:
    def body(a: Any, b: Any) -> Any:
        b[1:-1] = (a[:-2] + a[2:]) / 2.0
        a[1:-1] = (b[:-2] + b[2:]) / 2.0
        return a, b

    loop = loop_of(body, np.ones(N), np.ones(N))
    assert len(loop.plan.task_graph.tasks) == 2
    assert loop.plan.following == {1: 1, 2: 2}
    assert loop.nbytes == 2 * 8 * N


def test_small_writes_happen_in_place() -> None:
    def body(a: Any, b: Any) -> Any:
        a[0] = b[3]
        a[1:] -= b[1:] - b[:-1]
        return a, b

    loop = loop_of(body, np.ones(N), np.ones(N))
    assert loop.plan.following == {1: 1, 2: 2}
    assert not loop.plan.framed


def test_arrays_that_only_change_places_are_not_touched() -> None:
    loop = loop_of(lambda a, b: (b, a), np.ones(N), np.ones(N))
    assert loop.plan.task_graph.tasks == ()
    assert loop.plan.following == {1: 2, 2: 1}


def test_long_cycles_are_cut() -> None:
    def turn(*arrays: Any) -> Any:
        two, rest = arrays[:2], arrays[2:]
        return (*two[::-1], *rest[1:], rest[0])

    loop = loop_of(turn, *[np.ones(3)] * 9)
    assert len(phases(loop.plan.following)) <= MOST_PHASES


def test_bodies_count_in_the_peak() -> None:
    graph = ld.jit(lambda a: ld.fori_loop(0, 3, lambda i, c: sweep(c)[0], a)).trace(
        np.ones(N)
    )
    assert plan(graph).peak_nbytes >= 2 * 8 * N


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_do_not_matter(threads: int) -> None:
    before = ld.get_num_threads()
    a = np.random.default_rng(0).random((300, 300))
    program = ld.jit(lambda a: ld.fori_loop(0, 9, lambda i, c: sweep(c)[0], a))
    wanted = np.asarray(program(a))
    try:
        ld.set_num_threads(threads)
        assert np.array_equal(program(a), wanted)
    finally:
        ld.set_num_threads(before)

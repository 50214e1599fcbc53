"""Loops that were written out and rolled up again give the same bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.compiler import evaluate, host_target, stages
from lazydag.ir.attrs import LoopAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.text import dump, parse
from lazydag.ir.verify import verify
from lazydag.passes.reroll import Reroll
from lazydag.passes.reroll.periods import Run, longest_run

N = 14
ROLL = Reroll(min_nodes=1, min_steps=4, min_fused=1, min_apart=1)


def _stencil(t: int, a: Any, b: Any, c: Any) -> Any:
    a[1:-1] = (a[:-2] + a[2:]) * 0.5
    return a, b


def _two_arrays(t: int, a: Any, b: Any, c: Any) -> Any:
    b[1:-1] = a[:-2] - a[2:]
    a[1:-1] = b[:-2] * 0.25 + b[2:]
    return a, b


def _boundary(t: int, a: Any, b: Any, c: Any) -> Any:
    a[0] = c[t]
    a[1:] -= 0.5 * (b[1:] - b[:-1])
    b[:-1] -= 0.7 * (a[1:] - a[:-1])
    return a, b


def _constants(t: int, a: Any, b: Any, c: Any) -> Any:
    return a * 0.75 + 0.1 * t, b + a * (t % 3)


def _leapfrog(t: int, a: Any, b: Any, c: Any) -> Any:
    return 2.0 * a - b + c[t], a


def _functions(t: int, a: Any, b: Any, c: Any) -> Any:
    total = (a * b).sum() * 0.01
    return np.exp(-abs(a)) + total, b / 2.0 + np.sin(a).max()


def _independent(t: int, a: Any, b: Any, c: Any) -> Any:
    return a * 0.5 + 1.0, b * -0.5 + c.sum()


def _rows(t: int, a: Any, b: Any, c: Any) -> Any:
    m = c[:N].reshape(7, 2)
    a[:2] += m[6 - t % 1]
    return a, b + c[2 * t : 2 * t + 1]


def _reduced(t: int, a: Any, b: Any, c: Any) -> Any:
    a = a - a.mean()
    a /= np.sqrt((a * a).sum() + 1.0)
    return a, b


def _stored(t: int, a: Any, b: Any, c: Any) -> Any:
    c[59 - 2 * t] = a[3] - b.sum()
    return a - 0.5 * b, b


def _looked_up(t: int, a: Any, b: Any, c: Any) -> Any:
    m = a[: N // 2 * 2].reshape(N // 2, 2)
    return a - 0.1 * a[t % 1 : t % 1 + 1] + b[13 - t // 2], b * 0.5 + m[0, 1] * a[
        t // 2
    ]


STEPS = (
    _looked_up,
    _stored,
    _stencil,
    _two_arrays,
    _boundary,
    _constants,
    _leapfrog,
    _functions,
    _independent,
    _rows,
    _reduced,
)


def written_out(steps: list[Any], times: int, extra: int) -> Callable[..., Any]:
    def program(a: Any, b: Any, c: Any) -> Any:
        a, c = a * 1.0, c * 0.5
        for t in range(times):
            for step in steps:
                a, b = step(t, a, b, c)
        for t in range(extra):
            a, b = steps[t % len(steps)](t, a, b, c)
        return (a, a - b, c) if extra else (a, b, c)

    return program


def loops_of(graph: Graph) -> list[LoopAttrs]:
    found = {n.attrs: None for n in graph.nodes() if isinstance(n.attrs, LoopAttrs)}
    return list({(a.body, a.length): a for a in found}.values())


def rolled(program: Callable[..., Any], *arrays: Any) -> tuple[Graph, Graph, list[Any]]:
    graph, held = ld.jit(program).traced_with_arrays(*arrays)
    found = ROLL(graph, host_target())
    verify(found)
    assert parse(dump(found)) is found
    return graph, found, held


@given(
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=3),
    times=st.integers(3, 25),
    extra=st.integers(0, 2),
)
@settings(max_examples=60, deadline=None)
def test_the_same_bits(steps: list[Any], times: int, extra: int) -> None:
    random = np.random.default_rng(times)
    arrays = [random.standard_normal(n) for n in (N, N, 60)]
    graph, found, held = rolled(written_out(steps, times, extra), *arrays)
    for run in (evaluate_graph, evaluate):
        wanted = run(graph, held)
        for x, y in zip(run(found, held), wanted, strict=True):
            assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__[1:])
def test_all_is_rolled(step: Any) -> None:
    arrays = [np.ones(N), np.ones(N), np.ones(60)]
    graph, found, _ = rolled(written_out([step], 28, 0), *arrays)
    assert loops_of(found)
    assert len(found.nodes()) < len(graph.nodes()) / 3


def test_nested_loops_are_rolled() -> None:
    def program(a: Any) -> Any:
        a = a * 1.0
        for _ in range(30):
            for _ in range(120):
                a[1:-1] = (a[:-2] + a[2:]) * 0.5
            a = a - a.sum()
        return a

    graph = stages(ld.jit(program).trace(np.ones(200_000)))[1]
    (outer,) = loops_of(graph)
    assert outer.length == 30
    (inner,) = loops_of(Reroll()(outer.body, host_target()))
    assert inner.length == 120


def test_parts_whose_values_are_wanted_stay_written_out() -> None:
    def program(a: Any) -> Any:
        for _ in range(300):
            a[1:-1] = (a[:-2] + a[2:]) * 0.5
            a = a - a.sum()
        return a

    # What is written into the argument is the first sweep alone.
    _, found, _ = rolled(program, np.ones(100_000))
    (loop,) = loops_of(found)
    assert loop.length == 299


def test_two_loops_after_each_other() -> None:
    def program(a: Any) -> Any:
        for _ in range(100):
            a[1:-1] = a[:-2] + a[2:]
        for t in range(100):
            a = a * 0.5 + t
        return a

    _, found, _ = rolled(program, np.ones(100_000))
    assert len(loops_of(found)) == 2


def test_what_steps_give_is_not_lost() -> None:
    def program(a: Any) -> Any:
        all_of_them = []
        for _ in range(50):
            a = np.sin(a) + 1.0
            all_of_them.append(a.sum())
        return all_of_them

    graph, found, _ = rolled(program, np.ones(9))
    for x, y in zip(
        evaluate_graph(graph, [np.ones(9)]),
        evaluate_graph(found, [np.ones(9)]),
        strict=True,
    ):
        assert x == y


def test_rows_that_are_written_are_stacked() -> None:
    def program(a: Any, kept: Any, sums: Any) -> Any:
        for t in range(50):
            a = np.sin(a) + 1.0
            kept[:, t] = a
            sums[98 - 2 * t] = a.sum()
        return a, kept * 1.0

    arrays = [np.ones(9), np.zeros((9, 60)), np.zeros(100)]
    graph, found, _ = rolled(program, *arrays)
    assert len(loops_of(found)) == 1
    assert len(found.nodes()) < 30
    for run in (evaluate_graph, evaluate):
        for x, y in zip(run(graph, arrays), run(found, arrays), strict=True):
            assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


def test_what_the_last_step_wrote_is_seen_through() -> None:
    def program(path: Any) -> Any:
        for t in range(200):
            path[t + 1] = path[t] + 0.1 * np.cos(path[t])

    path = np.zeros((201, 3))
    path[0] = 0.5, 1.0, 2.0
    graph, found, _ = rolled(program, path)
    assert len(loops_of(found)) == 1
    assert len(found.nodes()) < 40
    for run in (evaluate_graph, evaluate):
        (x,), (y,) = run(graph, [path]), run(found, [path])
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


def test_rows_of_what_changes_are_looked_up() -> None:
    def program(distance: Any) -> Any:
        for k in range(60):
            distance[:] = np.minimum(distance, distance[:, k, None] + distance[k])

    distance = np.random.default_rng(0).random((300, 300))
    graph, found, _ = rolled(program, distance)
    assert len(loops_of(found)) == 1
    for run in (evaluate_graph, evaluate):
        (x,), (y,) = run(graph, [distance]), run(found, [distance])
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


def test_steps_that_do_not_wait_run_beside_each_other() -> None:
    def program(a: Any, out: Any) -> Any:
        for t in range(100):
            out[t] = np.sin(a[t]).sum() + (a[t] * a[t]).max()

    arrays = np.ones((100, 50)), np.zeros(100)
    graph, found, _ = rolled(program, *arrays)
    assert len(loops_of(found)) == 1
    assert Reroll()(graph, host_target()) is graph


def test_short_graphs_stay() -> None:
    graph = ld.jit(written_out([_stencil], 10, 0)).trace(*[np.ones(60)] * 3)
    assert Reroll()(graph, host_target()) is graph


@given(period=st.integers(1, 6), count=st.integers(4, 9), around=st.integers(0, 5))
@settings(max_examples=60, deadline=None)
def test_runs_are_found(period: int, count: int, around: int) -> None:
    before, after = range(100, 100 + around), range(200, 200 + around)
    sequence = np.array([*before, *(list(range(period)) * count), *after])
    found = longest_run(sequence, 0, len(sequence), 4)
    if 3 * period * count >= 4 * around:
        assert found == Run(around, around + period * count, period)

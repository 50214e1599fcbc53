"""Any program of tasks over overlapping views gives what the sequential one gives."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided
from numpy.testing import assert_array_equal

import lazydag as ld
from lazydag.backends.cpu.engine import default_engine
from lazydag.runtime import Executor
from lazydag.runtime.dynamic import Scope, leave_scope, scope
from lazydag.runtime.engines import PYTHON
from lazydag.runtime.regions import Deps, In, InOut, Out, PlanCache, TaskRegion

WORDS = 48


@dataclass
class Host:
    """Runs regions on an executor of the test's own."""

    executor: Executor
    plans: PlanCache = field(default_factory=PlanCache)

    def seconds(self, call: Any) -> float:
        return 1e-6

    def learn(self, call: Any, seconds: float) -> None:
        assert seconds >= 0.0

    def execute(self, plan: Any, recording: Any, addresses: list[int]) -> Any:
        assert recording
        return self.executor.execute(plan.frozen, addresses)

    def single_threaded(self) -> Any:
        return nullcontext()

    @contextmanager
    def region(self) -> Iterator[TaskRegion]:
        region = TaskRegion(self, self.plans, copy_context())
        scope.set(Scope(scope.get(), region=region))
        try:
            yield region
        finally:
            leave_scope()
        region.close()


@pytest.fixture(scope="module", params=[1, 2, 4, 8])
def host(request: pytest.FixtureRequest) -> Iterator[Host]:
    executor = Executor(request.param, default_engine())
    yield Host(executor)
    executor.close()


@dataclass(frozen=True)
class View:
    """A view of an arena, to be made anew for each."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int

    def of(self, arena: Any) -> Any:
        strides = tuple(8 * step for step in self.strides)
        return as_strided(arena[self.offset :], self.shape, strides)


@st.composite
def views(draw: st.DrawFn, *, may_repeat: bool) -> View:
    """Draw a view inside the arena; one to be written has no element twice."""
    rank = draw(st.integers(1, 2))
    shape, strides = [], []
    step = 1
    for _ in range(rank):
        extent = draw(st.integers(0 if may_repeat else 1, 4))
        by = step * draw(st.integers(1, 3))
        if may_repeat and draw(st.booleans()):
            by = draw(st.integers(0, 3))
        shape.append(extent)
        strides.append(by * draw(st.sampled_from([1, -1])))
        step = max(step, by * max(extent, 1))
    low = sum((n - 1) * s for n, s in zip(shape, strides, strict=True) if s < 0 < n)
    high = sum((n - 1) * s for n, s in zip(shape, strides, strict=True) if s > 0 < n)
    offset = draw(st.integers(-low, max(-low, WORDS - 1 - high)))
    return View(tuple(shape), tuple(strides), offset)


@dataclass(frozen=True)
class Step:
    """A task: what it writes and how, what it reads, and how long it dawdles."""

    target: View
    overwrites: bool
    sources: tuple[View, ...]
    constant: int
    seconds: float


steps = st.builds(
    Step,
    views(may_repeat=False),
    st.booleans(),
    st.tuples(views(may_repeat=True)) | st.just(()),
    st.integers(-5, 5),
    st.sampled_from([0.0, 0.0, 0.0, 0.0, 1e-4, 5e-4]),
)


def work(target: Any, *sources: Any, step: Step) -> None:
    """Do something that does not commute with other steps."""
    if step.seconds:
        time.sleep(step.seconds)
    total = step.constant + sum(int(source.sum()) for source in sources)
    target[...] = total if step.overwrites else 3 * target + total


def has_room(view: View) -> bool:
    """Whether all elements lie in the arena."""
    ends = [(n - 1) * s for n, s in zip(view.shape, view.strides, strict=True)]
    low, high = sum(min(e, 0) for e in ends), sum(max(e, 0) for e in ends)
    return view.offset + low >= 0 and view.offset + high < WORDS


@settings(max_examples=80, deadline=None)
@given(st.lists(steps, min_size=1, max_size=14))
def test_random_programs_equal_the_sequential_run(host: Host, program: Any) -> None:
    program = [
        step for step in program if all(map(has_room, (step.target, *step.sources)))
    ]
    expected = np.arange(WORDS)
    for step in program:
        sources = [view.of(expected) for view in step.sources]
        work(step.target.of(expected), *sources, step=replace(step, seconds=0.0))
    arena = np.arange(WORDS)
    with host.region() as region:
        for step in program:
            wrap = Out if step.overwrites else InOut
            target = wrap(step.target.of(arena))
            sources = [In(view.of(arena)) for view in step.sources]
            ld.spawn(partial(work, step=step), target, *sources)
    assert_array_equal(arena, expected)
    for _ in range(4):
        arena[:] = np.arange(WORDS)
        region.run()
        assert_array_equal(arena, expected)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["lower", "upper", "diagonal"]),
            st.integers(-3, 3),
            st.integers(0, 2),
            st.integers(0, 2),
        ),
        max_size=12,
    )
)
def test_parts_of_overlapping_matrices(host: Host, program: Any) -> None:
    """Triangles and diagonals of windows that overlap keep the sequential order."""
    select = {"lower": np.tril, "upper": np.triu}

    def mask(kind: str, k: int) -> Any:
        if kind == "diagonal":
            return np.eye(4, k=k, dtype=bool)
        return select[kind](np.ones((4, 4), bool), k)

    def touch(window: Any, where: Any, value: int) -> None:
        window[where] = 3 * window[where] + value

    def part(kind: str, k: int) -> Any:
        if kind == "diagonal":
            return partial(np.diagonal, offset=k)
        return partial(select[kind], k=k)

    expected, arena = np.arange(36).reshape(6, 6), np.arange(36).reshape(6, 6)
    for value, (kind, k, i, j) in enumerate(program):
        touch(expected[i : i + 4, j : j + 4], mask(kind, k), value)
    with host.region():
        for value, (kind, k, i, j) in enumerate(program):
            window = Deps(arena[i : i + 4, j : j + 4], InOut(part(kind, k)))
            ld.spawn(touch, window, mask(kind, k), value)
    assert_array_equal(arena, expected)


def test_the_engine_in_python_runs_regions_too() -> None:
    executor = Executor(3, PYTHON)
    try:
        x = np.zeros(4, int)
        with Host(executor).region():
            for value in range(20):
                ld.spawn(add, InOut(x[value % 3 :]), value)
    finally:
        executor.close()
    expected = np.zeros(4, int)
    for value in range(20):
        add(expected[value % 3 :], value)
    assert_array_equal(x, expected)


def add(target: Any, value: int) -> None:
    target *= 2
    target += value

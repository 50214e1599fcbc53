"""Errors and explanations name the line of the program that is at fault.

Nodes are shared by all programs that compute the same: none of these programs may be
told the line of another.
"""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.compiler import plan
from lazydag.compiler.cache import MAX_INTERPRETED
from lazydag.compiler.session import session
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph

SMALL = np.ones(3)
LARGE = np.ones(200_000)
SHORT = ld.asarray(np.arange(-2, 3))


@pytest.fixture
def _one_thread() -> Iterator[None]:
    """Let one kernel run after the other, so that only one of two can fail."""
    threads = ld.get_num_threads()
    ld.set_num_threads(1)
    yield
    ld.set_num_threads(threads)


@ld.kernel
def refuse(x: Any) -> Any:
    """Take positive numbers only."""
    if x < 0:
        raise ValueError
    return x


@ld.jit
def first(x: Any) -> Any:
    """Return twice the number, if it is positive."""
    return refuse(x) * 2.0


@ld.jit
def second(x: Any) -> Any:
    """Return just what the first one does."""
    return refuse(x) * 2.0


@ld.jit
def first_power(x: Any, y: Any) -> Any:
    """Return a power that NumPy refuses if it is of integers, and negative."""
    return x**y


@ld.jit
def second_power(x: Any, y: Any) -> Any:
    """Return just what the first one does."""
    return x**y


def line_of(function: Any, text: str) -> int:
    """Return the number of the line of a function that holds `text`."""
    lines, start = inspect.getsourcelines(inspect.unwrap(function))
    return start + next(i for i, line in enumerate(lines) if text in line)


def line_at(error: BaseException) -> int:
    """Return the line that an error was reported at, by its place or in its note."""
    if isinstance(error, ld.LazydagError):
        assert error.at is not None
        return error.at.line
    (note,) = error.__notes__
    place = note.partition("test_lines.py:")[2]
    number = int(place.split()[0])
    assert note.endswith(linecache.getline(__file__, number).strip())
    return number


def failure(run: Callable[[], Any]) -> BaseException:
    """Return what a run raises."""
    with pytest.raises((ld.KernelError, ValueError)) as caught:
        run()
    return caught.value


@pytest.mark.parametrize("function", [first, second])
def test_a_jitted_function_fails_at_its_own_line(function: Any) -> None:
    error = failure(lambda: function(-SMALL))
    assert line_at(error) == line_of(function, "refuse(x)")


@pytest.mark.parametrize("function", [first_power, second_power])
def test_a_call_of_numpy_fails_at_its_own_line(function: Any) -> None:
    error = failure(lambda: function(np.arange(3), np.array([1, -1, 2])))
    assert line_at(error) == line_of(function, "x**y")


def test_a_jitted_function_is_explained_with_its_own_lines() -> None:
    for function in (first, second):
        text = str(ld.explain(function, SMALL))
        number = line_of(function, "refuse(x)")
        assert set(places(text)) == {number}
        start = line_of(function, "def ")
        name = function.__name__
        assert f"scope=test_lines.py:{start}:{name}" in text
        assert f"scope=test_lines.py:{number}" in text


def places(text: str) -> list[int]:
    """Return the lines of this file in the comments of a dump."""
    return [
        int(line.rpartition("# test_lines.py:")[2].split()[0])
        for line in text.splitlines()
        if "# test_lines.py:" in line
    ]


def test_numbers_from_nothing_belong_to_a_program() -> None:
    def one() -> Any:
        return refuse(ld.arange(4) - 2.0)

    def other() -> Any:
        return refuse(ld.arange(4) - 2.0)

    for function in (one, other):
        number = line_of(function, "refuse")
        assert line_at(failure(ld.jit(function))) == number
        assert line_at(failure(lambda: function().tolist())) == number  # noqa: B023


@ld.jit
def twins(x: Any, y: Any) -> Any:
    """Return the same of two arrays, in kernels that are equal."""
    left = refuse(x)
    right = refuse(y)
    return left, right


def bodies(graph: Graph) -> list[Graph]:
    """Return what the kernels of a graph compute."""
    return [n.attrs.body for n in graph.nodes() if isinstance(n.attrs, KernelAttrs)]


@pytest.mark.usefixtures("_one_thread")
def test_equal_kernels_of_two_lines() -> None:
    left, right = line_of(twins, "left ="), line_of(twins, "right =")
    (graph,) = ld.explain(twins, LARGE, LARGE, stage="fused").graphs
    assert [body.scope for body in bodies(graph)] == [
        f"test_lines.py:{left}",
        f"test_lines.py:{right}",
    ]
    assert places(str(ld.explain(twins, LARGE, LARGE, stage="fused"))) == [left, right]
    assert line_at(failure(lambda: twins(-LARGE, LARGE))) == left
    assert line_at(failure(lambda: twins(LARGE, -LARGE))) == right


def test_equal_kernels_of_one_line_share_a_body() -> None:
    def several(*arrays: Any) -> Any:
        return [a * 3.0 + 1.0 for a in arrays]

    (graph,) = ld.explain(ld.jit(several), LARGE, -LARGE, stage="fused").graphs
    one, other = bodies(graph)
    assert one is other


def test_machine_code_is_shared_by_all_lines() -> None:
    def one(x: Any, y: Any) -> Any:
        a = ld.sqrt(x) * 5.0 - 7.0
        b = ld.sqrt(y) * 5.0 - 7.0
        return a, b

    def other(x: Any) -> Any:
        return ld.sqrt(x) * 5.0 - 7.0

    kernels = session().backend._kernels
    before = len(kernels)
    graphs = [ld.jit(one).trace(LARGE, LARGE), ld.jit(other).trace(LARGE)]
    tasks = [task for graph in graphs for task in plan(graph).task_graph.tasks]
    assert len(tasks) == 3
    assert len({task.address for task in tasks}) == 1  # type: ignore[union-attr]
    assert len({task.key for task in tasks}) == 1  # type: ignore[union-attr]
    assert len(kernels) == before + 1


@pytest.mark.parametrize("array", [SMALL, LARGE], ids=["interpreted", "planned"])
def test_lazy_arrays_fail_at_their_own_line(array: Any) -> None:
    def one(x: Any) -> Any:
        return refuse(ld.asarray(x)) + 4.0

    def other(x: Any) -> Any:
        y = refuse(ld.asarray(x))
        return y + 4.0

    for function in (one, other, one):
        error = failure(function(-array).tolist)
        assert line_at(error) == line_of(function, "refuse(")


def test_plans_are_shared_and_lines_are_not() -> None:
    def one(x: Any) -> Any:
        return refuse(x) + 6.0

    def other(x: Any) -> Any:
        return refuse(x) + 6.0

    kernels = session().backend._kernels
    for _ in range(MAX_INTERPRETED + 1):
        one(ld.asarray(SMALL.copy())).tolist()
    before = len(kernels)
    for function in (other, one):
        error = failure(function(ld.asarray(-SMALL)).tolist)
        assert line_at(error) == line_of(function, "refuse(")
    assert len(kernels) == before


@pytest.mark.parametrize("times", [1, MAX_INTERPRETED + 2])
def test_lazy_calls_of_numpy_fail_at_their_own_line(times: int) -> None:
    def one(x: Any) -> Any:
        return x**SHORT

    def other(x: Any) -> Any:
        return x**SHORT

    for function in times * (one, other):
        error = failure(function(ld.asarray(np.arange(5))).tolist)
        assert line_at(error) == line_of(function, "**")


def test_lazy_arrays_are_explained_with_their_own_lines() -> None:
    def one(x: Any) -> Any:
        return x * 8.0 - 2.0

    def other(x: Any) -> Any:
        y = x * 8.0
        return y - 2.0

    kept = [function(ld.asarray(LARGE + i)) for i, function in enumerate((one, other))]
    for function, lazy in zip((one, other), kept, strict=True):
        lines = {line_of(function, text) for text in ("x * 8.0", "- 2.0")}
        assert set(places(str(ld.explain(lazy)))) == lines

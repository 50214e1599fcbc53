"""Tracing: what is known meanwhile, what is left of it, and threads that trace."""

import threading
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.ir.types import F64, ArrayType
from tests.array.conftest import counted

X = np.arange(3.0)


def branch(x: Any) -> Any:
    if x > 0:
        return x
    return -x


@pytest.mark.parametrize(
    ("function", "what", "remedy"),
    [
        (branch, "the truth value of a traced bool[]", "where"),
        (float, "float() of a traced f64[]", "convert the result"),
        (int, "int() of a traced f64[]", "argument of its own"),
        (lambda x: [0][x.astype(int)], "a traced i64[] as an index", "of its own"),
        (np.asarray, "the values of a traced f64[]", "convert the result"),
        (
            lambda x: x.item(),
            "the Python value of a traced f64[]",
            "convert the result",
        ),
        (lambda x: ld.compute(x + 1), "the values of a traced f64[]", "convert"),
    ],
)
def test_values_of_arrays_are_not_known_to_strict_functions(
    function: Any, what: str, remedy: str
) -> None:
    with pytest.raises(ld.TraceError) as caught:
        ld.jit(function, strict=True)(np.array(4.0))
    assert caught.value.what.startswith(what)
    assert f"is not known while tracing in {function.__name__}" in caught.value.what
    assert remedy in caught.value.remedy
    assert caught.value.at is not None
    assert caught.value.at.file == __file__
    if function is branch:
        assert caught.value.at.text() == "if x > 0:"


def test_what_does_not_depend_on_arguments_is_known() -> None:
    f = ld.jit(lambda x: x * float(ld.arange(4).sum()))
    assert f(X).tolist() == [0.0, 6.0, 12.0]


def test_unpacking_and_printing_while_tracing() -> None:
    shown = []

    @ld.jit
    def f(points: Any) -> Any:
        x, y = points
        shown.append((repr(points), str(x + y), f"{x}"))
        return x + y

    assert f(np.ones((2, 3))).tolist() == [2.0] * 3
    assert shown == [("<traced f64[2,3]>", "<traced f64[3]>", "<traced f64[3]>")]
    with pytest.raises(ld.TraceError, match="would trace 20000 times over"):
        ld.jit(sum)(np.ones(20_000))


def test_values_that_outlive_their_trace() -> None:
    kept: list[Any] = []

    @ld.jit
    def f(x: Any) -> Any:
        kept.append(x * 2)
        return x

    f(X)
    for use in (
        lambda: np.asarray(kept[0] + 1),
        lambda: ld.jit(lambda y: y + kept[0])(X),
    ):
        with pytest.raises(ld.TraceError, match="after its trace has ended") as caught:
            use()
        assert caught.value.at is not None
        assert caught.value.at.file == __file__


def test_threads_trace_once() -> None:
    function, runs = counted(lambda x: x + 1)
    f = ld.jit(function)
    start = threading.Barrier(8)
    found: list[Any] = []

    def work() -> None:
        start.wait()
        found.extend(f(X).tolist() for _ in range(50))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1
    assert found == [[1.0, 2.0, 3.0]] * 400


def test_threads_trace_apart() -> None:
    """A trace in one thread does not make others trace."""
    inside, done = threading.Event(), threading.Event()

    def slow(x: Any) -> Any:
        inside.set()
        assert done.wait(10)
        return x + 1

    thread = threading.Thread(target=lambda: ld.jit(slow)(X))
    thread.start()
    assert inside.wait(10)
    assert float(ld.asarray(X).sum()) == 3.0
    done.set()
    thread.join()


def test_types_are_for_tracing_only() -> None:
    with pytest.raises(ld.UsageError, match="a type was given"):
        ld.jit(lambda x: x)(ArrayType((3,), F64))

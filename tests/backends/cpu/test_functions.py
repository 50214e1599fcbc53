"""Calls of NumPy that threads share."""

import threading
import time
from functools import partial
from typing import Any

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp
from lazydag.backends.cpu import functions
from lazydag.backends.cpu.functions import at_once, function_task
from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.types import ArrayType
from lazydag.runtime import CallTask, Mode, View

X: Any = np.random.default_rng(0).integers(0, 9, (300, 1000)).astype("f8")


def _task(name: str, arrays: list[Any], threads: int, **options: Any) -> CallTask:
    params = [param(i, ArrayType(x.shape, x.dtype)) for i, x in enumerate(arrays)]
    attrs = FunctionAttrs(name, tuple(options.items()))
    node = make(OPS["function"], *params, attrs=attrs)
    views = [View(i, x.dtype, x.shape) for i, x in enumerate(arrays)]
    out = View(len(views), node.type.dtype, node.type.shape, mode=Mode.OUT)
    body = make_graph(name, params, [node])
    task = function_task(name, body, views, [out], None, 0.0, threads)
    assert task is not None
    return task


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("axis", [0, 1])
def test_threads_share_lanes(threads: int, axis: int) -> None:
    task = _task("sort", [X], threads, axis=axis, descending=False)
    out = np.empty_like(X)
    task.function(X, out)
    np.testing.assert_array_equal(out, np.sort(X, axis))


def test_several_threads_take_pieces() -> None:
    met = threading.Barrier(3)
    at_once([met.wait] * 3, threads=3)


def test_late_threads_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    late = []
    monkeypatch.setattr(
        functions._thread, "start_new_thread", lambda *a: late.append(a)
    )
    done: list[int] = []
    at_once([partial(done.append, i) for i in range(9)], threads=4)
    for work, arguments in late:
        work(*arguments)
    assert (done, len(late)) == (list(range(9)), 3)


def test_an_interrupt_waits_for_what_was_begun() -> None:
    begun = threading.Event()
    main = threading.current_thread()
    started: list[bool] = []
    ended: list[bool] = []

    def piece() -> None:
        if threading.current_thread() is main:
            begun.wait()
            raise KeyboardInterrupt
        started.append(True)
        begun.set()
        time.sleep(0.05)
        ended.append(True)

    with pytest.raises(KeyboardInterrupt):
        at_once([piece] * 9, threads=2)
    assert len(ended) == len(started) < 8


def test_threads_look_up_elements() -> None:
    edges = np.array([1.0, 4.0, 6.0])
    task = _task("digitize", [X, edges], 3, right=True)
    out = np.empty(X.shape, int)
    task.function(X, edges, out)
    np.testing.assert_array_equal(out, np.digitize(X, edges, True))


def test_a_part_that_fails() -> None:
    x = X.copy()
    x[-1] = np.nan
    task = _task("nanargmax", [x], 2, axis=1)
    with pytest.raises(ValueError, match="All-NaN"):
        task.function(x, np.empty(len(x), int))


def test_small_calls_are_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "at_once", None)
    task = _task("sort", [X[:9]], 4, axis=0, descending=False)
    out = np.empty_like(X[:9])
    task.function(X[:9], out)
    np.testing.assert_array_equal(out, np.sort(X[:9], axis=0))


def test_results_in_plans() -> None:
    @ld.jit
    def both(x: Any) -> Any:
        return lnp.sort(x, axis=1)[:, ::-1], lnp.median(x, axis=0)

    ordered, middle = both(X)
    np.testing.assert_array_equal(ordered, np.sort(X, axis=1)[:, ::-1])
    np.testing.assert_array_equal(middle, np.median(X, axis=0))

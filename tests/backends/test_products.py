"""Products of matrices: calls of BLAS for some rows each, with NumPy's values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends.cpu.products import calls_blas
from lazydag.compiler import get_num_threads, layout_of, plan, set_num_threads
from lazydag.compiler.interpret import interpret
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.products import COLUMNS, MAX_ROWS, ROWS, VECTOR_RUN, VECTOR_SIZE
from lazydag.ir.types import ArrayType
from lazydag.runtime import KernelTask

Array = np.ndarray[Any, Any]


def planned(a: Array, b: Array) -> Any:
    x, y = (param(i, ArrayType(v.shape, v.dtype)) for i, v in enumerate((a, b)))
    graph = make_graph("product", [x, y], [make(OPS["matmul"], x, y)])
    return plan(graph, [layout_of(a), layout_of(b)])


def tiles(found: Any) -> list[int]:
    tasks = found.task_graph.tasks
    return [len(task.blocks) for task in tasks if isinstance(task, KernelTask)]


def laid(array: Array, how: int) -> Array:
    """Return an equal array that lies otherwise in memory."""
    if how == 0:
        return array
    if how == 1:
        return np.ascontiguousarray(array.swapaxes(-1, -2)).swapaxes(-1, -2)
    wide = np.zeros((*array.shape[:-1], array.shape[-1] * 2), array.dtype)
    part = wide[..., : array.shape[-1]] if how == 2 else wide[..., ::2]
    part[...] = array
    return part


@given(
    st.lists(st.integers(1, 3), max_size=2),
    st.tuples(*[st.sampled_from((1, 2, 3, 17, 130, 300))] * 3),
    st.sampled_from(("f4", "f8")),
    st.tuples(st.integers(0, 3), st.integers(0, 3)),
)
def test_values(stack: Any, sizes: Any, dtype: str, how: Any) -> None:
    (m, k, n), rng = sizes, np.random.default_rng(0)
    a = laid(rng.normal(size=(*stack, m, k)).astype(dtype), how[0])
    b = laid(rng.normal(size=(*stack, k, n)).astype(dtype), how[1])
    found = planned(a, b)
    (value,) = found.run([a, b])
    eps = float(np.finfo(dtype).eps)
    bound = 4 * k * eps * (np.abs(a) @ np.abs(b))
    assert (np.abs(value - a @ b) <= bound).all()
    (other,) = interpret(found.graphs[0], [a, b], plan)
    np.testing.assert_array_equal(value, other)


@pytest.mark.parametrize(
    ("shapes", "count"),
    [
        (((2, 5 * ROWS, 512), (2, 512, 512)), 6),
        (((MAX_ROWS * 8, 600), (600, COLUMNS * 2)), 8),
        (((MAX_ROWS * 8, 60), (60, COLUMNS * 2)), 16),
        (((64, 512), (512, COLUMNS * 3 - 1)), 3),
        (((300, 512), (512, COLUMNS * 2)), 6),
        (((100, 10), (10, 100)), 1),
        (((50_000, 4), (4, 4)), 1),
        (((2 * VECTOR_SIZE // 64, 64), (64, 1)), 2),
        (((1, 64), (64, 2 * VECTOR_RUN)), 2),
    ],
)
def test_tiles_follow_from_the_shape_alone(shapes: Any, count: int) -> None:
    a, b = map(np.ones, shapes)
    assert tiles(planned(a, b)) == [count]


@given(
    st.tuples(*[st.sampled_from((1, 7, 300, 1030, 2500))] * 2),
    st.sampled_from((1, 3, 70)),
    st.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_tiles_cover_large_matrices(outer: Any, inner: int, is_turned: bool) -> None:
    (m, n), rng = outer, np.random.default_rng(2)
    a, b = rng.normal(size=(m, inner)), rng.normal(size=(inner, n))
    if is_turned:
        a, b = laid(a, 1), laid(b, 1)
    (value,) = planned(a, b).run([a, b])
    np.testing.assert_allclose(value, a @ b, rtol=0, atol=1e-12)


def test_threads_do_not_change_bits() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(700, 90)), rng.normal(size=(90, 40))
    found, threads = planned(a, b), get_num_threads()
    try:
        values = []
        for count in (1, 2, 4):
            set_num_threads(count)
            values += found.run([a, b])
    finally:
        set_num_threads(threads)
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[0], values[2])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (np.ones((4, 4), np.int64), np.ones((4, 4), np.int64)),
        (np.ones((4, 4), complex), np.ones((4, 4), complex)),
        (np.ones((1, 4)), np.ones((4, 1))),
        (np.ones((4, 0)), np.ones((0, 4))),
        (laid(np.ones((4, 4)), 3), np.ones((4, 4))),
    ],
)
def test_others_are_numpys_on_one_thread_if_they_are_floats(a: Array, b: Array) -> None:
    found = planned(a, b)
    assert tiles(found) == []
    is_float = a.dtype.kind == "f"
    assert all(calls_blas(task) == is_float for task in found.task_graph.tasks)
    np.testing.assert_array_equal(found.run([a, b])[0], a @ b)

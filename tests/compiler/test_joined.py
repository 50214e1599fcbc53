"""Products finished tile by tile: one task, one buffer, the bits of two kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.backends.cpu.products import calls_blas
from lazydag.compiler import get_num_threads, layout_of, plan, set_num_threads
from lazydag.compiler.interpret import interpret
from lazydag.ir.graph import Graph, make_graph, param
from lazydag.ir.types import ArrayType
from lazydag.runtime import CallTask, KernelTask
from tests.passes.programs import do, spread, transpose

Array = np.ndarray[Any, Any]


def with_params(build: Any, arrays: list[Array]) -> Graph:
    params = [param(i, ArrayType(v.shape, v.dtype)) for i, v in enumerate(arrays)]
    return make_graph("joined", params, build(*params))


def layer(x: Any, w: Any, b: Any) -> Any:
    product = do("matmul", x, w)
    total = do("add", product, spread(b, product.type.shape))
    return [do("tanh", total)]


def two_results(x: Any, w: Any, b: Any) -> Any:
    product = do("matmul", x, w)
    total = do("add", product, spread(b, product.type.shape))
    return [do("exp", product), do("gt", total, product), total]


@given(
    st.tuples(*[st.sampled_from((2, 17, 130, 600, 1100))] * 2),
    st.sampled_from((1, 5, 60)),
    st.sampled_from(("f4", "f8")),
    st.sampled_from((layer, two_results)),
    st.booleans(),
)
@settings(max_examples=25, deadline=None)
def test_bits_are_those_of_two_kernels(
    outer: Any, inner: int, dtype: str, build: Any, is_turned: bool
) -> None:
    (m, n), rng = outer, np.random.default_rng(0)
    x = rng.normal(size=(m, inner)).astype(dtype)
    w = rng.normal(size=(n, inner)).astype(dtype).T
    arrays = [x, w if is_turned else w.copy(), rng.normal(size=n).astype(dtype)]
    graph = with_params(build, arrays)
    planned = plan(graph, [layout_of(a) for a in arrays])
    (task,) = planned.task_graph.tasks
    assert calls_blas(task)
    found = planned.run(arrays)
    for got, want in zip(found, interpret(graph, arrays, plan), strict=True):
        np.testing.assert_array_equal(got, want)


def test_threads_do_not_change_bits() -> None:
    rng, threads = np.random.default_rng(1), get_num_threads()
    arrays = [rng.normal(size=s) for s in ((1500, 40), (40, 1200), (1200,))]
    planned, found = plan(with_params(layer, arrays), [None] * 3), []
    try:
        for count in (1, 2, 4):
            set_num_threads(count)
            found += planned.run(arrays)
    finally:
        set_num_threads(threads)
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_the_product_has_no_buffer() -> None:
    arrays = [np.ones((600, 600)), np.ones((600, 600))]

    def build(a: Any, b: Any) -> Any:
        return [do("div", do("mul", b, do("matmul", a, a)), 3.0)]

    planned = plan(with_params(build, arrays), [None, None])
    assert planned.peak_nbytes == arrays[0].nbytes
    np.testing.assert_array_equal(planned.run(arrays)[0], np.full((600, 600), 200.0))


@pytest.mark.parametrize("kind", ["strided", "integers"])
def test_what_blas_cannot_read_is_two_tasks(kind: str) -> None:
    rng = np.random.default_rng(2)
    wide = rng.normal(size=(300, 80))
    x = wide[:, ::2]
    arrays = [x, rng.normal(size=(40, 200)), rng.normal(size=200)]
    if kind == "integers":
        arrays = [(10 * a).astype(int) for a in arrays]
    build = layer if kind == "strided" else lambda x, w, b: [do("matmul", x, w)]
    graph = with_params(build, arrays)
    planned = plan(graph, [layout_of(a) for a in arrays])
    first, *others = planned.task_graph.tasks
    assert isinstance(first, CallTask)
    assert len(others) == (kind == "strided")
    (got,), (want,) = planned.run(arrays), interpret(graph, arrays, plan)
    np.testing.assert_array_equal(got, want)


def test_an_operand_is_read_by_both_parts() -> None:
    arrays = [np.random.default_rng(3).normal(size=(300, 300))]

    def build(x: Any) -> Any:
        return [do("add", do("mul", x, do("matmul", x, transpose(x))), x)]

    graph = with_params(build, arrays)
    planned = plan(graph, [None])
    assert len(planned.task_graph.tasks) == 1
    assert isinstance(planned.task_graph.tasks[0], KernelTask)
    (got,), (want,) = planned.run(arrays), interpret(graph, arrays, plan)
    np.testing.assert_array_equal(got, want)


def test_other_results_are_written_over_what_is_read_last() -> None:
    arrays = [np.random.default_rng(4).normal(size=(300, 300))]

    def build(x: Any) -> Any:
        a, b = do("matmul", x, x), do("matmul", x, transpose(x))
        return [do("add", a, b), do("sub", a, b)]

    graph = with_params(build, arrays)
    planned = plan(graph, [None])
    assert planned.peak_nbytes == 2 * arrays[0].nbytes
    for got, want in zip(
        planned.run(arrays), interpret(graph, arrays, plan), strict=True
    ):
        np.testing.assert_array_equal(got, want)

"""Products over a long inner axis become sums of products, by their shape alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.compiler import get_num_threads, plan, set_num_threads
from lazydag.ir.graph import Graph, Stage, make_graph
from lazydag.ir.ops import OPS
from lazydag.ir.products import MAX_PIECES, MIN_PIECE
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.verify import verify
from lazydag.passes.split_products import SplitProducts
from tests.passes.programs import do, inputs, transpose
from tests.passes.targets import LAPTOP


def product(m: int, k: int, n: int, dtype: str = "f64") -> Graph:
    a, b = inputs(f"{dtype}[{k},{m}]", f"{dtype}[{k},{n}]")
    return make_graph("f", [a, b], [do("matmul", transpose(a), b)], Stage.SIMPLIFIED)


def products(graph: Graph) -> int:
    return sum(node.op is OPS["matmul"] for node in graph.nodes())


@pytest.mark.parametrize(
    ("shape", "count"),
    [
        ((3, 2 * MIN_PIECE, 4), 2),
        ((3, 2 * MIN_PIECE - 1, 4), 1),
        ((1, 100 * MIN_PIECE, 4), MAX_PIECES),
        ((1, 100 * MIN_PIECE, 1), 1),
        ((1, 4096, 4096), 4),
        ((4096, 4096, 1), 1),
        ((1, 4096, 100), 1),
        ((400, 2 * MIN_PIECE, 400), 1),
    ],
)
def test_pieces(shape, count):
    found = SplitProducts()(product(*shape), LAPTOP)
    verify(found, by="SplitProducts")
    assert products(found) == count


def test_only_floats_are_split():
    graph = product(3, 4 * MIN_PIECE, 3, "i64")
    assert SplitProducts()(graph, LAPTOP) is graph


@given(
    st.integers(1, 5),
    st.sampled_from((2 * MIN_PIECE, 3 * MIN_PIECE + 1, 6 * MIN_PIECE - 1)),
    st.integers(2, 5),
)
@settings(max_examples=15, deadline=None)
def test_values(m, k, n):
    graph, rng = product(m, k, n), np.random.default_rng(0)
    arrays = [rng.normal(size=p.type.shape) for p in graph.params]
    (want,) = evaluate_graph(graph, arrays)
    (got,) = evaluate_graph(SplitProducts()(graph, LAPTOP), arrays)
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-10)


def test_threads_do_not_change_bits():
    traced = make_graph("f", (g := product(8, 10 * MIN_PIECE, 8)).params, g.outputs)
    rng, threads = np.random.default_rng(1), get_num_threads()
    arrays = [rng.normal(size=p.type.shape) for p in traced.params]
    planned, found = plan(traced, [None, None]), []
    try:
        for count in (1, 2, 4):
            set_num_threads(count)
            found += planned.run(arrays)
    finally:
        set_num_threads(threads)
    assert len(planned.task_graph.tasks) > 10
    np.testing.assert_allclose(found[0], arrays[0].T @ arrays[1], atol=1e-9)
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])

"""Fused kernels: how many, what they move, and what they compute."""

import time

import numpy as np
import pytest

from lazydag.ir.graph import Stage, topological
from lazydag.ir.node import is_fusable
from lazydag.ir.reference import evaluate_graph
from lazydag.passes.fuse import Fuse
from lazydag.passes.simplify import Simplify
from tests.passes.programs import (
    LARGE,
    do,
    fused,
    graph_of,
    inputs,
    kernels,
    moved_nbytes,
    planned,
    reduce,
    reshape,
    spread,
    transpose,
)
from tests.passes.targets import LAPTOP

SIZE = 8 * LARGE
X = f"f64[{LARGE}]"
MATRIX = "f64[1024,1024]"


def check(graph, count, nbytes=None):
    """Assert how many kernels there are, what they move, and that values stay."""
    result = planned(graph, LAPTOP, Stage.FUSED)
    found = kernels(result)
    assert len(found) == count
    if nbytes is not None:
        assert moved_nbytes(found) == pytest.approx(nbytes, rel=0.02)
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.5, 1.5, p.type.shape) for p in graph.params]
    each = zip(
        evaluate_graph(result, arrays), evaluate_graph(graph, arrays), strict=True
    )
    for got, want in each:
        np.testing.assert_allclose(got, want, rtol=1e-11)
    return found


def test_a_chain_is_one_kernel():
    x, y = inputs(X, X)
    value = do("sqrt", do("add", do("mul", x, y), 1.0))
    check(graph_of([x, y], value), 1, 3 * SIZE)


def test_a_diamond_is_one_kernel():
    (x,) = inputs(X)
    top = do("exp", x)
    value = do("add", do("sin", top), do("cos", top))
    check(graph_of([x], value), 1, 2 * SIZE)


def test_several_outputs_are_one_kernel():
    x, y = inputs(X, X)
    total = do("add", x, y)
    check(graph_of([x, y], total, do("mul", total, y)), 1, 4 * SIZE)


def test_values_that_read_one_input_share_a_kernel():
    (x,) = inputs(X)
    check(graph_of([x], do("exp", x), do("log", x)), 1, 3 * SIZE)


def test_unrelated_large_values_do_not():
    x, y = inputs(X, X)
    check(graph_of([x, y], do("exp", x), do("log", y)), 2, 4 * SIZE)


def test_sibling_reductions_read_once():
    (x,) = inputs(MATRIX)
    outputs = [reduce(name, x, 1) for name in ("sum", "amax", "amin")]
    check(graph_of([x], *outputs), 1, SIZE)


def test_a_reduction_takes_its_producer():
    x, y = inputs(MATRIX, MATRIX)
    square = do("mul", do("sub", x, y), do("sub", x, y))
    check(graph_of([x, y], reduce("sum", square, 1)), 1, 2 * SIZE)


def test_a_map_and_a_reduction_are_one_kernel():
    (x,) = inputs(MATRIX)
    value = do("exp", x)
    check(graph_of([x], value, reduce("sum", value, 1)), 1, 2 * SIZE)


def test_softmax_reads_three_times_and_writes_once():
    (x,) = inputs(MATRIX)
    top = spread(reshape(reduce("amax", x, 1), 1024, 1), (1024, 1024))
    powers = do("exp", do("sub", x, top))
    total = spread(reshape(reduce("sum", powers, 1), 1024, 1), (1024, 1024))
    check(graph_of([x], do("div", powers, total)), 3, 4 * SIZE)


def test_mean_and_variance_read_once():
    (x,) = inputs(X)
    mean = do("div", reduce("sum", x), float(LARGE))
    variance = do("div", reduce("m2", x), float(LARGE))
    found = check(graph_of([x], mean, variance), 5, SIZE)
    assert sum(k.srcs[0] is x for k in found) == 1


def test_standardising_reads_twice():
    (x,) = inputs(X)
    mean = do("div", reduce("sum", x), float(LARGE))
    scale = do("sqrt", do("div", reduce("m2", x), float(LARGE)))
    value = do("div", do("sub", x, mean), scale)
    found = check(graph_of([x], value), 6, 3 * SIZE)
    assert sum(x in k.srcs for k in found) == 2


def test_rows_and_columns_cost_what_they_are():
    x, r, c = inputs(MATRIX, "f64[1024]", "f64[1024,1]")
    value = do("add", do("mul", x, spread(r, (1024, 1024))), spread(c, (1024, 1024)))
    check(graph_of([x, r, c], value), 1, 2 * SIZE + 2 * 8192)


def test_reductions_over_different_axes_share_nothing_but_the_input():
    (x,) = inputs(MATRIX)
    outputs = [reduce("sum", x, 0), reduce("sum", x, 1)]
    found = check(graph_of([x], *outputs), 3, 2 * SIZE)
    assert sum(k.srcs == (x,) for k in found) == 2


def test_unrelated_reductions_do_not_wait_for_each_other():
    x, y = inputs(MATRIX, MATRIX)
    one, other = do("exp", x), do("log", y)
    graph = graph_of([x, y], reduce("sum", one, 0), reduce("sum", other, 1))
    found = check(graph, 3, 2 * SIZE)
    assert not any(k.type.items[0].size == LARGE for k in found)


def test_a_cheap_value_is_computed_again():
    x, y = inputs(X, X)
    value = do("sub", x, 1.0)
    found = check(graph_of([x, y], do("mul", value, reduce("sum", value))), 3, 3 * SIZE)
    assert all(len(k.type.items) == 1 for k in found)


def test_a_dear_value_is_stored():
    (x,) = inputs(X)
    value = x
    for _ in range(3):
        value = do("pow", value, x)
    found = check(graph_of([x], do("sub", value, reduce("sum", value))), 3)
    assert [len(k.type.items) for k in found] == [2, 1, 1]


def test_a_value_that_is_stored_anyway_is_loaded_if_that_is_as_cheap():
    (x,) = inputs(X)
    value = do("pow", x, x)
    graph = graph_of([x], value, do("sub", value, reduce("sum", value)))
    check(graph, 3, 4 * SIZE)


def test_recomputation_does_not_pile_up():
    # Each step's cheap sum could be computed from all the steps before it.
    (x,) = inputs(X)
    value = x
    for _ in range(40):
        value = do("add", value, reduce("sum", value))
    found = fused(graph_of([x], value))
    most = max(sum(is_fusable(n) for n in k.attrs.body.nodes()) for k in found)
    assert most <= 64


def test_dear_parts_of_cheap_values_are_loaded():
    # `cheap` needs `dear`: where both are wanted later, only `dear` is stored.
    (x,) = inputs(X)
    dear = x
    for _ in range(3):
        dear = do("pow", dear, x)
    cheap = do("mul", dear, dear)
    total = reduce("sum", cheap)
    later = do("add", do("sub", cheap, total), do("div", dear, total))
    found = check(graph_of([x], later), 3)
    names = [[n.op.name for n in k.attrs.body.nodes()] for k in found]
    assert names[0].count("pow") == 3
    assert "pow" not in names[2]
    assert len(found[0].type.items) == 2


def test_a_product_is_inside_of_what_reads_it():
    x, w = inputs(MATRIX, MATRIX)
    value = do("exp", do("matmul", do("exp", x), w))
    check(graph_of([x, w], value), 2, 5 * SIZE)


def test_views_of_kernels_are_free():
    (x,) = inputs(MATRIX)
    first = do("exp", x)
    value = do("add", first, transpose(first))
    found = check(graph_of([x], value), 2)
    assert len(found[1].srcs) == 2


@pytest.mark.parametrize("repeat", [1, 2])
def test_outputs_without_work_are_copied(repeat):
    x, y = inputs("f64[4,3]", "f64[3]")
    check(graph_of([x, y], *[x, transpose(x), spread(y, (2, 3))] * repeat), 3)


def test_small_unrelated_work_is_one_kernel():
    params = inputs(*["f64[1000]"] * 10)
    check(graph_of(params, *(do("exp", p) for p in params)), 1)


def test_long_chains_are_cut():
    (x,) = inputs("f64[100]")
    value = x
    for i in range(5000):
        value = do(("add", "mul")[i % 2], value, 0.5)
    # Rolled up again, it would be a short body.
    written_out = Fuse()(Simplify()(graph_of([x], value), LAPTOP), LAPTOP)
    found = kernels(written_out)
    assert len(found) == 5
    for kernel in found:
        assert sum(is_fusable(n) for n in kernel.attrs.body.nodes()) <= 1000


def test_the_limit_is_each_kernels_own():
    # Two unrelated chains of 600 do not share one allowance of 1000.
    x, y = inputs(X, X)
    values = []
    for param in (x, y):
        values.append(param)
        for _ in range(600):
            values[-1] = do("sub", values[-1], 0.5)
    found = fused(graph_of([x, y], *values))
    assert len(found) == 2
    assert moved_nbytes(found) == 4 * SIZE


def test_limits_of_one_give_a_kernel_an_op():
    x, y = inputs(X, X)
    value = do("exp", do("add", do("mul", x, y), x))
    graph = Fuse(max_ops=1)(Simplify()(graph_of([x, y], value), LAPTOP), LAPTOP)
    assert len(kernels(graph)) == 3


def test_a_kernel_reduces_as_much_as_the_stack_can_hold():
    # A block of each reduction lies there: 1,000 of them would be all of it.
    params = inputs(*["f64[8]"] * 200)
    found = fused(graph_of(params, *[reduce("sum", p) for p in params]))
    assert len(found) == 4


@pytest.mark.slow
def test_a_hundred_thousand_nodes_take_seconds():
    (x,) = inputs("f64[64]")
    values = [x]
    for i in range(50_000):
        values.append(do(("add", "mul")[i % 2], values[-1], values[-1 - i % 3]))
        if i % 1000 == 999:
            values.append(do("sub", values[-1], reduce("sum", values[-1])))
    graph = graph_of([x], values[-1])
    assert len(topological(graph.outputs)) > 50_000
    start = time.perf_counter()
    planned(graph)
    assert time.perf_counter() - start < 20


@pytest.mark.slow
def test_many_independent_computations_take_seconds():
    params = inputs(*["f64[64]"] * 100)
    values = [do("add", do("exp", p), float(i)) for i in range(200) for p in params]
    graph = graph_of(params, *values)
    start = time.perf_counter()
    found = fused(graph)
    assert time.perf_counter() - start < 20
    # 201 ops belong together, and four times as many make a kernel.
    assert len(found) == 25

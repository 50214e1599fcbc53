"""Reductions become trees of fixed blocks, with the values of the whole."""

from math import prod

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reduction import block_size
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.types import DTYPES, ArrayType
from lazydag.ir.verify import verify
from lazydag.passes.split_reductions import SplitReductions
from tests.passes.targets import LAPTOP


def reduced(op, shape, axes, dtype="f64"):
    """A graph that reduces a parameter over axes."""
    x = param(0, ArrayType(shape, DTYPES[dtype]))
    value = make(OPS[op], x, attrs=ReduceAttrs(axes))
    return make_graph("f", [x], [value], Stage.SIMPLIFIED)


def split(graph: Graph) -> Graph:
    result = SplitReductions()(graph, LAPTOP)
    verify(result, by="SplitReductions")
    return result


def reductions(graph):
    return [n for n in graph.nodes() if n.op.kind is Kind.REDUCTION]


def of_one_block(node):
    """Tell whether each result of a reduction is over one block at most."""
    shape, axes = node.srcs[0].type.shape, node.attrs.axes
    count = prod(shape[a] for a in axes)
    return count <= block_size(shape, axes) or node.attrs.block > 0


large_shapes = st.lists(st.sampled_from((1, 2, 3, 7, 8, 64, 65, 1025)), max_size=4)


@st.composite
def cases(draw):
    shape = tuple(draw(large_shapes.filter(lambda s: prod(s) <= 20_000)))
    axes = tuple(a for a in range(len(shape)) if draw(st.booleans()))
    return shape, axes


@given(
    cases(),
    st.sampled_from(("sum", "prod", "amin", "amax", "m2", "residual")),
    st.sampled_from(("f32", "f64")),
    st.sampled_from((0.0, 1e6)),
    st.integers(0, 99),
)
@example(((2500,), (0,)), "m2", "f64", 1e6, 0)
@example(((1025, 8), (0,)), "m2", "f32", 1e6, 0)
@example(((3, 1025, 2), (0, 1)), "m2", "f64", 1e6, 0)
@example(((65, 3, 65), (0, 2)), "sum", "f32", 0.0, 0)
def test_values_are_those_of_the_whole(case, op, dtype, mean, seed):
    shape, axes = case
    x = np.random.default_rng(seed).normal(mean, 1.0, shape).astype(DTYPES[dtype])
    if op == "prod":
        x = (1 + (x - mean) / 1e4).astype(DTYPES[dtype])
    result = split(reduced(op, shape, axes, dtype))
    assert all(of_one_block(n) for n in reductions(result))
    (got,) = evaluate_graph(result, [x])
    exact = x.astype(np.longdouble)
    error = np.abs(got - _exactly(op, exact, axes))
    assert np.all(error <= _bound(op, exact, axes, np.finfo(DTYPES[dtype]).eps))


def _exactly(op, x, axes):
    if op == "residual":
        return np.zeros(np.sum(x, axis=axes).shape)
    if op != "m2":
        return {"sum": np.sum, "prod": np.prod, "amin": np.min, "amax": np.max}[op](
            x, axis=axes
        )
    return np.sum((x - np.mean(x, axis=axes, keepdims=True)) ** 2, axis=axes)


def _bound(op, x, axes, eps):
    """A dozen roundings of what is added up; that of the mean for `m2`."""
    if op in {"amin", "amax"}:
        return 0.0
    if op == "prod":
        count = prod(x.shape[a] for a in axes)
        return count * eps * np.abs(np.prod(x, axis=axes))
    if op in {"sum", "residual"}:
        return 12 * eps * np.sum(np.abs(x), axis=axes)
    # Blocks' sums are rounded as sums of x are, and deviate from the mean by less.
    count, whole = prod(x.shape[a] for a in axes), _exactly(op, x, axes)
    rounding = 12 * eps * np.max(np.abs(x), axis=axes)
    return (
        count * rounding**2 + 2 * rounding * np.sqrt(count * whole) + 24 * eps * whole
    )


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((1024,), (0,)), ((64, 8), (0,)), ((5, 300), (1,)), ((32, 32), (0, 1))],
)
def test_one_block_is_left_alone(shape, axes):
    graph = reduced("sum", shape, axes)
    assert split(graph) is graph


@pytest.mark.parametrize(
    ("shape", "axes", "trees"),
    [
        # one partial result for each 1024 elements, then one for all
        ((3000,), (0,), [((0,), 1024), ((0,), 0)]),
        # three levels from 1024 ** 2 elements on
        ((2 << 20,), (0,), [((0,), 1024), ((0,), 1024), ((0,), 0)]),
        # rows beside each other are added as vectors, 64 at a time
        ((100, 8), (0,), [((0,), 64), ((0,), 0)]),
        # few columns go along memory
        ((3000, 7), (0,), [((0,), 1024), ((0,), 0)]),
        # scattered axes: the inner ones first
        ((100, 9, 2000), (0, 2), [((2,), 1024), ((2,), 0), ((0,), 64), ((0,), 0)]),
        # long rows are reduced each for itself, short ones as one run
        ((3, 1000), (0, 1), [((1,), 0), ((0,), 0)]),
        ((3, 5000), (0, 1), [((1,), 1024), ((0, 1), 0)]),
        ((1000, 3), (0, 1), [((0, 1), 1024), ((0,), 0)]),
    ],
)
def test_trees(shape, axes, trees):
    found = reductions(split(reduced("amax", shape, axes)))
    assert [(n.attrs.axes, n.attrs.block) for n in found] == trees


def test_axes_of_one_element_are_no_reduction():
    for op in ("sum", "prod", "amin", "amax", "m2", "residual"):
        graph = reduced(op, (1, 4, 1), (0, 2))
        x = np.array([[[-0.0], [np.inf], [np.nan], [2.0]]])
        whole = evaluate_graph(graph, [x])[0]
        (got,) = evaluate_graph(split(graph), [x])
        np.testing.assert_array_equal(got, whole)
        np.testing.assert_array_equal(np.signbit(got), np.signbit(whole))


@pytest.mark.parametrize("op", ["sum", "prod", "m2", "residual", "any", "all"])
def test_nothing_is_reduced_to_the_identity(op):
    dtype = "bool" if op in {"any", "all"} else "f64"
    graph = reduced(op, (3, 0), (1,), dtype)
    x = np.empty((3, 0), DTYPES[dtype])
    (want,), (got,) = (evaluate_graph(g, [x]) for g in (graph, split(graph)))
    np.testing.assert_array_equal(got, want)


def test_partial_results_of_moments_share_their_input():
    graph = reduced("m2", (5000,), (0,))
    first = [n for n in reductions(split(graph)) if n.srcs[0] is graph.params[0]]
    assert sorted(n.op.name for n in first) == ["m2", "residual", "sum"]


def test_no_precision_is_lost_to_a_large_mean():
    x = 1e8 + np.random.default_rng(0).normal(size=100_000)
    (got,) = evaluate_graph(split(reduced("m2", x.shape, (0,))), [x])
    assert got == pytest.approx(np.var(x) * x.size, rel=1e-10)

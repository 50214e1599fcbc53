"""What all passes keep: values, invariants, purity, and the text form."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.compiler.pipeline import PIPELINE
from lazydag.cost.target import Target
from lazydag.ir.graph import Graph, Stage
from lazydag.ir.ops import Kind
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.text import dump, parse, user_kernels
from lazydag.ir.verify import verify
from lazydag.passes.base import Pass
from lazydag.passes.split_reductions import SplitReductions
from tests.passes.targets import FOUR_GPUS, LAPTOP, SOCKETS, WITH_GPU
from tests.strategies import USUAL_KINDS, arrays_for, graphs, seeds, shapes

TARGETS = st.sampled_from((LAPTOP, WITH_GPU, FOUR_GPUS, SOCKETS))
ALL_KINDS = (*USUAL_KINDS, Kind.LIBRARY)
PASSES = [each for passes in PIPELINE.values() for each in passes]
INTEGERS = ("bool", "i8", "i32", "i64", "u16")


def prefixes(graph: Graph, target: Target) -> Iterator[tuple[Pass, Graph]]:
    """Yield every pass with the graph that it returns."""
    for each in PASSES:
        graph = each(graph, target)
        yield each, graph


def assert_same_bits(result: Any, expected: Any) -> None:
    """Assert that arrays are the same bits, but for the payload of NaN."""
    for got, want in zip(result, expected, strict=True):
        assert np.shape(got) == np.shape(want)
        assert np.asarray(got).dtype == np.asarray(want).dtype
        np.testing.assert_array_equal(got, want)
        if np.asarray(want).dtype.kind == "f":
            numbers = ~np.isnan(want)
            np.testing.assert_array_equal(
                np.signbit(got)[numbers], np.signbit(want)[numbers]
            )


@settings(max_examples=200)
@given(graphs(kinds=ALL_KINDS), seeds, TARGETS)
def test_every_prefix_gives_the_same_bits(graph, seed, target):
    arrays = arrays_for(graph, seed)
    expected = evaluate_graph(graph, arrays)
    for each, result in prefixes(graph, target):
        verify(result, by=type(each).__name__)
        values = evaluate_graph(result, arrays)
        if isinstance(each, SplitReductions):
            # The order of sums is settled here, and kept from here on.
            expected = values
        assert_same_bits(values, expected)


@settings(max_examples=60)
@given(
    graphs(
        dtypes=INTEGERS,
        without=("m2",),
        inputs=shapes(max_ndim=2, min_extent=30, max_extent=80),
        max_nodes=8,
    ),
    seeds,
    TARGETS,
)
def test_every_prefix_gives_the_same_integers_from_blocks(graph, seed, target):
    arrays = arrays_for(graph, seed)
    expected = evaluate_graph(graph, arrays)
    for each, result in prefixes(graph, target):
        verify(result, by=type(each).__name__)
        assert_same_bits(evaluate_graph(result, arrays), expected)


@settings(max_examples=60)
@given(graphs(kinds=ALL_KINDS), TARGETS)
def test_passes_are_pure_and_their_graphs_can_be_written_down(graph, target):
    first = list(prefixes(graph, target))
    for (_, result), (_, again) in zip(first, prefixes(graph, target), strict=True):
        assert again is result
        kernels = user_kernels(result)
        assert parse(dump(result), kernels) is result


@given(graphs(kinds=ALL_KINDS), TARGETS)
def test_stages_follow_each_other(graph, target):
    found = [result.stage for _, result in prefixes(graph, target)]
    assert found == sorted(found)
    assert found[-1] is Stage.PLACED


@given(graphs(kinds=ALL_KINDS))
def test_a_pass_over_its_own_result_changes_nothing(graph):
    simplify, split, *_ = PASSES
    once = simplify(graph, LAPTOP)
    assert simplify(once, LAPTOP) is once
    trees = split(once, LAPTOP)
    assert split(trees, LAPTOP) is trees

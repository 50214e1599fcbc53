"""Reductions over few elements are written out, with the values that they had."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lazydag as ld
from lazydag.compiler import plan
from lazydag.compiler.interpret import interpret
from lazydag.ir.attrs import ArgReduceAttrs, ReduceAttrs
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.types import BOOL, DTYPES, ArrayType
from lazydag.ir.verify import verify
from lazydag.passes.short_reductions import ShortReductions, is_short
from tests.passes.targets import LAPTOP
from tests.strategies import arrays_for, seeds

LIBRARY = ("argmin", "argmax")
NUMERIC = ("sum", "prod", "amin", "amax", *LIBRARY)


def reduced(op: str, x: Node, axes: Sequence[int]) -> Node:
    attrs = ArgReduceAttrs(axes[0]) if op in LIBRARY else ReduceAttrs(tuple(axes))
    return make(OPS[op], x, attrs=attrs)


def graph_of(op: str, shape: tuple[int, ...], axes: Sequence[int], dtype: Any) -> Graph:
    x, y = (param(i, ArrayType(shape, dtype)) for i in range(2))
    value = make(OPS["lor" if dtype == BOOL else "sub"], x, y)
    return make_graph("f", [x, y], [reduced(op, value, axes)], Stage.TRACED)


@st.composite
def cases(draw: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    shape = draw(
        st.lists(st.sampled_from((1, 2, 3, 7, 16, 70)), min_size=2, max_size=3)
    )
    axes = [a for a in range(len(shape)) if draw(st.booleans())] or [len(shape) - 1]
    return tuple(shape), tuple(axes)


@given(cases(), st.sampled_from(NUMERIC), st.sampled_from(("f32", "f64", "i32")), seeds)
def test_tiers_agree(case: Any, op: str, dtype: str, seed: int) -> None:
    shape, axes = case
    graph = graph_of(op, shape, axes[-1:] if op in LIBRARY else axes, DTYPES[dtype])
    arrays = arrays_for(graph, seed)
    (found,), (other,) = plan(graph).run(arrays), interpret(graph, arrays, plan)
    np.testing.assert_array_equal(found, other)
    if op not in ("sum", "prod") or dtype == "i32":
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(found, evaluate_graph(graph, arrays)[0])


@given(cases(), st.sampled_from(("sum", "prod")), st.sampled_from(("f32", "f64")))
def test_sums_and_products(case: Any, op: str, dtype: str) -> None:
    shape, axes = case
    graph = graph_of(op, shape, axes[-1:], DTYPES[dtype])
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(a, a + 0.2, shape).astype(DTYPES[dtype]) for a in (1.9, 0.9)]
    (found,) = plan(graph).run(arrays)
    np.testing.assert_allclose(found, evaluate_graph(graph, arrays)[0], rtol=2e-4)


@pytest.mark.parametrize("op", ["any", "all"])
def test_truth(op: str) -> None:
    graph = graph_of(op, (70, 3), (1,), BOOL)
    arrays = arrays_for(graph, 1)
    np.testing.assert_array_equal(
        plan(graph).run(arrays), evaluate_graph(graph, arrays)
    )


@pytest.mark.parametrize("op", LIBRARY)
def test_the_first_nan_is_the_extreme(op: str) -> None:
    x = np.zeros((64, 4))
    x[1:, 2] = x[1:, 3] = np.nan
    x[2, 1] = np.inf if op == "argmax" else -np.inf
    node = param(0, ArrayType(x.shape, x.dtype))
    graph = make_graph("f", [node], [reduced(op, node, (1,))])
    assert plan(graph).run([x])[0].tolist() == [0] + [2] * 63


def test_sums_of_negative_zeros_are_zeros() -> None:
    x = np.full((64, 3), -0.0)
    node = param(0, ArrayType(x.shape, x.dtype))
    graph = make_graph("f", [node], [reduced("sum", node, (1,))])
    assert not np.signbit(plan(graph).run([x])[0]).any()


@pytest.mark.parametrize("shape", [(63, 3), (64, 17), (3,), (64, 1)])
def test_others_stay(shape: tuple[int, ...]) -> None:
    graph = graph_of("sum", shape, (len(shape) - 1,), DTYPES["f64"])
    assert ShortReductions()(graph, LAPTOP) is graph


@given(cases(), st.sampled_from(NUMERIC))
def test_nothing_short_is_left(case: Any, op: str) -> None:
    shape, axes = case
    if prod(shape) == 0:
        return
    graph = graph_of(op, shape, axes[-1:] if op in LIBRARY else axes, DTYPES["f64"])
    simplified = make_graph("f", graph.params, graph.outputs, Stage.SIMPLIFIED)
    result = ShortReductions()(simplified, LAPTOP)
    verify(result, by="ShortReductions")
    assert not any(map(is_short, result.nodes()))


def kernels(function: Any, *arguments: Any) -> int:
    graph = plan(ld.jit(function).trace(*arguments)).graphs[-1]
    return sum(node.op is OPS["kernel"] for node in graph.nodes())


def test_distances_never_reach_memory() -> None:
    points, centres = np.ones((1000, 3)), np.ones((7, 3))

    def nearest(points: Any, centres: Any) -> Any:
        square = ((points[:, None, :] - centres) ** 2).sum(axis=2)
        return ld.argmin(square, axis=1)

    assert kernels(nearest, points, centres) == 1


def test_costly_values_are_computed_once() -> None:
    """The exponentials are wanted by a sum and by a quotient."""

    def softmax(x: Any) -> Any:
        e = ld.exp(x)
        return e / ld.sum(e, axis=1, keepdims=True)

    graph = plan(ld.jit(softmax).trace(np.ones((100, 4)))).graphs[-1]
    bodies = [n.attrs.body for n in graph.nodes() if n.op is OPS["kernel"]]
    exps = [n for body in bodies for n in body.nodes() if n.op is OPS["exp"]]
    assert len(exps) == 1
    assert all(n.op.kind is not Kind.REDUCTION for b in bodies for n in b.nodes())

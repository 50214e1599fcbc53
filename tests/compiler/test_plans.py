"""Plans against the oracle: whatever passes did, the values are those of the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lazydag.compiler import (
    evaluate,
    get_num_threads,
    layout_of,
    plan,
    set_num_threads,
)
from lazydag.compiler.interpret import interpret
from lazydag.ir.attrs import ReduceAttrs, ShapeAttrs
from lazydag.ir.graph import Graph, make_graph, param
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.types import DTYPES, F64, ArrayType
from lazydag.passes.rules.match import EXACT, is_exact
from tests.strategies import arrays_for, graphs, seeds, shapes

Array = NDArray[Any]

INEXACT = tuple(
    op.name
    for op in OPS.values()
    if op.kind is Kind.ELEMENTWISE and op not in EXACT and op.name != "call"
)
ALL_KINDS = tuple(kind for kind in Kind if kind is not Kind.GROUP)


def assert_same_bits(found: Sequence[Array], wanted: Sequence[Array]) -> None:
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        # Equal, and of one sign where they are zeros; any NaN is like another.
        np.testing.assert_array_equal(a, b)
        if a.dtype.kind == "f":
            numbers = ~np.isnan(a)
            np.testing.assert_array_equal(
                np.signbit(a)[numbers], np.signbit(b)[numbers]
            )


@given(
    graphs(kinds=(Kind.ELEMENTWISE, Kind.MOVEMENT, Kind.SOURCE), without=INEXACT),
    seeds,
)
def test_exact_ops_have_the_bits_of_numpy(graph: Graph, seed: int) -> None:
    assume(all(n.op not in EXACT or is_exact(n) for n in graph.nodes()))
    arrays = arrays_for(graph, seed)
    assert_same_bits(plan(graph).run(arrays), evaluate_graph(graph, arrays))


@given(graphs(kinds=ALL_KINDS), seeds)
def test_tiers_give_the_same_bits(graph: Graph, seed: int) -> None:
    arrays = arrays_for(graph, seed)
    assert_same_bits(interpret(graph, arrays, plan), plan(graph).run(arrays))


@given(graphs(kinds=ALL_KINDS), seeds, st.data())
def test_layouts_give_the_same_bits(graph: Graph, seed: int, data: Any) -> None:
    arrays = arrays_for(graph, seed)
    spread = [_relaid(a, data.draw(st.integers(0, 3), label="layout")) for a in arrays]
    layouts = [layout_of(a) for a in spread]
    assert_same_bits(plan(graph, layouts).run(spread), plan(graph).run(arrays))


def _relaid(array: Array, how: int) -> Array:
    """Return an equal array that lies otherwise in memory."""
    if how == 0 or not array.ndim:
        return array
    if how == 1:
        return np.asfortranarray(array)
    wide = np.zeros(tuple(2 * n for n in array.shape), array.dtype)
    view = wide[(slice(None, None, 2 if how == 2 else -2),) * array.ndim]
    view[...] = array
    return view


@given(graphs(kinds=ALL_KINDS), seeds)
def test_arguments_are_left_alone(graph: Graph, seed: int) -> None:
    arrays = arrays_for(graph, seed)
    before = [a.copy() for a in arrays]
    results = evaluate(graph, arrays)
    for result in results:
        result[...] = np.zeros((), result.dtype)
    assert_same_bits(arrays, before)


def _statistics(shape: tuple[int, ...]) -> Graph:
    """Return a program with maps and reductions of every kind over two arrays."""
    x, y = (param(i, ArrayType(shape, F64)) for i in range(2))
    gap = make(OPS["sub"], x, y)
    wave = make(OPS["exp"], make(OPS["sin"], gap))
    outputs: list[Node] = [wave]
    for axes in ((0,), (len(shape) - 1,), tuple(range(len(shape)))):
        outputs += [
            make(OPS[name], wave, attrs=ReduceAttrs(axes))
            for name in ("sum", "prod", "amin", "amax", "m2")
        ]
    return make_graph("statistics", [x, y], outputs)


@pytest.mark.parametrize("shape", [(3_000_001,), (1500, 2003), (2003, 3, 501)])
def test_threads_give_the_same_bits(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(5)
    arrays = [rng.normal(size=shape) for _ in range(2)]
    graph = _statistics(shape)
    threads = get_num_threads()
    try:
        set_num_threads(1)
        alone = plan(graph).run(arrays)
        for count in (2, 3):
            set_num_threads(count)
            assert_same_bits(plan(graph).run(arrays), alone)
    finally:
        set_num_threads(threads)


@settings(max_examples=30)
@given(shapes(max_ndim=2, max_extent=3000, min_extent=1), seeds)
def test_reductions_are_as_accurate_as_numpys(
    shape: tuple[int, ...], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = np.asarray(rng.normal(size=shape) * 10.0 ** rng.integers(-4, 5))
    x = param(0, ArrayType(shape, F64))
    axes = tuple(range(len(shape)))
    graph = make_graph("sum", [x], [make(OPS["sum"], x, attrs=ReduceAttrs(axes))])
    exact = np.sum(values.astype(np.longdouble))
    bound = 4 * np.finfo(float).eps * np.sum(np.abs(values)) + abs(exact) * 2e-16
    assert abs(plan(graph).run([values])[0] - exact) <= bound


def test_a_graph_of_no_work_returns_fresh_arrays() -> None:
    x = param(0, ArrayType((3,), F64))
    flat = make(OPS["reshape"], x, attrs=ShapeAttrs((3, 1)))
    graph = make_graph("same", [x], [x, x, flat])
    given_array = np.arange(3.0)
    for run in (plan(graph).run([given_array]), evaluate(graph, [given_array])):
        assert all(np.array_equal(r.ravel(), given_array) for r in run)
        assert not any(np.shares_memory(r, given_array) for r in run)
        assert not np.shares_memory(run[0], run[1])


def test_every_dtype_passes_through() -> None:
    for dtype in DTYPES.values():
        x = param(0, ArrayType((5,), dtype))
        graph = make_graph("copy", [x], [make(OPS["eq"], x, x), x])
        array = np.arange(5).astype(dtype)
        assert_same_bits(plan(graph).run([array]), [np.ones(5, bool), array])

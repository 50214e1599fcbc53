"""Views of movement ops lie where NumPy's views of the same arrays do."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.compiler.views import contiguous_strides, moved
from lazydag.ir.graph import topological
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.text import parse
from lazydag.runtime import View, address_of
from tests.compiler.layouts import any_layout
from tests.strategies import arrays_for, graphs, seeds


def view_of(array: np.ndarray) -> View:
    """The view of an array on a slot that begins at its first element."""
    return View(0, array.dtype, array.shape, array.strides)


def assert_same_memory(view: View, array: np.ndarray, base: int) -> None:
    """Assert that a view is NumPy's: the address and all strides that matter."""
    assert view.shape == array.shape
    assert view.dtype == array.dtype
    if not array.size:
        return
    assert view.offset == address_of(array) - base
    each = zip(view.shape, view.strides, array.strides, strict=True)
    assert all(mine == theirs for n, mine, theirs in each if n > 1)


def numpy_view(node, array):
    """Return NumPy's view, or None if it would have to copy."""
    if node.op is OPS["reshape"]:
        try:
            return np.reshape(array, node.attrs.shape, copy=False)
        except ValueError:
            return None
    return node.op.evaluate(node.attrs, array)


@settings(max_examples=300)
@given(graphs(kinds=(Kind.MOVEMENT,), max_nodes=8, max_params=1), seeds)
def test_views_are_those_of_numpy(graph, seed):
    (plain,) = arrays_for(graph, seed)
    array = any_layout(plain, np.random.default_rng(seed))
    base = address_of(array)
    views = {graph.params[0]: (view_of(array), array)}
    for node in topological(graph.outputs):
        if node.op.kind is not Kind.MOVEMENT:
            continue
        view, before = views[node.srcs[0]]
        mine, theirs = moved(node, view), numpy_view(node, before)
        assert (mine is None) is (theirs is None)
        if mine is None:
            # Both go on from a copy.
            theirs = node.op.evaluate(node.attrs, before).copy()
            offset = address_of(theirs) - base
            mine = replace(view_of(theirs), offset=offset)
        assert_same_memory(mine, theirs, base)
        views[node] = mine, theirs


@given(st.lists(st.integers(0, 5), max_size=4).map(tuple))
def test_contiguous_strides(shape):
    array = np.empty(shape, np.float32)
    mine = contiguous_strides(shape, array.dtype)
    each = zip(shape, mine, array.strides, strict=True)
    assert not array.size or all(a == b for n, a, b in each if n > 1)


def only(text: str):
    """Return the one output of a graph."""
    (node,) = parse(text).outputs
    return node


@pytest.mark.parametrize("strides", [(8, 32), (32, -8), (64, 8), (0, 8)])
def test_a_reshape_of_what_has_gaps_is_no_view(strides):
    node = only(
        """graph @f(%x: f64[3,4])  stage=traced
             %0: f64[12] = reshape %x
             return %0"""
    )
    assert moved(node, View(0, np.dtype("f8"), (3, 4), strides)) is None


def test_a_slice_from_behind_begins_at_the_end():
    node = only(
        """graph @f(%x: f64[10])  stage=traced
             %0: f64[3] = slice[9:2:-3] %x
             return %0"""
    )
    view = moved(node, View(0, np.dtype("f8"), (10,), (8,)))
    assert (view.offset, view.strides) == (72, (-24,))
    assert view.span() == (24, 80)


def test_strides_of_nothing_may_be_huge():
    step = 1 << 60
    none = ld.jit(lambda x: x[0:0:step].reshape(-1, 1) + 1)(np.zeros(0, np.int64))
    assert np.asarray(none).shape == (0, 1)

"""Philox in kernels: known answers, and the bits of the reference everywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag import compiler
from lazydag.ir.graph import make_graph
from lazydag.ir.philox import philox, word
from tests.ir.philox_vectors import columns, node

LAST = 2**64 - 1


def run(position, stream, key):
    params, output = node(position.shape)
    arrays = [position, stream, key]
    graph = make_graph("f", params, [output])
    plan = compiler.plan(graph, [compiler.layout_of(a) for a in arrays])
    return plan.run(arrays)[0]


def test_known_answers():
    block, stream, key, low, high = (np.ascontiguousarray(c) for c in columns())
    is_known = block < 2**63  # the number of a block is half of a position
    position = (block * np.uint64(2))[is_known]
    which = stream[is_known], key[is_known]
    np.testing.assert_array_equal(run(position, *which), low[is_known])
    np.testing.assert_array_equal(run(position + np.uint64(1), *which), high[is_known])


@pytest.mark.parametrize("size", [1, 7, 8, 1000])
def test_bits_of_the_reference_at_any_positions(size):
    rng = np.random.default_rng(size)
    operands = [rng.integers(2**64, size=size, dtype=np.uint64) for _ in range(3)]
    np.testing.assert_array_equal(run(*operands), word(None, *operands))


@given(
    first=st.integers(0, 100) | st.integers(LAST - 100, LAST) | st.integers(0, LAST),
    steps=st.lists(st.integers(-3, 40), min_size=1, max_size=8),
    size=st.integers(1, 300),
    change=st.integers(0, 299),
)
@settings(max_examples=60, deadline=None)
def test_bits_of_the_reference_at_neighbouring_positions(first, steps, size, change):
    """What the kernel keeps serves the positions that it is of, and no others."""
    away = np.cumsum(np.resize(steps, size)).astype(np.uint64)
    position = np.uint64(first) + away
    for at, other in ((1, 5), (change, LAST)):
        stream, key = np.full(size, 3, np.uint64), np.full(size, 4, np.uint64)
        stream[change:] = other
        key[at:] = other
        want = word(None, position, stream, key)
        np.testing.assert_array_equal(run(position, stream, key), want)


def test_blocks_in_kernels_are_those_of_numpy():
    count = np.arange(999, dtype=np.uint64)
    which = np.full(999, 17, np.uint64), np.full(999, 18, np.uint64)
    low, high = philox(count, *which)
    np.testing.assert_array_equal(run(2 * count, *which), low)
    np.testing.assert_array_equal(run(2 * count + 1, *which), high)

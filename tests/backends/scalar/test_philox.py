"""Philox in kernels: known answers, and the bits of the reference everywhere."""

import numpy as np
import pytest

from lazydag import compiler
from lazydag.ir.graph import make_graph
from lazydag.ir.philox import philox
from tests.ir.philox_vectors import columns, nodes


def run(block, stream, key):
    graph = make_graph("f", *nodes(block.shape))
    arrays = [block, stream, key]
    plan = compiler.plan(graph, [compiler.layout_of(a) for a in arrays])
    return plan.run(arrays)


def test_known_answers():
    *operands, low, high = (np.ascontiguousarray(c) for c in columns())
    np.testing.assert_array_equal(run(*operands), (low, high))


@pytest.mark.parametrize("size", [1, 7, 8, 1000])
def test_bits_of_the_reference(size):
    rng = np.random.default_rng(size)
    operands = [rng.integers(2**64, size=size, dtype=np.uint64) for _ in range(3)]
    np.testing.assert_array_equal(run(*operands), philox(*operands))

"""Philox 4x32-10 against the vectors that its authors publish."""

import numpy as np

from lazydag.ir.graph import make_graph
from lazydag.ir.philox import philox
from lazydag.ir.text import dump, parse
from tests.ir.philox_vectors import columns, node


def test_known_answers():
    *operands, low, high = columns()
    found = philox(*operands)
    np.testing.assert_array_equal(found, (low, high))


def test_ops_are_printed_and_parsed():
    params, output = node((4,))
    graph = make_graph("f", params, [output])
    assert parse(dump(graph)) is graph

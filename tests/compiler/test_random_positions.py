"""Random graphs of gathers, scatters, writes and sums: plans give what NumPy gives.

Many values are read after others were written over them, in place if that is allowed.
"""

import random

import numpy as np
import pytest

from lazydag.compiler.cache import plan
from lazydag.ir.attrs import GatherAttrs, ScatterAttrs, SliceAttrs
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import Node, const, make
from lazydag.ir.ops import OPS
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.types import F64, I64, ArrayType
from lazydag.passes.regions import whole
from lazydag.passes.rules.match import spread

PLACES = [((0,), 0), ((1,), 0), ((1,), 1), ((0, 1), 0)]


class Maker:
    """Makes values of one shape of each other."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.shape = self.draw.randint(1, 6), self.draw.randint(1, 20)
        self.count = self.draw.randint(1, 9)
        types = [ArrayType(self.shape, F64)] * 2 + [ArrayType((self.count,), I64)] * 2
        self.params = [param(slot, type_) for slot, type_ in enumerate(types)]
        self.values = [*self.params[:2], spread(const(2.0, F64), self.shape)]

    def step(self) -> None:
        """Make one more."""
        way = self.draw.choice([self.sum, self.turn, self.write, *[self.scatter] * 3])
        base, other = self.draw.choice(self.values), self.draw.choice(self.values)
        self.values.append(way(base, other))

    def sum(self, base: Node, other: Node) -> Node:
        return make(OPS["add"], base, other)

    def turn(self, base: Node, _other: Node) -> Node:
        attrs = SliceAttrs((self.shape[0] - 1, 0), self.shape, (-1, 1))
        return make(OPS["slice"], base, attrs=attrs)

    def write(self, base: Node, other: Node) -> Node:
        value = make(OPS["slice"], other, attrs=self.columns())
        return make(OPS["write"], base, value, attrs=self.columns(value.type.shape[1]))

    def columns(self, count: int = 0) -> SliceAttrs:
        rows, extent = self.shape
        count = count or self.draw.randint(1, extent)
        first = self.draw.randint(0, extent - count)
        return SliceAttrs((0, first), (rows, count), (1, 1))

    def scatter(self, base: Node, other: Node) -> Node:
        axes, at = self.draw.choice(PLACES)
        region = self.draw.choice([whole(self.shape), self.columns()])
        extents = [spread(const(region.counts[a], I64), (self.count,)) for a in axes]
        each = zip(self.params[2:], extents, strict=False)
        where = [make(OPS["mod"], i, n) for i, n in each]
        part = make(OPS["slice"], other, attrs=region)
        value = make(OPS["gather"], part, *where, attrs=GatherAttrs(axes, at))
        if self.draw.random() < 0.2:
            value = spread(const(1.5, F64), value.type.shape)
        how = self.draw.choice(["set", "add", "maximum", "subtract"])
        attrs = ScatterAttrs(region, axes, at, how)
        return make(OPS["scatter"], base, value, *where, attrs=attrs)


@pytest.mark.parametrize("seed", range(60))
def test_plans_give_what_numpy_gives(seed: int) -> None:
    maker, rng = Maker(seed), np.random.default_rng(seed)
    for _ in range(maker.draw.randint(2, 9)):
        maker.step()
    outputs = maker.draw.sample(maker.values[3:], maker.draw.randint(1, 2))
    graph = make_graph("positions", maker.params, outputs)
    arrays = [rng.integers(-9, 9, maker.shape).astype(float) for _ in range(2)]
    arrays += [rng.integers(-50, 50, maker.count) for _ in range(2)]
    before = [array.copy() for array in arrays]
    wanted = evaluate_graph(graph, arrays)
    planned = plan(graph)
    for _ in range(2):
        for found, want in zip(planned.run(arrays), wanted, strict=True):
            np.testing.assert_array_equal(found, want)
    for array, old in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, old)

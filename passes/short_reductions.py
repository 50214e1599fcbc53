"""Reductions over a few elements each: written out, element by element.

``((x[:, None] - y) ** 2).sum(axis=-1)`` over points in space has three elements in each
sum. Reducing them one sum after the other takes longer than computing them. As three
slices, added up, they are elementwise, fuse with what is before and behind, and never
reach memory. Whether a reduction is written out follows from its shape alone, as the
order of additions does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from math import prod

from lazydag.cost.target import Target
from lazydag.ir.attrs import (
    ArgReduceAttrs,
    ReduceAttrs,
    ShapeAttrs,
    SliceAttrs,
)
from lazydag.ir.graph import Graph, Note, evolve, rebuild, with_sources
from lazydag.ir.node import Node, const, is_fusable, make
from lazydag.ir.ops import OPS
from lazydag.ir.rewrite import rewrite
from lazydag.ir.types import I64
from lazydag.passes.push_views import push_views
from lazydag.passes.rules.match import splat, spread
from lazydag.passes.simplify import OVERWRITING_RULES

#: Most elements in one reduction that is written out, and fewest of such reductions.
MAX_COUNT = 16
MIN_RESULTS = 64
#: Most operations that a reduction is written out to.
MAX_OPS = 400
#: What costs more additions is computed once, wherever else it is wanted.
MAX_FLOPS = 6

Index = tuple[int, ...]

_JOINED = {
    "sum": OPS["add"],
    "prod": OPS["mul"],
    "amin": OPS["minimum"],
    "amax": OPS["maximum"],
    "any": OPS["lor"],
    "all": OPS["land"],
}
_BETTER = {"argmin": OPS["lt"], "argmax": OPS["gt"]}
_BROADCAST, _RESHAPE, _SLICE = OPS["broadcast"], OPS["reshape"], OPS["slice"]
_WHERE = OPS["where"]


@dataclass(frozen=True, slots=True)
class ShortReductions:
    """Write reductions over few elements each as elementwise ops on slices."""

    def __call__(self, graph: Graph, target: Target) -> Graph:
        """Return `graph`, still SIMPLIFIED, without short reductions."""
        del target
        if not any(map(is_short, graph.nodes())):
            return graph
        count = 0

        def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
            nonlocal count
            new = with_sources(node, srcs)
            if not is_short(new):
                return new
            count += 1
            return written_out(new)

        outputs, _ = push_views(rebuild(graph.outputs, visit))
        outputs, _ = rewrite(outputs, OVERWRITING_RULES)
        reason = f"{count} reduction{'s' * (count != 1)} of few elements written out"
        note = Note("short_reductions", graph.name, reason)
        return evolve(graph, outputs, graph.stage, [note])


def is_short(node: Node) -> bool:
    """Tell whether a node is a reduction that is written out."""
    if node.op.name not in _JOINED and node.op.name not in _BETTER:
        return False
    if node.srcs[0].type.is_complex:
        return False
    count = prod(node.srcs[0].type.sizes[a] for a in _axes(node))
    return 1 < count <= MAX_COUNT and bool(node.type.size >= MIN_RESULTS)


def _axes(node: Node) -> tuple[int, ...]:
    if isinstance(node.attrs, ArgReduceAttrs):
        return (node.attrs.axis,)
    assert isinstance(node.attrs, ReduceAttrs)
    return node.attrs.axes


def written_out(node: Node) -> Node:
    """Return the elementwise value of a short reduction."""
    x, axes = node.srcs[0], _axes(node)
    taker = _Taker(axes, MAX_OPS // prod(x.type.sizes[a] for a in axes))
    whole = product(*(range(x.type.sizes[a]) for a in axes))
    parts = [taker.taken(x, index) for index in whole]
    if node.op.name in _BETTER:
        return _best(node, parts)
    op = _JOINED[node.op.name]
    joined = joined_in_pairs(parts, lambda a, b: make(op, a, b, source=node.source))
    if node.op.name == "sum" and x.type.dtype.kind == "f":
        # As sums that are not written out, which begin at 0.0.
        zero = spread(const(0, x.type.dtype), node.type.shape)
        joined = make(OPS["add"], joined, zero, source=node.source)
    return joined


def joined_in_pairs(parts: list[Node], join: Callable[[Node, Node], Node]) -> Node:
    """Return what joining neighbours gives, again and again, until one is left."""
    while len(parts) > 1:
        odd = parts[len(parts) & ~1 :]
        pairs = zip(parts[::2], parts[1::2], strict=False)
        parts = [*(join(a, b) for a, b in pairs), *odd]
    return parts[0]


def _best(node: Node, parts: list[Node]) -> Node:
    """Return the position of the first of the extreme elements, or of the first NaN."""
    shape, line = node.type.shape, node.source
    best, position = parts[0], spread(const(0, I64), shape)
    for number, part in enumerate(parts[1:], 1):
        is_better = make(_BETTER[node.op.name], part, best, source=line)
        if part.type.dtype.kind == "f":
            is_nan = make(OPS["isnan"], part, source=line)
            is_first = make(OPS["eq"], best, best, source=line)
            first = make(OPS["land"], is_nan, is_first, source=line)
            is_better = make(OPS["lor"], is_better, first, source=line)
        best = make(_WHERE, is_better, part, best, source=line)
        here = spread(const(number, I64), shape)
        position = make(_WHERE, is_better, here, position, source=line)
    return position


@dataclass(slots=True)
class _Taker:
    """Takes one element along some axes, of inputs rather than of what is computed.

    Parameters
    ----------
    axes : tuple of int
        Which axes go.
    most : int
        Most operations to repeat for one element.
    """

    axes: tuple[int, ...]
    most: int
    _known: dict[tuple[Node, Index], Node] = field(default_factory=dict)
    _is_cheap: dict[Node, bool] = field(default_factory=dict)

    def taken(self, x: Node, index: Index) -> Node:
        """Return the elements of `x` at `index` of the axes, which go."""
        if not self._can_repeat(x):
            return self._sliced(x, self.axes, index)
        found = self._known.get((x, index))
        if found is None:
            found = self._known[x, index] = self._repeated(x, index)
        return found

    def _can_repeat(self, x: Node) -> bool:
        """Tell whether all that `x` is computed by is cheap and little."""
        known = self._is_cheap.get(x)
        if known is None:
            seen: set[Node] = set()
            stack = [x]
            known = True
            while stack and known:
                node = stack.pop()
                if node not in seen and is_fusable(node):
                    seen.add(node)
                    stack += node.srcs
                    known = node.op.flops <= MAX_FLOPS and len(seen) <= self.most
            self._is_cheap[x] = known
        return known

    def _repeated(self, x: Node, index: Index) -> Node:
        constant = splat(x)
        if constant is not None:
            return spread(constant, self._rest(x))
        if is_fusable(x):
            srcs = tuple([self.taken(s, index) for s in x.srcs])
            return make(x.op, *srcs, attrs=x.attrs, source=x.source)
        if x.op is _BROADCAST:
            return self._of_source(x, index)
        return self._sliced(x, self.axes, index)

    def _of_source(self, x: Node, index: Index) -> Node:
        """Return a broadcast of what is taken of the source: where it is no copy."""
        source = x.srcs[0]
        added = x.type.ndim - source.type.ndim
        pairs = [
            (axis - added, i if source.type.shape[axis - added] > 1 else 0)
            for axis, i in zip(self.axes, index, strict=True)
            if axis >= added
        ]
        own = tuple(axis for axis, _ in pairs)
        part = self._sliced(source, own, tuple(i for _, i in pairs))
        rest = self._rest(x)
        return make(_BROADCAST, part, attrs=ShapeAttrs(rest), source=x.source)

    def _rest(self, x: Node) -> tuple[int, ...]:
        shape: tuple[int, ...] = x.type.sizes
        return tuple(n for axis, n in enumerate(shape) if axis not in self.axes)

    @staticmethod
    def _sliced(x: Node, axes: tuple[int, ...], index: Index) -> Node:
        """Return a view of `x` at `index` of `axes`, which go."""
        if not axes:
            return x
        place = dict(zip(axes, index, strict=True))
        shape = x.type.sizes
        attrs = SliceAttrs(
            tuple(place.get(a, 0) for a in range(len(shape))),
            tuple(1 if a in place else n for a, n in enumerate(shape)),
            (1,) * len(shape),
        )
        part = make(_SLICE, x, attrs=attrs, source=x.source)
        rest = tuple(n for a, n in enumerate(shape) if a not in place)
        return make(_RESHAPE, part, attrs=ShapeAttrs(rest), source=x.source)

"""Making a loop of repeated parts: its body is one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lazydag.ir.attrs import (
    FunctionAttrs,
    GatherAttrs,
    LoopAttrs,
    ShapeAttrs,
    SliceAttrs,
    TransposeAttrs,
)
from lazydag.ir.graph import Graph, make_graph, param
from lazydag.ir.node import Node, array_type, const, make, with_sources
from lazydag.ir.ops import OPS
from lazydag.ir.source import lines_of
from lazydag.ir.types import I64, ArrayType, dtype_name
from lazydag.passes.reroll.listing import Listing
from lazydag.passes.reroll.steps import Carry, Steps
from lazydag.passes.rules.match import splat, spread

_LOOP, _FUNCTION = OPS["loop"], OPS["function"]
_SLICE, _TRANSPOSE, _RESHAPE = OPS["slice"], OPS["transpose"], OPS["reshape"]
_BROADCAST = OPS["broadcast"]


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop in place of nodes.

    Parameters
    ----------
    name, lines : str
        What it is called, and the user's lines.
    results : dict of Node to Node
        What stands for nodes of the parts that others use, over old nodes.
    """

    name: str
    lines: str
    steps: Steps
    results: dict[Node, Node]


def make_loop(graph: Graph, listing: Listing, steps: Steps, number: int) -> Loop:
    """Return the loop of some steps."""
    wanted: dict[int, Carry] = {}
    for position in listing.used_behind(steps.start, steps.stop).tolist():
        part, place = divmod(position - steps.start, steps.period)
        wanted[position] = place, steps.count - part
    nodes = listing.order[steps.start : steps.start + steps.period]
    lines = lines_of(node.source for node in nodes)
    making = _Making(listing, steps, f"{graph.scope}>repeat{number}")
    carries = making.carries(wanted)
    body, srcs = making.body(carries)
    stacks = list(steps.stacked)
    results = {}
    for position, carry in wanted.items():
        node, place = listing.order[position], carry[0]
        is_stack = place in steps.stacked
        at = len(carries) + stacks.index(place) if is_stack else carries.index(carry)
        attrs = LoopAttrs(body, len(carries), making.rows, steps.count, output=at)
        found = make(_LOOP, *srcs, attrs=attrs, source=node.source)
        results[node] = making.written(place, found) if is_stack else found
    return Loop(body.name, lines, steps, results)


@dataclass(slots=True)
class _Making:
    """A loop while it is made.

    Parameters
    ----------
    scope : str
        What the parameters of the body belong to.
    srcs : list of Node
        The sources of the loop so far.
    params : list of Node
        The parameters of the body so far.
    rows : int
        How many sources are cut into rows.
    first : dict of Carry to Node
        What is carried before the first step.
    """

    listing: Listing
    steps: Steps
    scope: str
    srcs: list[Node] = field(default_factory=list)
    params: list[Node] = field(default_factory=list)
    rows: int = 0
    first: dict[Carry, Node] = field(default_factory=dict)

    def carries(self, wanted: dict[int, Carry]) -> list[Carry]:
        """Return what is carried, all ages, and find the first values."""
        steps, listing = self.steps, self.listing
        oldest: dict[int, int] = {}
        for place, age in (*steps.carried.values(), *wanted.values()):
            if place in steps.stacked:
                continue
            oldest[place] = max(age, oldest.get(place, 0))
        found = [(p, a) for p in sorted(oldest) for a in range(1, oldest[p] + 1)]
        for place, age in found:
            at = steps.first.get((place, age))
            node = listing.order[steps.start + place if at is None else at]
            # Nothing reads what is only wanted at the end before it is made.
            self.first[place, age] = node if at is not None else _zeros(node)
        return found

    def body(self, carries: Sequence[Carry]) -> tuple[Graph, list[Node]]:
        """Return the body, and the sources of the loop."""
        steps, listing = self.steps, self.listing
        self.params.append(param(0, ArrayType((), I64), scope=self.scope))
        now = {carry: self._param(self.first[carry]) for carry in carries}
        tables = {
            tuple(places): self._table(places) for places in steps.tables.values()
        }
        moving = {place: self._row(place) for place in steps.moving}
        outside = {
            at: self._param(listing.order[at])
            for at in dict.fromkeys(self._outside_columns())
            if splat(listing.order[at]) is None
        }
        inside: list[Node] = []
        stacks: list[Node] = []
        start = steps.start
        for place in range(steps.period):
            node = listing.order[start + place]
            if place in moving:
                inside.append(moving[place])
                continue
            srcs = []
            begin = int(listing.begins[start + place] - listing.begins[start])
            is_stack = place in steps.stacked
            for column in range(begin + is_stack, begin + len(node.srcs)):
                if column in steps.inside:
                    srcs.append(inside[steps.inside[column]])
                elif column in steps.carried:
                    srcs.append(now[steps.carried[column]])
                elif column in steps.tables:
                    srcs.append(tables[tuple(steps.tables[column])])
                else:
                    at = steps.outside[column]
                    srcs.append(outside.get(at, listing.order[at]))
            if is_stack:
                stacks.append(_without_axis(srcs[0], steps.stacked[place]))
            if place in steps.looked_up:
                inside.append(self._looked_up(place, srcs[0]))
            else:
                inside.append(node if is_stack else with_sources(node, tuple(srcs)))
        outputs = [
            inside[place] if age == 1 else now[place, age - 1] for place, age in carries
        ]
        return make_graph("repeat", self.params, [*outputs, *stacks]), self.srcs

    def written(self, place: int, stack: Node) -> Node:
        """Return what has been written, row after row, from the stack of the rows."""
        steps, order = self.steps, self.listing.order
        node, axis = order[steps.start + place], steps.stacked[place]
        region = self._all_rows(place)
        ndim = len(region.counts)
        turned = (*range(1, axis + 1), 0, *range(axis + 1, ndim))
        if axis:
            stack = make(_TRANSPOSE, stack, attrs=TransposeAttrs(turned))
        base = order[steps.first[place, 1]]
        return make(node.op, base, stack, attrs=region, source=node.source)

    def _all_rows(self, place: int) -> SliceAttrs:
        """Return the region of the rows of all parts together."""
        steps, order = self.steps, self.listing.order
        axis = (steps.moving | steps.looked_up | steps.stacked)[place]
        first = order[steps.start + place].attrs
        second = order[steps.start + place + steps.period].attrs
        assert isinstance(first, SliceAttrs)
        assert isinstance(second, SliceAttrs)
        stride = second.starts[axis] - first.starts[axis]
        counts = _with(first.counts, axis, steps.count)
        return SliceAttrs(first.starts, counts, _with(first.steps, axis, stride))

    def _looked_up(self, place: int, src: Node) -> Node:
        """Return the row of a value that the number of the step says."""
        axis, rows = self.steps.looked_up[place], self._all_rows(place)
        sizes = array_type(src).sizes
        starts = _with(rows.starts, axis, 0)
        counts = _with(rows.counts, axis, sizes[axis])
        strides = _with(rows.steps, axis, 1)
        if counts != sizes:
            attrs = SliceAttrs(starts, counts, strides)
            src = make(_SLICE, src, attrs=attrs, source=src.source)
        number = make(OPS["mul"], self.params[0], const(rows.steps[axis], I64))
        number = make(OPS["add"], number, const(rows.starts[axis], I64))
        number = make(_RESHAPE, number, attrs=ShapeAttrs((1,)))
        node = self.listing.order[self.steps.start + place]
        at = GatherAttrs((axis,), axis)
        return make(OPS["gather"], src, number, attrs=at, source=node.source)

    def _outside_columns(self) -> list[int]:
        """Return what parts read from outside, but for what is read as rows."""
        steps, begins = self.steps, self.listing.begins
        rows = {
            int(begins[steps.start + place] - begins[steps.start])
            for place in steps.moving
        }
        return [at for column, at in steps.outside.items() if column not in rows]

    def _param(self, src: Node, type_: ArrayType | None = None) -> Node:
        """Add a source of the loop, and return the parameter for it."""
        wanted = array_type(src) if type_ is None else type_
        self.srcs.append(src)
        self.params.append(param(len(self.params), wanted, scope=self.scope))
        return self.params[-1]

    def _table(self, places: Sequence[int]) -> Node:
        """Return what stands for constants that differ from part to part."""
        nodes = [self.listing.order[place] for place in places]
        type_ = array_type(nodes[0])
        data = b"".join(_bytes_of(node) for node in nodes)
        options = (("data", data.hex()), ("dtype", dtype_name(type_.dtype)))
        table = make(_FUNCTION, attrs=FunctionAttrs("table", options))
        self.rows += 1
        value = self._param(table, ArrayType((), type_.dtype))
        if not type_.shape:
            return value
        return make(_BROADCAST, value, attrs=ShapeAttrs(type_.sizes))

    def _row(self, place: int) -> Node:
        """Return what stands for slices that are one row after the other."""
        steps = self.steps
        node, axis = self.listing.order[steps.start + place], steps.moving[place]
        attrs = self._all_rows(place)
        counts = attrs.counts
        rows = make(_SLICE, node.srcs[0], attrs=attrs, source=node.source)
        order = (axis, *(a for a in range(len(counts)) if a != axis))
        if axis:
            rows = make(_TRANSPOSE, rows, attrs=TransposeAttrs(order))
        self.rows += 1
        type_ = array_type(rows)
        value = self._param(rows, ArrayType(type_.shape[1:], type_.dtype))
        shape = ShapeAttrs(array_type(node).sizes)
        return make(_RESHAPE, value, attrs=shape, source=node.source)


def _without_axis(row: Node, axis: int) -> Node:
    sizes = array_type(row).sizes
    shape = ShapeAttrs((*sizes[:axis], *sizes[axis + 1 :]))
    return make(_RESHAPE, row, attrs=shape, source=row.source)


def _with(values: tuple[int, ...], axis: int, value: int) -> tuple[int, ...]:
    return (*values[:axis], value, *values[axis + 1 :])


def _zeros(node: Node) -> Node:
    type_ = array_type(node)
    return spread(const(0, type_.dtype), type_.sizes)


def _bytes_of(node: Node) -> bytes:
    found = splat(node)
    assert found is not None
    data: bytes = found.attrs.data  # type: ignore[union-attr]
    return data

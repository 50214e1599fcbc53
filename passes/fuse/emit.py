"""Write groups of ops as kernel nodes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lazydag.cost.target import Target
from lazydag.ir.attrs import GetAttrs, KernelAttrs, SliceAttrs
from lazydag.ir.graph import Stage, make_graph, param, with_sources
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.source import SourceLoc, lines_of
from lazydag.passes.fuse.recompute import Decisions
from lazydag.passes.pins import is_far, pin_of
from lazydag.passes.push_views import is_movable
from lazydag.passes.regions import is_most, may_write_over
from lazydag.passes.rules.match import splat
from lazydag.passes.work import name_of

_KERNEL, _GET, _PARAM, _PIN = (OPS[n] for n in ("kernel", "get", "param", "pin"))
_CALL, _RESHAPE = OPS["call"], OPS["reshape"]
# What leaves the elements where they are, and what is to be stored.
_WISHES = frozenset({OPS["retile"], _PIN})


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a kernel reads.

    Parameters
    ----------
    scope : str
        The user's lines of the kernel. Equal bodies of the same lines are one; those of
        others are not, and show their own.
    params : dict of Node to Node
        The parameter of the body for each input. It has no line: the input has.
    """

    scope: str
    params: dict[Node, Node] = field(default_factory=dict)

    def stand_in(self, value: Node) -> Node:
        """Return the parameter for `value`, a new one if it has none yet."""
        found = self.params.get(value)
        if found is None:
            found = param(len(self.params), value.type, scope=self.scope)
            self.params[value] = found
        return found


class Emitter:
    """Builds the fused graph from old nodes, kernel by kernel."""

    def __init__(self, decisions: Decisions) -> None:
        self.decisions = decisions
        self.new: dict[Node, Node] = {}

    def fused(self, outputs: Sequence[Node]) -> Node:
        """Make one kernel that computes `outputs`, which share a space."""
        members = self._members(outputs)
        inputs = _Inputs(lines_of(node.source for node in members))
        inside = self._inside(members, inputs)
        line = _line_of_failures(members, outputs)
        values = [inside[o] for o in outputs]
        return self._kernel(kernel_name(members), inputs, outputs, values, line)

    def write(self, node: Node, *, is_value_inside: bool) -> list[Node]:
        """Make the kernel of a write, and one of its value if that is not inside.

        The value is computed where it is written, unless it needs what is there.
        """
        base, value = node.srcs
        members = self._members([value]) if is_value_inside else []
        kernels = []
        if members and not self._is_free(node, members):
            kernels, members = [self.fused([value])], []
        inputs = _Inputs(lines_of([n.source for n in (*members, node)]))
        inside = self._inside(members, inputs)
        new = inside[value] if members else self._operand(value, inputs)
        written = with_sources(node, (self._operand(base, inputs), new))
        name = f"{kernel_name(members)}_write" if members else "write"
        line = _line_of_failures(members, [node])
        return [*kernels, self._kernel(name, inputs, [node], [written], line)]

    def _is_free(self, node: Node, members: Sequence[Node]) -> bool:
        """Tell whether a value can be computed in place, or copying costs little."""
        base, region = node.srcs[0], node.attrs
        assert isinstance(region, SliceAttrs)
        if is_most(region, base.type.shape) or splat(base) is not None:
            return True
        target, inside = self.external(base), set(members)
        read = {s for n in members for s in n.srcs if s not in inside}
        readers = [self.external(s) for s in read if splat(s) is None]
        near = [r for r in readers if _memory(r) is _memory(target)]
        return may_write_over(target, region, near)

    def library(self, nodes: Sequence[Node]) -> Node:
        """Make the kernel of a single op that runs as a call.

        `nodes` are several results of it, of one call of a function.
        """
        first = nodes[0]
        inputs = _Inputs(lines_of(node.source for node in nodes))
        srcs = tuple([self._operand(s, inputs) for s in first.srcs])
        values = [with_sources(node, srcs) for node in nodes]
        return self._kernel(name_of(first), inputs, nodes, values, first.source)

    def output(self, node: Node, target: Target) -> Node:
        """Return the value of an output of the graph, stored as an array of its own.

        What is to be on another device is an array of its own once it is there.
        """
        value = base = self.external(node)
        while base.op is _RESHAPE or base.op in _WISHES:
            base = base.srcs[0]
        pin = pin_of(value)
        is_moved = base.op is _PARAM and is_far(value, target)
        if base.op is _GET or is_moved:
            return value
        copied = self._copied(value)
        if pin is None:
            return copied
        return make(_PIN, copied, attrs=pin, source=value.source)

    def external(self, node: Node) -> Node:
        """Return what stands for the old `node` outside of kernels."""
        views: list[Node] = []
        while node not in self.new and node.op.kind is Kind.MOVEMENT:
            views.append(node)
            node = node.srcs[0]
        value = self.new.get(node, node)
        for view in reversed(views):
            if not _is_view_of(view, value):
                value = self._copied(value)
            value = self.new[view] = with_sources(view, (value,))
        return value

    def _members(self, outputs: Sequence[Node]) -> list[Node]:
        """Return the ops to compute inside the kernel of `outputs`, sources first."""
        order: list[Node] = []
        seen: set[Node] = set()
        is_inside, home = self.decisions.is_inside, outputs[0]
        stack: list[tuple[Node, bool]] = [(o, False) for o in reversed(outputs)]
        while stack:
            node, is_ready = stack.pop()
            if is_ready:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack += [(s, False) for s in node.srcs if is_inside(node, s, home)]
        return order

    def _inside(self, members: Sequence[Node], inputs: _Inputs) -> dict[Node, Node]:
        """Return what each member, and each of its sources, is in the body."""
        inside: dict[Node, Node] = {}
        for node in members:
            for src in node.srcs:
                if src not in inside:
                    inside[src] = self._operand(src, inputs)
            inside[node] = with_sources(node, tuple([inside[s] for s in node.srcs]))
        return inside

    def _operand(self, src: Node, inputs: _Inputs) -> Node:
        """Return what stands for `src`, computed elsewhere: a constant or parameter."""
        return src if splat(src) is not None else inputs.stand_in(self.external(src))

    def _kernel(
        self,
        name: str,
        inputs: _Inputs,
        old: Sequence[Node],
        outputs: Sequence[Node],
        source: SourceLoc | None,
    ) -> Node:
        params = tuple(inputs.params.values())
        body = make_graph(name, params, outputs, Stage.SIMPLIFIED)
        kernel = make(_KERNEL, *inputs.params, attrs=KernelAttrs(body), source=source)
        for i, node in enumerate(old):
            self.new[node] = make(
                _GET, kernel, attrs=GetAttrs(i), source=node.source or source
            )
        return kernel

    def _copied(self, value: Node) -> Node:
        """Return the output of a kernel that stores `value` contiguously."""
        inputs = _Inputs(lines_of([value.source]))
        is_constant = splat(value) is not None
        inner = value if is_constant else inputs.stand_in(value)
        name, params = "fill" if is_constant else "copy", tuple(inputs.params.values())
        attrs = KernelAttrs(make_graph(name, params, [inner], Stage.SIMPLIFIED))
        kernel = make(_KERNEL, *inputs.params, attrs=attrs, source=value.source)
        return make(_GET, kernel, attrs=GetAttrs(0), source=value.source)


def _is_view_of(view: Node, value: Node) -> bool:
    """Tell whether a movement op needs no copy of a value outside of kernels."""
    if view.op in _WISHES:
        return splat(value) is None
    return view.op is not _RESHAPE or is_contiguous(value) or is_movable(view)


def _memory(value: Node) -> Node:
    """Return what a value outside of kernels is a view of."""
    while value.op.kind is Kind.MOVEMENT:
        value = value.srcs[0]
    return value


def _line_of_failures(
    members: Iterable[Node], outputs: Sequence[Node]
) -> SourceLoc | None:
    """Return the line of a call of a person's function, or else of the last output.

    Nothing else in a kernel can fail.
    """
    candidates = [node for node in members if node.op is _CALL]
    candidates += reversed(outputs)
    return next((node.source for node in candidates if node.source), None)


def is_contiguous(value: Node) -> bool:
    """Tell whether a value outside of kernels lies in C order without gaps."""
    while value.op.kind is Kind.MOVEMENT:
        attrs = value.attrs
        is_run = isinstance(attrs, SliceAttrs) and _is_run(attrs, value.srcs[0])
        keeps = value.op is _RESHAPE or value.op in _WISHES
        if not keeps and not is_run:
            return False
        value = value.srcs[0]
    return True


def _is_run(attrs: SliceAttrs, source: Node) -> bool:
    """Tell whether a slice takes elements that follow each other in memory.

    Part of the first axis, all of the others, in order.
    """
    inner = zip(attrs.counts[1:], source.type.shape[1:], strict=True)
    is_whole = all(count == whole for count, whole in inner)
    return is_whole and all(step == 1 for step in attrs.steps)


def kernel_name(members: Iterable[Node], limit: int = 3) -> str:
    """Return a name made of the costliest ops of a kernel."""
    ops = {n.op for n in members if n.op.kind not in {Kind.SOURCE, Kind.MOVEMENT}}
    weights = {op.name: op.flops + 100 * (op.kind is Kind.REDUCTION) for op in ops}
    best = sorted(weights, key=lambda name: (-weights[name], name))[:limit]
    return "_".join(best) or "copy"

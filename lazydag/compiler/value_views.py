"""Where the values of a PLACED graph lie: slots and strides, of copies as well."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lazydag.compiler.layout import Layout
from lazydag.compiler.views import contiguous_strides, moved
from lazydag.ir.attrs import GetAttrs, ParamAttrs
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.passes.memory_plan import MemoryPlan
from lazydag.runtime import Mode, View

_COPY, _PARAM = OPS["copy"], OPS["param"]


@dataclass(slots=True)
class ValueViews:
    """Finds where values lie, each once.

    Parameters
    ----------
    layouts
        How the arrays of the parameters lie.

    Attributes
    ----------
    compact
        Parameters that must be contiguous, because a reshape of them must be a view.
    spans
        Bytes that copies need, by slot.
    """

    memory: MemoryPlan
    layouts: list[Layout]
    compact: set[int] = field(default_factory=set)
    spans: dict[int, int] = field(default_factory=dict)
    _views: dict[Node, View] = field(default_factory=dict)

    def output(self, kernel: Node, index: int) -> View:
        """Return where output `index` of `kernel` is written."""
        buffer = self.memory.buffers[kernel, index]
        item = kernel.type.items[index]
        strides = contiguous_strides(item.sizes, item.dtype)
        return View(buffer.slot, item.dtype, item.sizes, strides, 0, Mode.OUT)

    def copied(self, step: Node) -> View:
        """Return where a copy between memory spaces is written: as its source lies."""
        (value,) = step.srcs
        source = self.view(value)
        start, stop = source.span()
        if stop - start > step.type.nbytes and self._may_compact(value):
            source = self._compacted(value, value)
            start, stop = source.span()
        slot = self.memory.buffers[step, 0].slot
        # A slice keeps the gaps between its elements.
        self.spans[slot] = max(stop - start, self.spans.get(slot, 0))
        return replace(source, slot=slot, offset=source.offset - start, mode=Mode.OUT)

    def _may_compact(self, value: Node) -> bool:
        """Tell whether a value is a view of a parameter that has gaps of its own."""
        while value.op.kind is Kind.MOVEMENT:
            value = value.srcs[0]
        attrs = value.attrs
        if not isinstance(attrs, ParamAttrs) or attrs.slot in self.compact:
            return False
        return self.layouts[attrs.slot] is not None

    def view(self, node: Node) -> View:
        """Return where the value of `node` lies."""
        chain = []
        while node not in self._views and node.op.kind is Kind.MOVEMENT:
            chain.append(node)
            node = node.srcs[0]
        view = self._views.get(node) or self._base(node)
        self._views[node] = view
        for step in reversed(chain):
            next_view = moved(step, view)
            if next_view is None:
                return self._compacted(step, chain[0])
            view = self._views[step] = next_view
        return view

    def _base(self, node: Node) -> View:
        if isinstance(node.attrs, ParamAttrs):
            type_, slot = node.attrs.type, node.attrs.slot
            layout = None if slot in self.compact else self.layouts[slot]
            strides = layout or contiguous_strides(type_.sizes, type_.dtype)
            view = View(slot, type_.dtype, type_.sizes, strides)
            return replace(view, offset=-view.span()[0])
        if node.op is _COPY:
            return replace(self.copied(node), mode=Mode.IN)
        assert isinstance(node.attrs, GetAttrs)
        return replace(self.output(node.srcs[0], node.attrs.index), mode=Mode.IN)

    def _compacted(self, reshape: Node, wanted: Node) -> View:
        """Ask for a contiguous parameter, since `reshape` cannot be a view of it.

        Nor of a copy, which lies as the parameter does.
        """
        base = reshape
        while base.op is not _PARAM:
            assert base.op is _COPY or base.op.kind is Kind.MOVEMENT
            base = base.srcs[0]
        assert isinstance(base.attrs, ParamAttrs)
        assert base.attrs.slot not in self.compact
        self.compact.add(base.attrs.slot)
        self._views.clear()
        return self.view(wanted)

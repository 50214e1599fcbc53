"""Writes: what is overwritten vanishes, and reads see through what they do not need."""

from __future__ import annotations

from lazydag.ir.attrs import SliceAttrs
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.rewrite import Rule
from lazydag.passes.regions import are_disjoint, covers, is_most, is_upright, within
from lazydag.passes.rules.match import ops

# A read passes so many writes at most, which keeps the rules linear.
MOST_PASSED = 64

_SLICE, _WRITE = OPS["slice"], OPS["write"]


def region_of(node: Node) -> SliceAttrs:
    """Return the region that a write or a slice is about."""
    assert isinstance(node.attrs, SliceAttrs)
    return node.attrs


def upright(node: Node) -> Node | None:
    """Write backwards by writing the reversed value forwards."""
    region = region_of(node)
    if is_upright(region):
        return None
    axes = list(zip(region.starts, region.counts, region.steps, strict=True))
    is_back = [n > 1 and step < 0 for _, n, step in axes]
    firsts = tuple(
        start + (n - 1) * step if back else start
        for (start, n, step), back in zip(axes, is_back, strict=True)
    )
    steps = tuple(abs(step) if n > 1 else 1 for _, n, step in axes)
    ends = tuple(
        n - 1 if back else 0 for n, back in zip(region.counts, is_back, strict=True)
    )
    turned = SliceAttrs(ends, region.counts, tuple(-1 if b else 1 for b in is_back))
    base, value = node.srcs
    value = make(_SLICE, value, attrs=turned, source=node.source)
    attrs = SliceAttrs(firsts, region.counts, steps)
    return make(_WRITE, base, value, attrs=attrs, source=node.source)


def write_all_or_nothing(node: Node) -> Node | None:
    """Replace a write of all elements by the value, one of none by the base."""
    base, value = node.srcs
    region = region_of(node)
    if 0 in region.counts:
        return base
    return value if region.counts == base.type.shape else None


def write_back(node: Node) -> Node | None:
    """Drop a write of what is there."""
    base, value = node.srcs
    if value.op is _SLICE and value.srcs[0] is base and value.attrs == node.attrs:
        return base
    return None


def overwrite(node: Node) -> Node | None:
    """Forget a write that the next one hides."""
    inner, value = node.srcs
    region = region_of(node)
    if inner.op is not _WRITE or not is_upright(region_of(inner)):
        return None
    if not covers(region, region_of(inner)):
        return None
    return make(_WRITE, inner.srcs[0], value, attrs=region, source=node.source)


def read_written(node: Node) -> Node | None:
    """Read a small value that was written, or an argument where nothing was.

    Not a large value, which is computed where it is written if nothing else reads it.
    Nor what else was there before: it would have to be kept until it is read, and could
    not be written over.
    """
    return _read(node, reads_kept=True)


def read_only_written(node: Node) -> Node | None:
    """Read a small value that was written; for arguments that are written over."""
    return _read(node, reads_kept=False)


def _read(node: Node, *, reads_kept: bool) -> Node | None:
    wanted, source = region_of(node), node.srcs[0]
    if not is_upright(wanted):
        return None
    for _ in range(MOST_PASSED):
        if source.op is not _WRITE:
            break
        base, value = source.srcs
        region = region_of(source)
        if covers(region, wanted):
            if is_most(region, base.type.shape):
                return None
            attrs = within(region, wanted)
            return make(_SLICE, value, attrs=attrs, source=node.source)
        if not are_disjoint(region, wanted):
            return None
        source = base
    if source is node.srcs[0] or not (reads_kept and _is_kept(source)):
        return None
    return make(_SLICE, source, attrs=wanted, source=node.source)


def _is_kept(value: Node) -> bool:
    """Tell whether a value is a view of what nothing can write over."""
    while value.op.kind is Kind.MOVEMENT:
        value = value.srcs[0]
    return value.op.kind is Kind.SOURCE


_COMMON = (
    Rule("write forwards", ops("write"), upright),
    Rule("write all or nothing", ops("write"), write_all_or_nothing),
    Rule("write back", ops("write"), write_back),
    Rule("overwrite", ops("write"), overwrite),
)
WRITES = (*_COMMON, Rule("read what was written", ops("slice"), read_written))
OVERWRITING_WRITES = (
    *_COMMON,
    Rule("read what was written", ops("slice"), read_only_written),
)

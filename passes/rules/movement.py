"""Movement ops: views of views are views, and views that change nothing vanish."""

from __future__ import annotations

from dataclasses import replace

from lazydag.ir.attrs import (
    PinAttrs,
    RetileAttrs,
    ShapeAttrs,
    SliceAttrs,
    TransposeAttrs,
)
from lazydag.ir.graph import with_sources
from lazydag.ir.node import Node, is_fusable, make
from lazydag.ir.ops import Kind
from lazydag.ir.rewrite import Rule
from lazydag.passes.rules.match import BROADCAST, RETILE, of_kind, ops, splat, spread

# A scalar made by so few operations is computed anew in every lane, and one made by
# more if that is so little work that a kernel of its own would take longer.
CHEAP_FLOPS = 2.0
CHEAP_WORK = 30_000.0
MAX_FLOPS = 100.0

(SLICE,) = ops("slice")
UPDATES = ops("write", "scatter")
FUSED = of_kind(Kind.ELEMENTWISE) | of_kind(Kind.REDUCTION)


def identity(node: Node) -> Node | None:
    """Drop a view in which every element is where it was."""
    source = node.srcs[0]
    if node.type.shape != source.type.shape:
        return None
    attrs = node.attrs
    if isinstance(attrs, (PinAttrs, RetileAttrs)):
        same = attrs == source.attrs
    elif isinstance(attrs, TransposeAttrs):
        same = attrs.axes == tuple(range(len(attrs.axes)))
    elif isinstance(attrs, SliceAttrs):
        same = all(step == 1 for step in attrs.steps)
    else:
        same = True
    return source if same else None


def plain_steps(node: Node) -> Node | None:
    """Step by 1 where there is nothing to step over."""
    attrs = node.attrs
    assert isinstance(attrs, SliceAttrs)
    each = zip(attrs.steps, attrs.counts, strict=True)
    steps = tuple(1 if count <= 1 else step for step, count in each)
    if steps == attrs.steps:
        return None
    plain = SliceAttrs(attrs.starts, attrs.counts, steps)
    return make(node.op, node.srcs[0], attrs=plain, source=node.source)


def merge(node: Node) -> Node | None:
    """Merge two views of one kind."""
    inner = node.srcs[0]
    if inner.op is not node.op:
        return None
    attrs, first = node.attrs, inner.attrs
    if isinstance(attrs, PinAttrs):
        return None  # a step from one device to another
    if isinstance(attrs, TransposeAttrs) and isinstance(first, TransposeAttrs):
        attrs = TransposeAttrs(tuple(first.axes[a] for a in attrs.axes))
    elif isinstance(attrs, SliceAttrs) and isinstance(first, SliceAttrs):
        attrs = _slice_of_slice(first, attrs)
    elif isinstance(attrs, RetileAttrs) and isinstance(first, RetileAttrs):
        if attrs.distribution and first.distribution:
            return None  # a step from one memory to another
        attrs = replace(attrs, distribution=attrs.distribution or first.distribution)
    return make(node.op, inner.srcs[0], attrs=attrs, source=node.source)


def _slice_of_slice(first: SliceAttrs, then: SliceAttrs) -> SliceAttrs:
    """Return the slice that taking `first`, then `then`, amounts to."""
    each = zip(first.starts, first.steps, then.starts, strict=True)
    starts = tuple(start + step * offset for start, step, offset in each)
    steps = tuple(a * b for a, b in zip(first.steps, then.steps, strict=True))
    return SliceAttrs(starts, then.counts, steps)


def broadcast_late(node: Node) -> Node | None:
    """Broadcast the operands of a cheap op on scalars instead of its result.

    The scalar then needs no kernel of its own.
    """
    inner = node.srcs[0]
    shape = node.type.shape
    if inner.type.ndim or not is_fusable(inner):
        return None
    if not _is_cheap(inner, max(CHEAP_FLOPS, CHEAP_WORK / max(1, node.type.size))):
        return None
    return make(
        inner.op,
        *(spread(s, shape) for s in inner.srcs),
        attrs=inner.attrs,
        source=inner.source,
    )


def _is_cheap(scalar: Node, flops: float) -> bool:
    """Tell whether at most so many operations on scalars make `scalar`, all told."""
    left, stack, seen = min(flops, MAX_FLOPS), [scalar], {scalar}
    while stack and left >= 0:
        node = stack.pop()
        left -= node.op.flops
        fresh = {s for s in node.srcs if is_fusable(s)} - seen
        seen |= fresh
        stack += fresh
    return left >= 0


def unit_reshape(node: Node) -> Node | None:
    """Replace a view of a broadcast scalar by the scalar in that shape."""
    inner = node.srcs[0]
    if inner.op is not BROADCAST or inner.srcs[0].type.ndim:
        return None
    scalar, shape = inner.srcs[0], ShapeAttrs(node.type.shape)
    return make(BROADCAST, scalar, attrs=shape, source=node.source)


def skip_retile(node: Node) -> Node | None:
    """Compute with the source of a re-tiling where that is computed in place.

    What a kernel computes for itself is never stored, and has no tiles.
    """
    srcs = tuple(_stored(src) for src in node.srcs)
    return None if srcs == node.srcs else with_sources(node, srcs)


def skip_old_tiles(node: Node) -> Node | None:
    """Write into an array whatever its tiles, and read what was written.

    Whoever wants the result in tiles says so of it.
    """
    base, *others = node.srcs
    if base.op is not RETILE:
        return None
    if node.op is SLICE and base.srcs[0].op not in UPDATES:
        return None
    return with_sources(node, (base.srcs[0], *others))


def _stored(src: Node) -> Node:
    if src.op is not RETILE:
        return src
    value = src.srcs[0]
    return value if is_fusable(value) or splat(value) is not None else src


MOVEMENT = (
    Rule("drop views that change nothing", of_kind(Kind.MOVEMENT), identity),
    Rule("step by one", ops("slice"), plain_steps),
    Rule("compute across tiles", FUSED, skip_retile),
    Rule("write across tiles", UPDATES | {SLICE}, skip_old_tiles),
    Rule("merge views", of_kind(Kind.MOVEMENT), merge),
    Rule("broadcast operands", frozenset({BROADCAST}), broadcast_late),
    Rule("view scalars", ops("reshape", "transpose", "slice"), unit_reshape),
)

"""Checks of kernels and of their bodies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lazydag.ir.attrs import ReduceAttrs
from lazydag.ir.invariants.subject import Body, Fault, Subject, computed, extent
from lazydag.ir.node import Node, is_fusable
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reduction import adjacent_groups, block_size, tiling_space

_PARAM, _CONST, _BROADCAST = (OPS[n] for n in ("param", "const", "broadcast"))

# What the values that a body computes may go to.
_ENDS = frozenset({Kind.REDUCTION, Kind.WRITE})


def _fused(subject: Subject) -> Iterator[Body]:
    """Yield the bodies that run element by element."""
    return (body for body in subject.bodies[1:] if not body.is_call)


def params_match_sources(subject: Subject) -> Iterator[Fault]:
    """Find params of bodies that differ from what the kernel is given."""
    for kernel in subject.kernels:
        given = [s.type for s in kernel.node.srcs]
        wanted = [p.type for p in kernel.body.graph.params]
        if given != wanted:
            listed = (", ".join(map(str, types)) for types in (wanted, given))
            what = "{} takes ({}) and is given ({})".format(kernel.name, *listed)
            yield subject.fault(kernel.node, what)


def calls_are_one_op(subject: Subject) -> Iterator[Fault]:
    """Find bodies that do more than one call, or call with computed operands."""
    for body in subject.bodies[1:]:
        if not body.is_call:
            continue
        for node in body.nodes:
            if not _is_given(node) and node not in body.graph.outputs:
                called = body.graph.outputs[0].op.name
                yield body.fault(node, f"{node.op.name} in a body that calls {called}")


def bodies_are_fusable(subject: Subject) -> Iterator[Fault]:
    """Find ops that cannot run element by element."""
    for body in _fused(subject):
        for node in body.nodes:
            is_known = is_fusable(node) or node.op.kind in _ENDS or _is_given(node)
            if not is_known and node is not body.product:
                yield body.fault(node, f"{node.op.name} in a fused body")


def _is_given(node: Node) -> bool:
    """Tell whether a body has the node's values without computing them."""
    if node.op is _BROADCAST:
        node = node.srcs[0]
        return node.op is _CONST
    return node.op in {_PARAM, _CONST}


def one_shape(subject: Subject) -> Iterator[Fault]:
    """Find values of a body that do not have the shape that the body runs over."""
    for body in _fused(subject):
        apart = {_base(body), *_factors(body)}
        for node in body.nodes:
            if node.op is _CONST or node in apart:
                continue
            if computed(node).type.sizes != body.shape:
                what = f"{node} in a body that runs over {list(body.shape)}"
                yield body.fault(node, what)


def _factors(body: Body) -> Sequence[Node]:
    """Return what a body multiplies and does not read otherwise."""
    product = body.product
    if product is None:
        return ()
    others = {s for n in body.nodes if n is not product for s in n.srcs}
    return [s for s in product.srcs if s not in others]


def _base(body: Body) -> Node | None:
    """Return what a body writes into a copy of."""
    first = body.graph.outputs[0]
    return first.srcs[0] if first.op.kind is Kind.WRITE else None


def writes_stand_alone(subject: Subject) -> Iterator[Fault]:
    """Find writes beside other outputs, and bodies that also read their base."""
    for body in _fused(subject):
        writes = [n for n in body.nodes if n.op.kind is Kind.WRITE]
        for node in writes:
            if body.graph.outputs != (node,):
                yield body.fault(node, f"{node} beside other values")
            elif any(node.srcs[0] in n.srcs for n in body.nodes if n is not node):
                yield body.fault(node, f"{node.srcs[0]} is read and written")


def constants_are_broadcast(subject: Subject) -> Iterator[Fault]:
    """Find scalars among outputs that have a shape."""
    for body in _fused(subject):
        for node in body.graph.outputs:
            if node.op is _CONST and body.shape:
                yield body.fault(node, f"{node} of a body that runs over {body.shape}")


def reductions_end_bodies(subject: Subject) -> Iterator[Fault]:
    """Find reductions whose results are used in the same body."""
    for body in _fused(subject):
        for node in body.nodes:
            for src in node.srcs:
                if src.op.kind in _ENDS:
                    yield body.fault(node, f"{node.op.name} reads {src}")


def reductions_agree(subject: Subject) -> Iterator[Fault]:
    """Find reductions of one body over different or scattered axes."""
    for body in _fused(subject):
        reductions = body.reductions()
        for node, attrs in reductions:
            if len(adjacent_groups(attrs.axes)) != 1:
                yield body.fault(node, f"{node.op.name} over axes {attrs.axes}")
            if attrs != reductions[0][1]:
                yield body.fault(node, f"{attrs} beside {reductions[0][1]}")


def blocks_are_fixed(subject: Subject) -> Iterator[Fault]:
    """Find blocks of another size than the shape says."""
    for body in _fused(subject):
        for node, attrs in body.reductions():
            shape = node.srcs[0].type.sizes
            count, block = extent(shape, attrs.axes), block_size(shape, attrs.axes)
            if attrs.block != block and (attrs.block or count > block):
                what = f"{count} elements of {list(shape)} in blocks of {attrs.block}"
                yield body.fault(node, f"{what} instead of {block}")


def have_tiles(subject: Subject) -> Iterator[Fault]:
    """Find tiles that do not fit the shape that the body runs over."""
    for kernel in subject.kernels:
        shape = _tiled(kernel.body)
        tile = kernel.attrs.tile
        if tile is None or len(tile) != len(shape) or not _fits(tile, shape):
            what = f"{kernel.name} runs over {list(shape)} in tiles of {tile}"
            yield subject.fault(kernel.node, what)


def _tiled(body: Body) -> tuple[int, ...]:
    """Return the shape that the tiles of a kernel cut."""
    if not body.is_cut:
        return ()
    reductions = body.reductions()
    return tiling_space(body.shape, reductions[0][1].axes if reductions else ())


def _fits(tile: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    return all(1 <= t <= max(1, n) for t, n in zip(tile, shape, strict=True))


def tiles_hold_blocks(subject: Subject) -> Iterator[Fault]:
    """Find tiles that end inside a block."""
    for kernel in subject.kernels:
        tile = kernel.attrs.tile
        for _, attrs in kernel.body.reductions()[:1]:
            if tile and not _holds_blocks(tile, _tiled(kernel.body), attrs):
                what = f"{kernel.name} reduces {attrs} in tiles of {tile}"
                yield subject.fault(kernel.node, what)


def _holds_blocks(
    tile: tuple[int, ...], shape: tuple[int, ...], attrs: ReduceAttrs
) -> bool:
    """Tell whether the reduced axes are whole, or cut between blocks."""
    reduced = attrs.axes[0]
    if tile[reduced] >= shape[reduced]:
        return True
    return attrs.block > 0 and tile[reduced] % attrs.block == 0


def have_devices(subject: Subject) -> Iterator[Fault]:
    """Find kernels that have no place to run."""
    for kernel in subject.kernels:
        if not kernel.attrs.device:
            yield subject.fault(kernel.node, f"{kernel.name} has no device")

"""What a kernel does, counted: bytes read and written, operations by type."""

from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b
from math import prod
from weakref import WeakKeyDictionary

from lazydag.cost.estimate import Work
from lazydag.cost.history import shape_bucket
from lazydag.cost.target import Device
from lazydag.ir.attrs import (
    BranchAttrs,
    FunctionAttrs,
    KernelAttrs,
    LoopAttrs,
    ParamAttrs,
    ReduceAttrs,
    StencilAttrs,
    bodies_of,
    call_key,
)
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node, array_type, is_fusable
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.products import product_tile
from lazydag.ir.reduction import tiling_space
from lazydag.ir.steps import steps_of
from lazydag.ir.types import ArrayType, dtype_name

# What a loop costs whose end depends on values.
ASSUMED_STEPS = 100

_BROADCAST, _MATMUL = OPS["broadcast"], OPS["matmul"]
_GATHER, _SCATTER = OPS["gather"], OPS["scatter"]


def touched_nbytes(node: Node) -> int:
    """Return the bytes of memory behind a view: stretched axes count once."""
    nbytes: int = node.type.nbytes
    while node.op.kind is Kind.MOVEMENT:
        node = node.srcs[0]
        nbytes = min(nbytes, node.type.nbytes)
    return nbytes


def iteration_shape(body: Graph) -> tuple[int, ...]:
    """Return the shape that a fused kernel's body runs over."""
    first = body.outputs[0]
    if first.op.kind is Kind.REDUCTION:
        first = first.srcs[0]
    elif first.op.kind is Kind.WRITE:
        first = first.srcs[1]
    sizes: tuple[int, ...] = first.type.sizes
    return sizes


def write_of(body: Graph) -> Node | None:
    """Return the write that a body ends with, or None."""
    first = body.outputs[0]
    return first if first.op.kind is Kind.WRITE else None


def update_of(body: Graph) -> Node | None:
    """Return the write or scatter that changes some elements of a base, or None."""
    first = body.outputs[0]
    return first if first.op.kind is Kind.WRITE or first.op is _SCATTER else None


def product_of(body: Graph) -> Node | None:
    """Return the product of matrices that an elementwise body begins with, or None."""
    if is_library(body):
        return None
    return next((node for node in body.nodes() if node.op is _MATMUL), None)


def factors_of(product: Node) -> list[int]:
    """Return the slots of the two parameters that a body multiplies."""
    return [s.attrs.slot for s in product.srcs if isinstance(s.attrs, ParamAttrs)]


def place_of(product: Node, body: Graph) -> int:
    """Return the number of the output in whose place a body's product is made."""
    return [output.type for output in body.outputs].index(product.type)


def joined_tile(product: Node) -> tuple[int, int]:
    """Return the tile of a product of matrices, and of what is computed of it."""
    (m, k), n = product.srcs[0].type.sizes, product.type.sizes[-1]
    return product_tile(m, k, n)


def base_of(kernel: Node) -> Node | None:
    """Return the source that a kernel writes into; None if it only makes values."""
    assert isinstance(kernel.attrs, KernelAttrs)
    update = update_of(kernel.attrs.body)
    attrs = update.srcs[0].attrs if update is not None else None
    return kernel.srcs[attrs.slot] if isinstance(attrs, ParamAttrs) else None


def traffic(kernel: Node) -> tuple[int, list[int]]:
    """Return the bytes that a kernel reads, and those that it writes of each output.

    What a write leaves as it is does not count: at best nothing touches it.
    """
    assert isinstance(kernel.attrs, KernelAttrs)
    base, update = base_of(kernel), update_of(kernel.attrs.body)
    read = sum(touched_nbytes(s) for s in dict.fromkeys(kernel.srcs) if s is not base)
    if update is not None:
        return read, [update.srcs[1].type.nbytes]
    return read, [t.nbytes for t in kernel.type.items]


def reduction_of(body: Graph) -> ReduceAttrs | None:
    """Return the axes and blocks that a body reduces over, or None if it does not."""
    for node in body.outputs:
        if node.op.kind is Kind.REDUCTION:
            assert isinstance(node.attrs, ReduceAttrs)
            return node.attrs
    return None


def tiled_shape(body: Graph) -> tuple[int, ...]:
    """Return the shape that tiles cut: `iteration_shape`, reduced axes counted as one.

    See `lazydag.ir.reduction.tiling_space`.
    """
    reduction = reduction_of(body)
    shape = iteration_shape(body)
    return shape if reduction is None else tiling_space(shape, reduction.axes)


def is_library(body: Graph) -> bool:
    """Tell whether the body is a single op that runs as a call."""
    first = body.outputs[0]
    is_elementwise = first.op.kind is Kind.ELEMENTWISE
    return first.op.kind is Kind.LIBRARY or (is_elementwise and not is_fusable(first))


def is_cut(body: Graph) -> bool:
    """Tell whether the body is a single op of which tiles are computed apart."""
    return not is_library(body) or body.outputs[0].op in {_GATHER, _SCATTER}


# Bodies are interned and never change; several passes ask for the same count.
_keys: WeakKeyDictionary[Graph, str] = WeakKeyDictionary()
_flops: WeakKeyDictionary[Graph, dict[str, float]] = WeakKeyDictionary()


def body_flops(body: Graph) -> dict[str, float]:
    """Return the operations of a body by dtype name, in additions."""
    known = _flops.get(body)
    if known is None:
        known = _flops[body] = _count_flops(body)
    return known


def _count_flops(body: Graph) -> dict[str, float]:
    flops: dict[str, float] = {}
    # of several results of one call, one counts
    for node in {call_of(node): node for node in body.nodes()}.values():
        count = _node_flops(node)
        if count:
            operand = node.srcs[0] if node.srcs else node
            name = dtype_name(operand.type.dtype)
            flops[name] = flops.get(name, 0.0) + count
    return flops


def _node_flops(node: Node) -> float:
    if node.op is _MATMUL:
        inner: int = node.srcs[0].type.sizes[-1]
        return 2.0 * array_type(node).size * inner
    if isinstance(node.attrs, FunctionAttrs):
        return FUNCTIONS[node.attrs.name].flops([s.type for s in node.srcs])
    if isinstance(node.attrs, (LoopAttrs, BranchAttrs)):
        return _flops_of_bodies(node.attrs)
    if isinstance(node.attrs, StencilAttrs):
        each = sum(body_flops(node.attrs.body).values())
        return each * node.attrs.steps * array_type(node).size
    over: ArrayType = node.srcs[0].type if node.srcs else node.type
    if node.op is _GATHER:
        over = node.type
    elif node.op is _SCATTER:
        over = node.srcs[1].type
    return node.op.flops * over.size


def _flops_of_bodies(attrs: LoopAttrs | BranchAttrs) -> float:
    """Return the operations of all steps, or of the costliest branch."""
    most = max(sum(body_flops(body).values()) for body in bodies_of(attrs))
    if isinstance(attrs, BranchAttrs):
        return most
    return most * _steps(attrs)


def launches(body: Graph) -> int:
    """Return how many kernels a GPU is given for a body, about: for each step anew."""
    nodes = {call_of(node): node for node in body.nodes()}.values()
    return max(1, sum(map(_node_launches, nodes)))


def _node_launches(node: Node) -> int:
    attrs = node.attrs
    if isinstance(attrs, FunctionAttrs):
        return steps_of(attrs.name, [src.type for src in node.srcs])
    if isinstance(attrs, StencilAttrs):
        return attrs.steps
    if isinstance(attrs, (LoopAttrs, BranchAttrs)):
        most = max(launches(body) for body in bodies_of(attrs))
        return most * (_steps(attrs) if isinstance(attrs, LoopAttrs) else 1)
    is_fused = node.op.kind in {Kind.ELEMENTWISE, Kind.MOVEMENT, Kind.SOURCE}
    return 0 if is_fused else 1


def _steps(attrs: LoopAttrs) -> int:
    return ASSUMED_STEPS if attrs.length is None else attrs.length


def kernel_work(
    node: Node, device: Device | None = None, tile: tuple[int, ...] | None = None
) -> Work:
    """Return what the kernel `node` does, on `device` if that is known.

    Its tile, or the one given instead, says into how many tiles. A library call is one
    task, which a GPU runs on all its threads, a product that is finished by a kernel
    too; a loop there is one for each kernel of each step. Outputs larger than the last
    cache bypass it.
    """
    assert isinstance(node.attrs, KernelAttrs)
    body = node.attrs.body
    tile = node.attrs.tile if tile is None else tile
    read, written = traffic(node)
    is_far = device is not None and device.kind != "cpu"
    whole = device.threads * launches(body) if device and is_far else 1
    is_whole = not tile or (is_far and product_of(body) is not None)
    tiles = whole if is_whole else prod(grid_shape(body, tile or ()))
    cache_nbytes = max(device.l3_nbytes, device.l2_nbytes) if device else 0
    streams = 0 < cache_nbytes < max(written)
    moved = _steps_nbytes(body) if is_far else None
    read, total = moved or (read, sum(written))
    multiplies = any(inner.op is _MATMUL for inner in body.nodes())
    return Work(read, total, body_flops(body), max(1, tiles), streams, multiplies)


def _steps_nbytes(body: Graph) -> tuple[int, int] | None:
    """Return what the steps of a loop or stencil read and write, if it is one.

    Caches of processors keep what is small, and tiles of sweeps; those of GPUs do not.
    """
    first = body.outputs[0]
    attrs = first.attrs
    if isinstance(attrs, StencilAttrs):
        nbytes = sum(src.type.nbytes for src in first.srcs)
        return attrs.steps * nbytes, attrs.steps * first.type.nbytes
    if isinstance(attrs, LoopAttrs):
        ends = (attrs.body.params, attrs.body.outputs)
        read, written = (sum(node.type.nbytes for node in each) for each in ends)
        return _steps(attrs) * read, _steps(attrs) * written
    return None


def cost_key(node: Node) -> tuple[str, str]:
    """Return the key and the shape bucket of a kernel in the history of costs.

    Kernels that differ in shapes and names only have one key.
    """
    assert isinstance(node.attrs, KernelAttrs)
    body = node.attrs.body
    known = _keys.get(body)
    if known is None:
        known = _keys[body] = _structure(body)
    return known, shape_bucket([s.type.sizes for s in (*node.srcs, *body.outputs)])


def _structure(body: Graph) -> str:
    """Return a digest of the ops of a body, their types and how they are connected."""
    number: dict[Node, int] = {}
    parts = []
    for node in body.nodes():
        number[node] = len(number)
        srcs = [number[s] for s in node.srcs]
        parts.append(f"{name_of(node)}{srcs}{node.type.dtype.char};")
    return blake2b("".join(parts).encode(), digest_size=12).hexdigest()


def name_of(node: Node) -> str:
    """Return what an op is called: a function of whole arrays by its own name."""
    attrs = node.attrs
    return attrs.name if isinstance(attrs, FunctionAttrs) else node.op.name


def call_of(node: Node) -> Hashable:
    """Return what is equal for results of one call: else the node itself."""
    key = call_key(node.attrs)
    return node if key is None else (key, node.srcs)


def grid_shape(body: Graph, tile: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many tiles lie along each axis of the iteration space."""
    shape = tiled_shape(body)
    return tuple(-(-n // t) if t else 0 for n, t in zip(shape, tile, strict=True))

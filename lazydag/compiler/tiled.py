"""Ways to run a kernel as the tile program of several devices, or of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import cbrt, ceil, sqrt
from typing import Final

from lazydag.algorithms import Program
from lazydag.compiler.programs import program_for
from lazydag.cost.estimate import Estimate, estimate, shared, transfer_seconds
from lazydag.cost.target import Device, Target
from lazydag.ir.attrs import FunctionAttrs, KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.passes.place.flow import base
from lazydag.passes.place.ways import Way
from lazydag.passes.work import kernel_work

_COPY, _MATMUL = OPS["copy"], OPS["matmul"]

#: What a way is called behind its devices.
MANNER: Final = "tiles"
#: Operations of which devices compute nearly all tasks.
OPERATIONS: Final = frozenset(
    {
        "cholesky",
        "det",
        "inv",
        "least_squares",
        "lu_factor",
        "qr",
        "slogdet",
        "solve",
        "solve_triangular",
    }
)

# The part of their time that devices compute, in schedules of factorisations.
_EFFICIENCY: Final = 0.8
# The host takes part if it is at least so fast, compared with all GPUs.
_HELP: Final = 0.1
# What the host needs to put a call of a library on a stream: it holds the interpreter.
_CALL_SECONDS: Final = 50e-6
# Orders of tiles are multiples of this, and matrices have so many along a side at most.
_STEP: Final = 256
_MOST: Final = 40


def is_tiled(way: str | None) -> bool:
    """Tell whether a kernel runs as a tile program on devices."""
    return way is not None and way.endswith(f"/{MANNER}")


def tile_order(n: int, dtype: str, devices: Sequence[Device]) -> int:
    """Return the order of tiles of a matrix of order `n` for devices.

    As small as the host can bear: while a device multiplies two tiles, it puts one
    product on each.
    """
    gpus = [device for device in devices if device.kind == "gpu"]
    together = sum(device.flops(dtype) for device in gpus)
    least = cbrt(_CALL_SECONDS * together / 2)
    return _STEP * ceil(max(least, n / _MOST) / _STEP)


def tiled_ways(kernel: Node, target: Target) -> Iterator[Way]:
    """Yield the ways of a kernel whose program has tasks for devices."""
    assert isinstance(kernel.attrs, KernelAttrs)
    has_gpus = any(device.kind == "gpu" for device in target.devices)
    if not has_gpus or not (_is_tileable(kernel.attrs.body) or _follows(kernel)):
        return
    for group in _groups(target):
        names = tuple(device.name for device in group)
        expected, there = _expected(kernel, target, group)
        way = f"{'+'.join(names)}/{MANNER}"
        yield Way(way, names, target.default.space, None, expected, there)


def _is_tileable(body: Graph) -> bool:
    from lazydag.compiler.joined_tiles import is_joined  # noqa: PLC0415 -- with BLAS

    return tiled_program(body) is not None or is_joined(body)


def _follows(kernel: Node) -> bool:
    """Tell whether a kernel is a map of what a tile program computes."""
    from lazydag.compiler.joined_tiles import is_mapped  # noqa: PLC0415 -- with BLAS

    assert isinstance(kernel.attrs, KernelAttrs)
    makers = {made.srcs[0].attrs for made in map(_made, kernel.srcs) if made.srcs}
    bodies = (attrs.body for attrs in makers if isinstance(attrs, KernelAttrs))
    return any(map(_is_tileable, bodies)) and is_mapped(kernel.attrs.body)


def _made(value: Node) -> Node:
    """Return the parameter or result that a value, maybe in another memory, views."""
    value = base(value)
    while value.op is _COPY:
        value = base(value.srcs[0])
    return value


def _groups(target: Target) -> Iterator[Sequence[Device]]:
    """Yield one GPU, all of them, and all with the host if that is a help."""
    gpus = [device for device in target.devices if device.kind == "gpu"]
    yield from (gpus[:count] for count in {1, len(gpus)} if gpus)
    host, total = target.default, sum(device.flops("f64") for device in gpus)
    if gpus and host.kind == "cpu" and host.flops("f64") > _HELP * total:
        yield [host, *gpus]


def tiled_program(body: Graph) -> Program | None:
    """Return the program of which devices compute the tasks; None if there is none."""
    node = body.outputs[0]
    if node.op is _MATMUL and set(node.srcs) <= set(body.params):
        from lazydag.algorithms.products import MATMUL  # noqa: PLC0415 -- with BLAS

        return MATMUL if MATMUL.fits([src.type for src in node.srcs]) else None
    name = node.attrs.name if isinstance(node.attrs, FunctionAttrs) else ""
    return program_for(body) if name in OPERATIONS else None


def _expected(
    kernel: Node, target: Target, group: Sequence[Device]
) -> tuple[Estimate, float]:
    """Return how long devices take that fetch tiles while they compute.

    Each gets a share of all bytes, and rows and columns of tiles of the others. And how
    many seconds they take if each has its share.
    """
    assert isinstance(kernel.attrs, KernelAttrs)
    is_program = _is_tileable(kernel.attrs.body)
    works = [(replace(kernel_work(kernel, d), tiles=d.threads), d) for d in group]
    computing = shared([estimate(work, device) for work, device in works])
    own = works[0][0].nbytes / len(group)
    nbytes = own * sqrt(len(group)) if is_program else own
    home, spaces = target.default.space, [device.space for device in group]
    moving = max(transfer_seconds(target, nbytes, home, space) for space in spaces)
    others = (
        max(transfer_seconds(target, nbytes - own, *each) for each in pairwise(spaces))
        if nbytes > own
        else 0.0
    )
    seconds = computing.seconds / (_EFFICIENCY if is_program else 1.0)
    there = max(seconds, min(others, moving))
    if moving > seconds:
        return Estimate(moving, "memory"), there
    return replace(computing, seconds=seconds), there

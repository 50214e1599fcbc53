"""Streamed kernels: those whose operands visit a device in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lazydag.cost.estimate import Estimate, estimate, transfer_seconds
from lazydag.cost.target import Device, Space, Target
from lazydag.errors import TargetError
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.passes.pieces import Pieces, can_cut, pieces_of
from lazydag.passes.place.ways import CanRun, Way, runs_all
from lazydag.passes.work import kernel_work, traffic
from lazydag.runtime.limits import device_limit

SUFFIX: Final = "/streamed"
"""What follows the devices in the name of such a way."""

BUFFERS: Final = 3
"""Of each operand: one comes, one is computed on, one goes."""

PIECE_NBYTES: Final = 64 << 20
"""Of all operands and results of a piece: transfers take much longer than to start."""


def pieces_on(body: Graph, spaces: Sequence[Space]) -> Pieces | None:
    """Return the pieces in which a kernel visits devices with some memories."""
    least = min(device_limit(space.nbytes) for space in spaces)
    return pieces_of(body, min(PIECE_NBYTES, least // (BUFFERS + 1)))


@dataclass(frozen=True, slots=True)
class Streamed:
    """Offers to stream kernels through each GPU of a target, and through all of them.

    Parameters
    ----------
    can_run : callable
        Tells of a kernel's body whether devices that are no CPUs compute it.
    """

    can_run: CanRun = runs_all

    def __call__(self, kernel: Node, target: Target) -> Iterator[Way]:
        """Yield the ways; see `lazydag.passes.place.ways.Offer`."""
        assert isinstance(kernel.attrs, KernelAttrs)
        body = kernel.attrs.body
        gpus = [device for device in target.devices if device.kind == "gpu"]
        if not gpus or not can_cut(body) or not self.can_run(body):
            return
        for each in [*((gpu,) for gpu in gpus), *([tuple(gpus)] if gpus[1:] else [])]:
            way = _way(kernel, target, each)
            if way is not None:
                yield way


def _way(kernel: Node, target: Target, devices: Sequence[Device]) -> Way | None:
    assert isinstance(kernel.attrs, KernelAttrs)
    spaces = [target.space(device.space) for device in devices]
    pieces = pieces_on(kernel.attrs.body, spaces)
    if pieces is None:
        return None
    try:
        expected = _expected(kernel, target, devices, len(pieces))
    except TargetError:  # no links
        return None
    names = tuple(device.name for device in devices)
    name, home = "+".join(names) + SUFFIX, target.default.space
    return Way(name, names, home, kernel.attrs.tile, expected)


def _expected(
    kernel: Node, target: Target, devices: Sequence[Device], count: int
) -> Estimate:
    """Return how long the slowest part of all pieces takes, and the rest of one.

    The host copies what comes into buffers from which it is copied fast. Results are
    in such already.
    """
    home, share = target.default, min(len(devices), count)
    read, written = traffic(kernel)
    came, went = read / count, sum(written) / count
    space = devices[0].space
    each = -(-count // share)
    on = estimate(kernel_work(kernel, devices[0]), devices[0])
    overhead = devices[0].task_overhead_seconds
    parts = (
        transfer_seconds(target, came, home.space, space) * each,
        (on.seconds / count + overhead) * each,
        transfer_seconds(target, went, space, home.space) * each,
        2 * read / home.bytes_per_s,
    )
    slowest = max(parts)
    seconds = slowest + (sum(parts) - slowest) / each
    return Estimate(seconds, on.bound if slowest == parts[1] else "memory")


def is_streamed(kernel: Node) -> bool:
    """Tell whether a placed kernel visits devices in pieces."""
    assert isinstance(kernel.attrs, KernelAttrs)
    return (kernel.attrs.device or "").endswith(SUFFIX)

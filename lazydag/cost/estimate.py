"""How long work takes on a device, and a transfer over links."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from lazydag.cost.target import Device, Link, Target
from lazydag.errors import TargetError
from lazydag.ir.text.units import format_seconds

Bound: TypeAlias = Literal["memory", "compute", "overhead"]


@dataclass(frozen=True, slots=True)
class Work:
    """What a task does, whatever runs it.

    Parameters
    ----------
    nbytes_read, nbytes_written
        Traffic with memory beyond the caches.
    flops
        Operations by dtype name; an exponential counts as the operations it is made of.
    tiles
        Pieces that can run at the same time.
    stream
        Whether the results are written by non-temporal stores.
    in_products
        Whether nearly all operations are those of products of matrices.
    """

    nbytes_read: float = 0.0
    nbytes_written: float = 0.0
    flops: dict[str, float] = field(default_factory=dict, hash=False)
    tiles: int = 1
    stream: bool = False
    in_products: bool = False

    @property
    def nbytes(self) -> float:
        """Bytes read and written."""
        return self.nbytes_read + self.nbytes_written


@dataclass(frozen=True, slots=True)
class Estimate:
    """How long work takes, and what it waits for.

    Parameters
    ----------
    seconds
        From start to end, on all threads that the tiles can use.
    bound
        The largest part of it.
    """

    seconds: float
    bound: Bound

    def __str__(self) -> str:
        return f"{format_seconds(self.seconds)}, {self.bound}-bound"


def estimate(work: Work, device: Device, threads: int | None = None) -> Estimate:
    """Return how long `work` takes on `device`.

    Parameters
    ----------
    threads
        Threads to use; all of the device by default.

    Notes
    -----
    A roofline: the longer of the traffic at memory speed and the operations at
    arithmetic speed, plus the overhead of each thread's tiles. Tiles run in rounds, so
    three equal tiles on two threads take as long as four. Memory speed grows linearly
    from one thread's to all threads'.
    """
    available = device.threads if threads is None else min(threads, device.threads)
    used = max(1, min(available, work.tiles))
    rounds = math.ceil(max(1, work.tiles) / used)
    idle = rounds * used / max(1, work.tiles)
    memory = idle * work.nbytes / _bytes_per_s(device, used, stream=work.stream)
    share = used / device.threads
    compute = idle * sum(
        count / (device.flops(dtype, in_products=work.in_products) * share)
        for dtype, count in work.flops.items()
    )
    overhead = device.task_overhead_seconds * rounds
    parts: dict[Bound, float] = {
        "memory": memory,
        "compute": compute,
        "overhead": overhead,
    }
    bound = max(parts, key=lambda part: parts[part])
    return Estimate(max(memory, compute) + overhead, bound)


def shared(estimates: Sequence[Estimate]) -> Estimate:
    """Return how long work takes that devices share, each as much as it is fast."""
    slowest = max(estimates, key=lambda each: each.seconds)
    rate = sum(1 / max(each.seconds, 1e-12) for each in estimates)
    return replace(slowest, seconds=1 / rate)


def kernel_seconds(target: Target, work: Work, kernel: str, sizes: str) -> float:
    """Return how long one thread of the default device takes for a native kernel.

    Parameters
    ----------
    kernel, sizes
        Its structure and shape bucket. What was measured of them counts; without that
        it is estimated.
    """
    per_s = target.speeds.get((kernel, sizes))
    if per_s is None:
        return estimate(work, target.default, threads=1).seconds
    return target.default.task_overhead_seconds + amount(work) / per_s


def amount(work: Work) -> float:
    """Return what the speed of a kernel counts: operations, or bytes without any."""
    return sum(work.flops.values()) or work.nbytes


def _bytes_per_s(device: Device, used: int, *, stream: bool) -> float:
    one = device.thread_stream_bytes_per_s if stream else device.thread_bytes_per_s
    every = device.stream_bytes_per_s if stream else device.bytes_per_s
    if device.threads == 1:
        return every
    return one + (every - one) * (used - 1) / (device.threads - 1)


def transfer_seconds(target: Target, nbytes: float, src: str, dst: str) -> float:
    """Return the seconds to copy `nbytes` from space `src` to `dst`, the fastest way.

    Raises
    ------
    TargetError
        If a space is unknown, or no links lead from one to the other.
    """
    return sum(link.seconds(nbytes) for link in route(target, nbytes, src, dst))


def route(target: Target, nbytes: float, src: str, dst: str) -> tuple[Link, ...]:
    """Return the links that lead from space `src` to `dst` the fastest way.

    Raises
    ------
    TargetError
        If a space is unknown, or no links lead from one to the other.

    Notes
    -----
    Each link on the way takes the bytes as a whole. Dijkstra's algorithm over links.
    """
    target.space(src), target.space(dst)
    queue: list[tuple[float, str, tuple[int, ...]]] = [(0.0, src, ())]
    reached: set[str] = set()
    while queue:
        seconds, space, way = heapq.heappop(queue)
        if space == dst:
            return tuple(target.links[number] for number in way)
        if space in reached:
            continue
        reached.add(space)
        for number, link in target.routes[space]:
            cost = seconds + link.seconds(nbytes)
            heapq.heappush(queue, (cost, link.dst, (*way, number)))
    raise TargetError(
        f"target {target.name} has no links from {src} to {dst}",
        remedy="Add a link, or links over a space between them.",
    )

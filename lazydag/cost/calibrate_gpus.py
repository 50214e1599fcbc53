"""Measures GPUs, and the links to them and between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from lazydag.cost.probes import GpuProbes
from lazydag.cost.target import Device, Link, Target

SMALL_NBYTES: Final = 4 << 10
LARGE_NBYTES: Final = 256 << 20
# What libraries multiply matrices of, by units of their own.
PRODUCTS: Final = ("f64", "f32")
# Of the memory of a GPU that a measurement may take.
_SHARE: Final = 8


def with_measured_gpus(target: Target, probes: GpuProbes) -> Target:
    """Return a target with measured speeds of its GPUs and of their links."""
    gpus = {d.space: int(d.name.partition(":")[2]) for d in _gpus(target)}
    devices = (
        _measured(device, target, probes) if device.space in gpus else device
        for device in target.devices
    )
    home = target.default.space
    ends = {home: None, **gpus}
    links = (
        _timed(link, ends[link.src], ends[link.dst], target, probes)
        if {link.src, link.dst} <= {*ends}
        else link
        for link in target.links
    )
    return replace(target, devices=tuple(devices), links=tuple(links))


def _gpus(target: Target) -> list[Device]:
    return [device for device in target.devices if device.kind == "gpu"]


def _large(target: Target, *spaces: str) -> int:
    least = min(target.space(space).nbytes for space in spaces)
    return min(LARGE_NBYTES, least // _SHARE)


def _measured(device: Device, target: Target, probes: GpuProbes) -> Device:
    number = int(device.name.partition(":")[2])
    nbytes = _large(target, device.space)
    # A copy reads and writes.
    speed = 2 * nbytes / probes.copy_seconds(number, nbytes)
    flops = {name: probes.operations_per_s(number, name) for name in probes.dtypes}
    return replace(
        device,
        flops_per_s={**device.flops_per_s, **flops},
        products_per_s={name: probes.products_per_s(number, name) for name in PRODUCTS},
        bytes_per_s=speed,
        stream_bytes_per_s=speed,
        thread_bytes_per_s=speed / device.threads,
        thread_stream_bytes_per_s=speed / device.threads,
        task_overhead_seconds=probes.launch_seconds(number),
    )


def _timed(
    link: Link, src: int | None, dst: int | None, target: Target, probes: GpuProbes
) -> Link:
    """Return a link with what small and large transfers over it take."""
    if src is None and dst is None:
        return link
    nbytes = _large(target, link.src, link.dst)
    latency = probes.transfer_seconds(src, dst, SMALL_NBYTES)
    seconds = probes.transfer_seconds(src, dst, nbytes) - latency
    # A disturbed small transfer must not make large ones free.
    speed = (nbytes - SMALL_NBYTES) / max(seconds, 0.1 * latency)
    return replace(link, latency_seconds=latency, bytes_per_s=speed)

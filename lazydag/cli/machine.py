"""Targets as the command line reads and shows them."""

from __future__ import annotations

from collections.abc import Iterator

from lazydag.cost import Device, Target
from lazydag.cost.store import load
from lazydag.errors import UsageError
from lazydag.explain.columns import aligned
from lazydag.ir.text.units import (
    format_count,
    format_nbytes,
    format_rate,
    format_seconds,
)


def read_target(path: str) -> Target:
    """Return the machine that a TOML file describes.

    Raises
    ------
    UsageError
        If the file cannot be read.
    ParseError, TargetError
        If it does not describe a machine.
    """
    try:
        return load(path)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def target_lines(target: Target) -> Iterator[str]:
    """Yield the lines that describe devices, memory spaces and links."""
    for device in target.devices:
        yield f"device {device.name}"
        yield from aligned(_device_rows(device), indent="  ")
    yield "memory"
    spaces = [(space.name, format_nbytes(space.nbytes)) for space in target.spaces]
    yield from aligned(spaces, right={1}, indent="  ")
    if target.links:
        yield "links"
        rows = [
            (
                f"{link.src} to {link.dst}",
                format_rate(link.bytes_per_s),
                f"{format_seconds(link.latency_seconds)} latency",
            )
            for link in target.links
        ]
        yield from aligned(rows, right={1}, indent="  ")


def _device_rows(device: Device) -> list[tuple[str, str]]:
    caches = (device.l1_nbytes, device.l2_nbytes, device.l3_nbytes)
    names = ("L1", "L2", "L3 shared")
    flops = [f"{k} {format_count(v)}/s" for k, v in device.flops_per_s.items()]
    products = [f"{k} {format_count(v)}/s" for k, v in device.products_per_s.items()]
    one = format_rate(device.thread_bytes_per_s)
    return [
        ("threads", str(device.threads)),
        (
            "caches",
            ", ".join(
                f"{name} {format_nbytes(size)}"
                for name, size in zip(names, caches, strict=True)
                if size
            ),
        ),
        ("memory speed", f"{format_rate(device.bytes_per_s)}, one thread {one}"),
        ("streaming stores", format_rate(device.stream_bytes_per_s)),
        ("operations", ", ".join(flops)),
        *([("in products", ", ".join(products))] if products else []),
        ("task overhead", format_seconds(device.task_overhead_seconds)),
    ]

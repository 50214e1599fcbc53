"""Measures this machine for the cost model, in a few seconds."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from lazydag.cost.calibrate_gpus import with_measured_gpus
from lazydag.cost.host import cache_folder, calibration_file, described
from lazydag.cost.probes import (
    Array,
    Combine,
    GpuProbes,
    Piece,
    Probes,
    disk_speed,
    rate,
)
from lazydag.cost.store import save
from lazydag.cost.target import Device, Link, Space, Target

# Arrays so many times larger than the last cache are in memory for certain.
CACHES = 3
LEAST_NBYTES = 64 << 20
# A plain store reads what it writes: three streams are four.
STREAM_GAIN = 4 / 3
# Half of what is free: plans may spill, not fill.
DISK_FRACTION = 0.5
# Shares of the time for each of four memory speeds, and for arithmetic.
MEMORY_SHARE = 0.15
ARITHMETIC_SHARE = 0.2


def calibrate(
    probes: Probes | None = None,
    seconds: float = 6.0,
    folder: Path | None = None,
    base: Target | None = None,
    gpus: GpuProbes | None = None,
) -> Target:
    """Return this machine with measured speeds.

    Parameters
    ----------
    probes
        What to time; NumPy's loops by default.
    seconds
        Time to spend on processors and memory; the disk takes a second more.
    folder
        Where to measure the disk; the user's cache folder by default.
    base
        The machine as far as it is described; detected by default.
    gpus
        What to time its GPUs by; without they are kept as they are described.
    """
    known = described() if base is None else base
    used = Probes() if probes is None else probes
    cpu = _with_flops(known.default, used, ARITHMETIC_SHARE * seconds)
    cpu = _with_memory(cpu, known, used, MEMORY_SHARE * seconds)
    if used.task_overhead_seconds is not None:
        cpu = replace(cpu, task_overhead_seconds=used.task_overhead_seconds())
    measured = replace(known, devices=(cpu, *known.devices[1:]))
    if gpus is not None:
        measured = with_measured_gpus(measured, gpus)
    return _with_disk(measured, cache_folder() if folder is None else folder)


def save_calibration(target: Target) -> Path:
    """Keep a calibration for this kind of machine, and return its file.

    Raises
    ------
    OSError
        If the cache folder cannot be written.
    """
    path = calibration_file()
    save(target, path)
    return path


def _with_flops(cpu: Device, probes: Probes, seconds: float) -> Device:
    """One thread in its own cache; others have theirs."""
    each = seconds / max(1, len(probes.arithmetic))
    rates = {
        dtype: cpu.threads * rate([piece], each)
        for dtype, piece in probes.arithmetic.items()
    }
    first = next(iter(rates), "")
    scale = rates[first] / cpu.flops(first) if rates else 1.0
    scaled = {dtype: scale * known for dtype, known in cpu.flops_per_s.items()}
    return replace(cpu, flops_per_s={**scaled, **rates})


def _with_memory(cpu: Device, known: Target, probes: Probes, seconds: float) -> Device:
    wanted = max(LEAST_NBYTES, CACHES * cpu.l3_nbytes)
    nbytes = min(wanted, known.space(cpu.space).nbytes // 16)
    first, second, out = (np.ones(nbytes // 8) for _ in range(3))

    arrays = first, second, out

    def measured(kind: Combine, threads: int) -> float:
        parts = zip(*(np.array_split(array, threads) for array in arrays), strict=True)
        return rate([_combining(kind, *part) for part in parts], seconds)

    plain = [measured(probes.combine, threads) for threads in (1, cpu.threads)]
    stream = (
        [STREAM_GAIN * speed for speed in plain]
        if probes.stream is None
        else [measured(probes.stream, threads) for threads in (1, cpu.threads)]
    )
    return replace(
        cpu,
        thread_bytes_per_s=plain[0],
        thread_stream_bytes_per_s=stream[0],
        # A disturbed measurement must not make all threads slower than one.
        bytes_per_s=max(plain),
        stream_bytes_per_s=max(stream),
    )


def _combining(kind: Combine, first: Array, second: Array, out: Array) -> Piece:
    def piece() -> float:
        kind(first, second, out)
        return float(first.nbytes + second.nbytes + out.nbytes)

    return piece


def _with_disk(target: Target, folder: Path) -> Target:
    """Measure the links between memory and disk, unless nothing can be written."""
    ram = target.default.space
    try:
        speed = disk_speed(folder)
        free = shutil.disk_usage(folder).free
    except OSError:
        return target
    disk = Space("disk", int(DISK_FRACTION * free))
    links = (
        Link(ram, "disk", speed.write_latency_seconds, speed.write_bytes_per_s),
        Link("disk", ram, speed.read_latency_seconds, speed.read_bytes_per_s),
    )
    spaces = [space for space in target.spaces if space.name != "disk"]
    others = [link for link in target.links if "disk" not in {link.src, link.dst}]
    return replace(target, spaces=(*spaces, disk), links=(*others, *links))

"""GPUs in targets: by what their driver says, until they are measured."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from lazydag.cost.nvidia import Gpu, gpus_of_machine
from lazydag.cost.target import Device, Link, Space, Target
from lazydag.errors import UsageError

VARIABLE: Final = "LAZYDAG_DEVICES"
_WORD: Final = re.compile(r"(cpu|gpu)(:\d+)?")

# Multiplications and additions of a multiprocessor at a time, in f64 and f32, by
# capability: the first row that is not above it. (CUDA C++ Programming Guide, table of
# arithmetic throughput.)
_LANES: Final = (
    ((12, 0), 2, 128),
    ((10, 0), 64, 128),
    ((9, 0), 64, 128),
    ((8, 1), 2, 128),
    ((8, 0), 32, 64),
    ((7, 1), 2, 64),
    ((7, 0), 32, 64),
    ((0, 0), 2, 64),
)
# Operations on integers, beside those in f32.
_INTEGERS: Final = {
    "i64": 1 / 16,
    "i32": 1 / 4,
    "i16": 1 / 4,
    "i8": 1 / 4,
    "bool": 1 / 4,
}
_MEMORY_BYTES_PER_S: Final = 400e9
# What memory reaches of what its clock allows, and what plans may have of it.
_REACHED: Final = 0.9
_SHARE: Final = 0.9
_LAUNCH_SECONDS: Final = 5e-6
_LINK_LATENCY_SECONDS: Final = 1e-5
# PCI Express of 16 lanes: of the fifth generation from capability 9 on, of the fourth.
_LINK_BYTES_PER_S: Final = (20e9, 45e9)
_PEER_BYTES_PER_S: Final = (20e9, 45e9)


def is_wanted(name: str, kind: str) -> bool:
    """Tell whether ``LAZYDAG_DEVICES`` lets plans use a device.

    It is a list such as ``gpu:0,gpu:1`` of devices, or kinds of devices, that plans may
    use; all if it is not set. The processors that run Python are always used.

    Raises
    ------
    UsageError
        If it lists something else.
    """
    words = _listed()
    return words is None or not words.isdisjoint({name, kind})


def _listed() -> frozenset[str] | None:
    text = os.environ.get(VARIABLE)
    if text is None:
        return None
    words = frozenset(word.strip() for word in text.split(",") if word.strip())
    for word in sorted(words):
        if not _WORD.fullmatch(word):
            remedy = "List devices such as gpu:0,gpu:1 or kinds such as gpu, or cpu."
            raise UsageError(f"{VARIABLE} has {word!r}", remedy=remedy)
    return words


def has_library() -> bool:
    """Tell whether CuPy is installed, by which plans run on GPUs."""
    return find_spec("cupy") is not None


def usable_gpus() -> tuple[Gpu, ...]:
    """Return the GPUs of this machine that plans can run on, and may.

    Without a driver, without CuPy, or where none is wanted, there are none; the driver
    is not asked then.

    Raises
    ------
    UsageError
        If ``LAZYDAG_DEVICES`` cannot be read.
    """
    words = _listed()
    if words is not None and not any(word.startswith("gpu") for word in words):
        return ()
    if not has_library():
        return ()
    found = gpus_of_machine()
    return tuple(gpu for gpu in found if is_wanted(gpu.device, "gpu"))


def models() -> list[str]:
    """Return words for the GPUs of this machine, without waking them."""
    files = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    lines = (line for file in files for line in _lines(file) if "Model" in line)
    found = [line.partition(":")[2].strip() for line in lines]
    return [*found, os.environ.get("CUDA_VISIBLE_DEVICES", "")] if found else []


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def with_gpus(target: Target, gpus: Sequence[Gpu]) -> Target:
    """Return a target with more devices, and links between all memories."""
    ram = target.default.space
    links: list[Link] = []
    for gpu in gpus:
        links += _both(ram, gpu.space, gpu, _LINK_BYTES_PER_S)
        others = [g for g in gpus if g.number in gpu.peers and g.number > gpu.number]
        for other in others:
            links += _both(gpu.space, other.space, gpu, _PEER_BYTES_PER_S)
    return replace(
        target,
        devices=(*target.devices, *map(_device, gpus)),
        spaces=(*target.spaces, *map(_space, gpus)),
        links=(*target.links, *links),
    )


def without_gpus(target: Target, names: Sequence[str]) -> Target:
    """Return a target that lacks some devices, their memories and their links."""
    gone = {device.space for device in target.devices if device.name in names}
    return replace(
        target,
        devices=tuple(d for d in target.devices if d.name not in names),
        spaces=tuple(space for space in target.spaces if space.name not in gone),
        links=tuple(link for link in target.links if not {link.src, link.dst} & gone),
    )


def _device(gpu: Gpu) -> Device:
    f64, f32 = next(lanes for least, *lanes in _LANES if gpu.capability >= least)
    # A multiplication and an addition fused are two.
    clocks = 2 * gpu.multiprocessors * gpu.clock_per_s
    flops = {"f64": f64 * clocks, "f32": f32 * clocks}
    flops |= {name: share * f32 * clocks for name, share in _INTEGERS.items()}
    speed = _REACHED * (gpu.memory_bytes_per_s or _MEMORY_BYTES_PER_S)
    return Device(
        name=gpu.device,
        kind="gpu",
        threads=gpu.multiprocessors,
        space=gpu.space,
        flops_per_s=flops,
        bytes_per_s=speed,
        stream_bytes_per_s=speed,
        thread_bytes_per_s=speed / gpu.multiprocessors,
        thread_stream_bytes_per_s=speed / gpu.multiprocessors,
        task_overhead_seconds=_LAUNCH_SECONDS,
        l1_nbytes=gpu.l1_nbytes,
        l2_nbytes=gpu.l2_nbytes,
        l3_nbytes=0,
    )


def _space(gpu: Gpu) -> Space:
    return Space(gpu.space, int(_SHARE * gpu.nbytes))


def _both(one: str, other: str, gpu: Gpu, speeds: tuple[float, float]) -> list[Link]:
    speed = speeds[gpu.capability >= (9, 0)]
    return [
        Link(src, dst, _LINK_LATENCY_SECONDS, speed)
        for src, dst in ((one, other), (other, one))
    ]

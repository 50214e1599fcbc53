"""What this machine has: processors, caches, memory, and what was measured of it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import sys
import warnings
from functools import cache
from pathlib import Path

from lazydag.cost.gpus import models, usable_gpus, with_gpus, without_gpus
from lazydag.cost.memory import available_nbytes
from lazydag.cost.store import load
from lazydag.cost.target import Device, Link, Space, Target
from lazydag.errors import CacheWarning, LazydagError, UsageError

_VARIABLE = "LAZYDAG_NUM_THREADS"

# L1 and L2 of a core, L3 of a socket, where the system does not tell.
DEFAULT_CACHES = (32 << 10, 1 << 20, 8 << 20)

# A modest machine, for those that were never measured: per thread, and of the whole
# memory, since a few threads saturate it.
_THREAD_FLOPS_PER_S = {
    "f64": 6e9,
    "f32": 12e9,
    "i64": 4e9,
    "i32": 8e9,
    "i16": 16e9,
    "i8": 32e9,
    "bool": 32e9,
}
_THREAD_BYTES_PER_S = 10e9
_MEMORY_BYTES_PER_S = 25e9
# Traffic with non-temporal stores is not read before it is written.
_STREAM_GAIN = 1.4
_TASK_OVERHEAD_SECONDS = 2e-7
_DISK = Space("disk", 100 << 30)
_DISK_LATENCY_SECONDS = 2e-4
_DISK_BYTES_PER_S = 5e8


def available_threads() -> int:
    """Return the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def default_threads() -> int:
    """Return how many threads to use: as the environment says, else all processors.

    Raises
    ------
    UsageError
        If ``LAZYDAG_NUM_THREADS`` is not a positive number.
    """
    text = os.environ.get(_VARIABLE)
    if text is None:
        return available_threads()
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(
            f"{_VARIABLE} is {text!r}", remedy="Set it to a number of threads, from 1."
        )
    return int(text)


def detect() -> Target:
    """Return this machine: as it was calibrated, else by conservative defaults.

    With those of its GPUs that plans can run on, and may: see ``LAZYDAG_DEVICES`` in
    `lazydag.cost.gpus`.

    Raises
    ------
    UsageError
        If the variable cannot be read.

    Warns
    -----
    CacheWarning
        If there is a calibration that cannot be read; it is then not used.
    """
    path = calibration_file()
    known = default_target()
    if path.exists():
        try:
            known = load(path)
        except (LazydagError, OSError) as error:
            reason = str(error).partition("\n")[0]
            text = f"{path} is not used: {reason}. Run `lazydag calibrate` again."
            warnings.warn(text, CacheWarning, stacklevel=2)
    return _with_those_there(known)


def described() -> Target:
    """Return this machine and its GPUs as the system describes them, nothing measured.

    Raises
    ------
    UsageError
        If ``LAZYDAG_DEVICES`` cannot be read.
    """
    return _with_those_there(default_target())


def _with_those_there(target: Target) -> Target:
    """Return a target with the GPUs that are there now, and no others."""
    usable = {gpu.device: gpu for gpu in usable_gpus()}
    known = [device.name for device in target.devices if device.kind == "gpu"]
    gone = [name for name in known if name not in usable]
    more = [gpu for name, gpu in usable.items() if name not in known]
    return with_gpus(without_gpus(target, gone), more)


def default_target() -> Target:
    """Return this machine as far as the system describes it, nothing measured."""
    threads = available_threads()
    l1_nbytes, l2_nbytes, l3_nbytes = cache_sizes()
    bytes_per_s = min(threads * _THREAD_BYTES_PER_S, _MEMORY_BYTES_PER_S)
    cpu = Device(
        name="cpu:0",
        kind="cpu",
        threads=threads,
        space="ram",
        flops_per_s={
            dtype: threads * rate for dtype, rate in _THREAD_FLOPS_PER_S.items()
        },
        bytes_per_s=bytes_per_s,
        stream_bytes_per_s=_STREAM_GAIN * bytes_per_s,
        thread_bytes_per_s=_THREAD_BYTES_PER_S,
        thread_stream_bytes_per_s=_STREAM_GAIN * _THREAD_BYTES_PER_S,
        task_overhead_seconds=_TASK_OVERHEAD_SECONDS,
        l1_nbytes=l1_nbytes,
        l2_nbytes=l2_nbytes,
        l3_nbytes=l3_nbytes,
    )
    links = tuple(
        Link(src, dst, _DISK_LATENCY_SECONDS, _DISK_BYTES_PER_S)
        for src, dst in (("ram", "disk"), ("disk", "ram"))
    )
    spaces = (Space("ram", available_nbytes()), _DISK)
    return Target((cpu,), spaces, links, name="host")


def cache_folder() -> Path:
    """Return ``LAZYDAG_CACHE_DIR``, else the user's cache folder of the platform."""
    if chosen := os.environ.get("LAZYDAG_CACHE_DIR"):
        return Path(chosen)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home()))
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "lazydag"


def calibration_file() -> Path:
    """Return where this machine's calibration is kept."""
    return cache_folder() / f"calibration-{machine_key()}.toml"


@cache
def machine_key() -> str:
    """Return a word for the kind of machine: processor, caches, threads, GPUs.

    A home folder may be shared by machines of several kinds.
    """
    parts = [platform.machine(), _processor(), *cache_sizes(), available_threads()]
    parts += models()
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
    return next(names, platform.processor())


@cache
def cache_sizes() -> tuple[int, int, int]:
    """Return the bytes of a core's L1 and L2, and of the last shared level.

    The last is 0 where there is none.
    """
    if sys.platform == "darwin":
        return _darwin_caches()
    found = _linux_caches()
    if not found:
        return DEFAULT_CACHES
    l1_nbytes = found.get(1, DEFAULT_CACHES[0])
    return l1_nbytes, found.get(2, l1_nbytes), found.get(3, 0)


def _linux_caches() -> dict[int, int]:
    found = {}
    for folder in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        try:
            kind = (folder / "type").read_text(encoding="ascii").strip()
            level = int((folder / "level").read_text(encoding="ascii"))
            size = (folder / "size").read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            continue
        if kind != "Instruction":
            found[level] = _size(size)
    return found


def _size(text: str) -> int:
    scale = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}.get(text[-1:], 1)
    return int(text.rstrip("KMG")) * scale


def _darwin_caches() -> tuple[int, int, int]:
    names = (
        "hw.perflevel0.l1dcachesize",
        "hw.perflevel0.l2cachesize",
        "hw.l3cachesize",
    )
    l1_nbytes, l2_nbytes, l3_nbytes = map(_sysctl, names)
    return l1_nbytes or DEFAULT_CACHES[0], l2_nbytes or DEFAULT_CACHES[1], l3_nbytes


def _sysctl(name: str) -> int:
    value, size = ctypes.c_uint64(0), ctypes.c_size_t(8)
    call = ctypes.CDLL(None).sysctlbyname
    failed = call(name.encode(), ctypes.byref(value), ctypes.byref(size), None, 0)
    return 0 if failed else value.value

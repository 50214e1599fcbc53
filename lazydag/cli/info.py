"""``lazydag info``: the machine, the libraries and the caches."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from lazydag.cli.libraries import OPTIONAL, REQUIRED, installed
from lazydag.cli.machine import target_lines
from lazydag.cli.parser import Command
from lazydag.cost.nvidia import Gpu
from lazydag.explain.columns import aligned
from lazydag.ir.text.units import format_nbytes


def run() -> None:
    """Print what plans are made from."""
    print("\n".join(_lines()))


def _lines() -> Iterator[str]:
    from lazydag.compiler import host_target

    yield f"lazydag {installed('lazydag')}, Python {platform.python_version()}"
    yield f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield ""
    yield from target_lines(host_target())
    yield from _gpu_lines()
    yield f"budget of plans: {_budget()}"
    yield ""
    yield from _library_lines()
    yield ""
    yield from _cache_lines()


def _gpu_lines() -> Iterator[str]:
    from lazydag.cost.gpus import usable_gpus
    from lazydag.cost.nvidia import gpus_of_machine

    found, usable = gpus_of_machine(), usable_gpus()
    yield "GPUs" if found else "GPUs: none found"
    rows = [(gpu.device, _described(gpu), _used(gpu in usable)) for gpu in found]
    yield from aligned(rows, indent="  ")


def _described(gpu: Gpu) -> str:
    major, minor = gpu.capability
    return (
        f"{gpu.name}, {format_nbytes(gpu.nbytes)}, "
        f"{gpu.multiprocessors} multiprocessors, capability {major}.{minor}"
    )


def _used(is_usable: bool) -> str:
    from lazydag.cost.gpus import VARIABLE, has_library

    if is_usable:
        return "plans use it"
    if has_library():
        return f"not used, as {VARIABLE} says"
    return "not used without CuPy: pip install 'lazydag[cuda]'"


def _budget() -> str:
    from lazydag.runtime.limits import VARIABLE, default_limit

    return f"{format_nbytes(default_limit())} of memory ({VARIABLE} sets it)"


def _library_lines() -> Iterator[str]:
    yield "libraries"
    rows = [
        (name, installed(name) or "not installed") for name in (*REQUIRED, *OPTIONAL)
    ]
    yield from aligned(rows, indent="  ")


def _cache_lines() -> Iterator[str]:
    from lazydag.cost.host import cache_folder, calibration_file

    folder, calibration = cache_folder(), calibration_file()
    yield f"caches in {folder}"
    kinds = {"kernels": "objects/*.o", "measured costs": "costs-*.json"}
    rows = [(name, *_size(folder, pattern)) for name, pattern in kinds.items()]
    yield from aligned(rows, right={1, 2}, indent="  ")
    yield f"calibration: {_calibrated(calibration)}"


def _size(folder: Path, pattern: str) -> tuple[str, str]:
    sizes = [path.stat().st_size for path in folder.glob(pattern)]
    return f"{len(sizes)} files", format_nbytes(sum(sizes))


def _calibrated(path: Path) -> str:
    if not path.exists():
        return "none; estimates use defaults until `lazydag calibrate` has run"
    at = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
    return f"{path.name}, measured {at:%Y-%m-%d %H:%M}"


INFO = Command("info", "show the machine as lazydag sees it", (), run)

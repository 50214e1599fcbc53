"""What is installed beside lazydag, found without importing any of it."""

from __future__ import annotations

import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version

REQUIRED = ("numpy", "llvmlite", "numba", "networkx")
OPTIONAL = ("cupy-cuda13x", "dask", "distributed", "pyarrow", "mpi4py")


def installed(package: str) -> str | None:
    """Return the version of an installed package, None if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def nvidia_gpus() -> list[str]:
    """Return names and memory of the NVIDIA GPUs, as their driver's tool tells."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    query = [tool, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            query, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in done.stdout.splitlines() if line.strip()]

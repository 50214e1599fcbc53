"""What is installed beside lazydag, found without importing any of it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

REQUIRED = ("numpy", "llvmlite", "numba", "networkx")
OPTIONAL = ("cupy-cuda13x", "dask", "distributed", "pyarrow", "mpi4py")


def installed(package: str) -> str | None:
    """Return the version of an installed package, None if it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None

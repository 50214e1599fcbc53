"""The libraries, set up for a benchmark; None for one that is not installed."""

from __future__ import annotations

import importlib
import os
from typing import Any


def limit_threads(threads: int) -> None:
    """Hold this process to a number of threads; call it before any library loads."""
    for name in ("NUMBA", "OMP", "OPENBLAS", "MKL", "NUMEXPR", "LAZYDAG"):
        os.environ[f"{name}_NUM_THREADS"] = str(threads)
    os.environ["NUMEXPR_MAX_THREADS"] = str(threads)
    os.environ["JAX_PLATFORMS"] = "cpu"
    # JAX has no setting for it: it looks at the cores it may use.
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))[:threads]
        os.sched_setaffinity(0, cores)


def load(name: str) -> Any:
    """Return a module, or None when it is not there."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def load_jax() -> Any:
    """Return JAX with 64-bit floats on, or None."""
    jax = load("jax")
    if jax is not None:
        jax.config.update("jax_enable_x64", True)
    return jax


def load_lazydag() -> Any:
    """Return lazydag, or None where it cannot be imported or has no ``jit`` yet."""
    ld = load("lazydag")
    return ld if hasattr(ld, "jit") else None

"""What a process has one of: its target, threads, memory pool and CPU backend.

Each is made when it is first needed, so that importing lazydag loads no compiler.
"""

from __future__ import annotations

import atexit
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from lazydag.backends.cpu.backend import CpuBackend
from lazydag.backends.cpu.engine import default_engine
from lazydag.cost.history import History, Settled
from lazydag.cost.host import (
    cache_folder,
    default_threads,
    detect,
    machine_key,
)
from lazydag.cost.target import Target
from lazydag.errors import UsageError
from lazydag.runtime import Executor, MemoryPool, sink
from lazydag.runtime.dynamic import scheduler
from lazydag.runtime.feedback import feedback


@dataclass
class _Session:
    """The parts that belong together for one number of threads."""

    threads: int
    history: History

    @cached_property
    def target(self) -> Target:
        return _with_threads(detect(), self.threads)

    @cached_property
    def settled(self) -> Settled:
        """What runs have measured, each as it was when it was first asked for."""
        return Settled(self.history)

    @cached_property
    def backend(self) -> CpuBackend:
        cache_nbytes = self.target.default.l3_nbytes or self.target.default.l2_nbytes
        return CpuBackend(cache_nbytes, threads=self.threads)

    @cached_property
    def executor(self) -> Executor:
        observe = feedback(self.history, self.target.default.name)
        executor = Executor(self.threads, default_engine(), observe)
        scheduler.employ(self.threads, executor.pool)
        return executor


def _remembered() -> History:
    """Return what earlier processes measured; what this one measures is kept too."""
    path = cache_folder() / f"costs-{machine_key()}.json"
    history = History()
    history.load(path)
    atexit.register(_keep, history, len(history), path)
    return history


def _keep(history: History, before: int, path: Path) -> None:
    """Write the history down, unless nothing was measured."""
    if len(history) == before:
        return
    with suppress(OSError):
        history.save(path)


def _with_threads(target: Target, threads: int) -> Target:
    """Return `target` with its first device used by so many threads only."""
    device = target.default
    if threads == device.threads:
        return target
    share = min(1.0, threads / device.threads)
    flops = {name: rate * share for name, rate in device.flops_per_s.items()}
    used = replace(
        device,
        threads=threads,
        flops_per_s=flops,
        bytes_per_s=max(device.thread_bytes_per_s, device.bytes_per_s * share),
        stream_bytes_per_s=max(
            device.thread_stream_bytes_per_s, device.stream_bytes_per_s * share
        ),
    )
    return replace(target, devices=(used, *target.devices[1:]))


_lock = threading.Lock()
_session: _Session | None = None
_pool: MemoryPool | None = None


def session() -> _Session:
    """Return the process's session."""
    global _session  # noqa: PLW0603 -- the one place that holds it
    found = _session
    if found is None:
        with _lock:
            if _session is None:
                _session = _Session(default_threads(), _remembered())
            found = _session
    return found


def memory_pool() -> MemoryPool:
    """Return the pool that results and temporaries lie in."""
    global _pool  # noqa: PLW0603 -- the one place that holds it
    found = _pool
    if found is None:
        with _lock:
            if _pool is None:
                _pool = MemoryPool()
                sink.gauges["memory in use"] = _leased_nbytes
            found = _pool
    return found


def _leased_nbytes() -> float:
    return memory_pool().stats().leased_nbytes


def host_target() -> Target:
    """Return what plans are made for by default: this machine."""
    return session().target


def get_num_threads() -> int:
    """Return how many threads run a plan."""
    return session().threads


def set_num_threads(threads: int) -> None:
    """Run plans on so many threads from now on, the caller's among them.

    Parameters
    ----------
    threads : int
        From 1. Results are the same bits for any number.

    Raises
    ------
    UsageError
        If the number is not positive.
    """
    global _session  # noqa: PLW0603 -- the one place that holds it
    if threads < 1:
        raise UsageError(f"{threads} threads asked for", remedy="Give 1 or more.")
    with _lock:
        old = _session
        if old is not None and old.threads == threads:
            return
        _session = _Session(threads, _remembered() if old is None else old.history)
    if old is not None and "executor" in vars(old):
        old.executor.close()
    scheduler.employ(threads, None)

"""Machines whose GPUs do all that they can: what tests run on, and on the host, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from lazydag.backends.cuda.cupy_device import CupyDevice
from lazydag.backends.cuda.device import GpuDevice
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.compiler import cache, session
from lazydag.compiler.devices import attach, detach
from lazydag.cost.target import Link, Space, Target
from tests.passes.targets import cpu, gpu

#: Seconds that are nothing.
AT_ONCE = 1e-15


def far_target(gpus: int = 1) -> Target:
    """Return a machine whose host is so slow that all goes to its GPUs."""
    slow = replace(cpu(1), task_overhead_seconds=1.0)
    quick = [replace(gpu(k), task_overhead_seconds=AT_ONCE) for k in range(gpus)]
    spaces = ["ram", *(device.space for device in quick)]
    return Target(
        (slow, *quick),
        tuple(Space(name, 1 << 50) for name in spaces),
        tuple(Link(a, b, AT_ONCE, 1e18) for a in spaces for b in spaces if a != b),
        name=f"far {gpus}",
    )


def devices_of(kind: str, gpus: int = 1) -> list[GpuDevice]:
    """Return ``"simulated"`` GPUs, or the ``"real"`` ones."""
    if kind == "real":
        return [CupyDevice(k) for k in range(gpus)]
    first = SimulatedDevice()
    others = [
        SimulatedDevice(f"gpu:{k}", f"gpu{k}", context=7 + k, beside=first)
        for k in range(1, gpus)
    ]
    return [first, *others]


@contextmanager
def attached(devices: Sequence[GpuDevice]) -> Iterator[None]:
    """Let plans for far targets run on these GPUs."""
    for device in devices:
        attach(device)
    try:
        yield
    finally:
        for device in devices:
            detach(device.name)


@contextmanager
def running_on(devices: Sequence[GpuDevice]) -> Iterator[None]:
    """Plan all that this process evaluates for GPUs, also what is small."""
    target = far_target(len(devices))
    with attached(devices), pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "detect", lambda: target)
        patch.setattr(cache, "MAX_INTERPRETED", 0)
        _forget()
        yield
    _forget()


def _forget() -> None:
    """Let the next plan ask anew what machine this is."""
    vars(session.session()).pop("target", None)
    cache.clear()


def take_faults(devices: Sequence[GpuDevice]) -> list[str]:
    """Return the hazards that were found since the last time.

    Real devices look for none.
    """
    found = []
    for device in devices:
        if isinstance(device, SimulatedDevice):
            found += device.faults
            device.faults.clear()
    return found

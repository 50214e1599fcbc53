"""Targets that nobody here has."""

import pytest

from lazydag.cost import Device, Link, Space, Target

GB = 10**9


def device(name, space, kind="cpu", threads=8, **options):
    values = {
        "flops_per_s": {"f64": 80e9, "f32": 160e9},
        "bytes_per_s": 50e9,
        "stream_bytes_per_s": 60e9,
        "thread_bytes_per_s": 10e9,
        "thread_stream_bytes_per_s": 20e9,
        "task_overhead_seconds": 1e-6,
    }
    return Device(name, kind, threads, space, **{**values, **options})


def both(one, other, latency_seconds, bytes_per_s):
    return (
        Link(one, other, latency_seconds, bytes_per_s),
        Link(other, one, latency_seconds, bytes_per_s),
    )


@pytest.fixture
def four_gpus():
    """Two sockets, four GPUs, two on each, linked in a ring."""
    fast = {"flops_per_s": {"f64": 30e12, "f32": 60e12}, "bytes_per_s": 3e12}
    gpus = [
        device(f"gpu:{i}", f"gpu{i}", "gpu", 132, **fast, stream_bytes_per_s=3e12)
        for i in range(4)
    ]
    links = (
        *both("ram0", "ram1", 1e-6, 40e9),
        *both("ram0", "gpu0", 1e-5, 25e9),
        *both("ram1", "gpu2", 1e-5, 25e9),
        *both("gpu0", "gpu1", 5e-6, 400e9),
        *both("gpu1", "gpu2", 5e-6, 400e9),
        *both("gpu2", "gpu3", 5e-6, 400e9),
        *both("gpu3", "gpu0", 5e-6, 400e9),
    )
    return Target(
        devices=(device("cpu:0", "ram0"), device("cpu:1", "ram1"), *gpus),
        spaces=(
            Space("ram0", 256 * GB),
            Space("ram1", 256 * GB),
            *(Space(f"gpu{i}", 140 * GB) for i in range(4)),
        ),
        links=links,
        name="four gpus",
    )

"""Hand-made targets: machines that nobody has to have."""

from lazydag.cost.target import Device, Link, Space, Target

GB = 1 << 30


def cpu(threads: int = 2, name: str = "cpu:0", space: str = "ram") -> Device:
    """A core at 2 GHz with vectors of 8, memory at 20 GB/s."""
    return Device(
        name,
        "cpu",
        threads,
        space,
        {"f64": 16e9 * threads, "f32": 32e9 * threads, "i64": 8e9 * threads},
        bytes_per_s=10e9 * threads,
        stream_bytes_per_s=10e9 * threads,
        thread_bytes_per_s=10e9,
        thread_stream_bytes_per_s=10e9,
    )


def gpu(number: int = 0) -> Device:
    """Fast once the data is there."""
    return Device(
        f"gpu:{number}",
        "gpu",
        128,
        f"gpu{number}",
        {"f64": 30e12, "f32": 60e12, "i64": 15e12},
        bytes_per_s=3e12,
        stream_bytes_per_s=3e12,
        thread_bytes_per_s=24e9,
        thread_stream_bytes_per_s=24e9,
        task_overhead_seconds=5e-6,
    )


def links(a: str, b: str, bytes_per_s: float = 20e9) -> tuple[Link, Link]:
    """A link each way, with the latency of a PCIe transfer."""
    return Link(a, b, 10e-6, bytes_per_s), Link(b, a, 10e-6, bytes_per_s)


ONE_CORE = Target((cpu(1),), (Space("ram", 16 * GB),), name="one core")
LAPTOP = Target((cpu(2),), (Space("ram", 16 * GB),), name="laptop")
WITH_GPU = Target(
    (cpu(8), gpu()),
    (Space("ram", 64 * GB), Space("gpu0", 80 * GB)),
    links("ram", "gpu0"),
    name="one gpu",
)
FOUR_GPUS = Target(
    (cpu(8), *(gpu(i) for i in range(4))),
    (Space("ram", 256 * GB), *(Space(f"gpu{i}", 80 * GB) for i in range(4))),
    tuple(link for i in range(4) for link in links("ram", f"gpu{i}")),
    name="four gpus",
)
SOCKETS = Target(
    (cpu(16), cpu(16, "cpu:1", "ram1")),
    (Space("ram", 64 * GB), Space("ram1", 64 * GB)),
    links("ram", "ram1", 40e9),
    name="two sockets",
)

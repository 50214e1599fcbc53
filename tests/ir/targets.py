"""A hand-made target, so that passes decide the same on every machine."""

from lazydag.cost.target import Device, Space, Target

CPU = Device(
    name="cpu:0",
    kind="cpu",
    threads=2,
    space="ram",
    flops_per_s={"f64": 1e10, "f32": 2e10},
    bytes_per_s=2e10,
    stream_bytes_per_s=2.5e10,
    thread_bytes_per_s=1.2e10,
    thread_stream_bytes_per_s=1.5e10,
)
TWO_THREADS = Target((CPU,), (Space("ram", 16 * 10**9),))

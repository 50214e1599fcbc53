"""What work costs on which device.

In: devices, memory spaces and links (`Target`), and work as bytes and operations.
Out: estimates in seconds, corrected by what earlier runs measured.
"""

from lazydag.cost.estimate import (
    Bound,
    Estimate,
    Work,
    amount,
    estimate,
    kernel_seconds,
    route,
    transfer_seconds,
)
from lazydag.cost.target import Device, Link, Space, Speed, Target

__all__ = [
    "Bound",
    "Device",
    "Estimate",
    "Link",
    "Space",
    "Speed",
    "Target",
    "Work",
    "amount",
    "estimate",
    "kernel_seconds",
    "route",
    "transfer_seconds",
]

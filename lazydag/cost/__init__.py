"""What work costs on which device.

In: devices, memory spaces and links (`Target`), and work as bytes and operations.
Out: estimates in seconds, corrected by what earlier runs measured.
"""

from lazydag.cost.estimate import Bound, Estimate, Work, estimate, transfer_seconds
from lazydag.cost.target import Device, Link, Space, Target

__all__ = [
    "Bound",
    "Device",
    "Estimate",
    "Link",
    "Space",
    "Target",
    "Work",
    "estimate",
    "transfer_seconds",
]

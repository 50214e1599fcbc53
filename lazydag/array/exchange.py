"""Arrays that other libraries have on devices, used where they lie."""

from __future__ import annotations

from typing import Any

from lazydag.array import engine
from lazydag.array.array import Array, holding
from lazydag.array.values import is_on_device


def as_ours(value: Any) -> Any:
    """Return a lazy array of one on a device; what is none as it is."""
    if isinstance(value, Array) or not is_on_device(value):
        return value
    return holding(engine.adopted(value))

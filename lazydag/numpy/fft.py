"""NumPy's `fft` for lazy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

import lazydag.fft
from lazydag.array.functions import namespace

__all__ = namespace.names(np.fft)  # noqa: PLE0605  # NumPy's, as a list


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = namespace.find(np.fft, name, lazydag.fft)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

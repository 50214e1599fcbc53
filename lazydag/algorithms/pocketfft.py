"""Transforms of tiles by pocketfft: SciPy's, which has vectors, or else NumPy's.

Both let the interpreter go meanwhile, and give `complex64` for `float32`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import log2
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Transform: TypeAlias = Callable[..., NDArray[Any]]

RATE: Final = 5e9
"""Additions and products a second, about: half of what one core does in its caches."""


def seconds(size: int, n: int) -> float:
    """Return the estimated duration of transforms of lanes of `n` elements each."""
    return 5 * size * log2(n + 1) / RATE


@cache
def function(name: str) -> Transform:
    """Return ``transform(x, lengths, axes, norm)``."""
    try:
        from scipy import fft  # noqa: PLC0415 -- optional, and slow to load
    except ImportError:
        found: Transform = getattr(np.fft, name)
    else:
        found = getattr(fft, name)
    return found

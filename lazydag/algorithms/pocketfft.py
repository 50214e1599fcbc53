"""Transforms of tiles by pocketfft: SciPy's if it is there, for its vectors, or NumPy's.

Both let the interpreter go meanwhile, and give `complex64` for `float32`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


@cache
def _function(name: str) -> tuple[Callable[..., Array], bool]:
    """Return a transform, and whether it can write over its operand."""
    try:
        from scipy import fft  # noqa: PLC0415 -- optional, and slow to load
    except ImportError:
        return getattr(np.fft, name), False
    return getattr(fft, name), True


def transformed(
    name: str, x: Array, lengths: Any, axes: Any, norm: str, *, own: bool
) -> Array:
    """Return a transform; of what is our `own`, maybe in its memory."""
    function, can_overwrite = _function(name)
    options = {"overwrite_x": True} if own and can_overwrite else {}
    return function(x, lengths, axes, norm, **options)


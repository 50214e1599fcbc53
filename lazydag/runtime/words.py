"""Memory of words for the engine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.engine.words import LINE

Words = NDArray[np.int64]
_LINE_WORDS = LINE // 8


def new_words(count: int) -> Words:
    """Return `count` zero words, at least one, aligned to a cache line."""
    raw = np.zeros(count + _LINE_WORDS, np.int64)
    skip = (-raw.ctypes.data // 8) % _LINE_WORDS
    return raw[skip : skip + max(1, count)]

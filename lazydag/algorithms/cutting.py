"""Axes in pieces, and copies of arrays piece by piece."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.python import releases_gil
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out

Array: TypeAlias = NDArray[Any]

COPIED: Final = 1 << 17
"""Elements that one task copies, about."""


def cut(size: int, length: int) -> list[slice]:
    """Return pieces of one length; the last may be shorter."""
    return [slice(i, min(i + length, size)) for i in range(0, size, length)]


def copy(source: Array, target: Array) -> None:
    """Spawn what copies an array, casting its elements."""
    axis = max(range(source.ndim), key=lambda i: source.shape[i])
    length = -(-source.shape[axis] * COPIED // source.size)
    sources, targets = (np.moveaxis(array, axis, 0) for array in (source, target))
    for piece in cut(source.shape[axis], length):
        spawn(_copy, In(sources[piece]), Out(targets[piece]))


@releases_gil
def _copy(source: Array, target: Array) -> None:
    np.copyto(target, source, casting="unsafe")

"""Random numbers that NumPy draws: distributions that reject some of what is tried.

A call is a function of its operands like any other: the state of the stream is among
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from lazydag.ir.types import DTYPES, ArrayType

NDArray: TypeAlias = "np.ndarray[Any, Any]"

# apart from the blocks that kernels take: their counters begin with zeros
_MARK = 1


def draw(
    key: NDArray,
    stream: NDArray,
    first: NDArray,
    *parameters: NDArray,
    distribution: str,
    size: tuple[int, ...],
    shape: tuple[int, ...],
    dtype: str,
    **options: Any,
) -> NDArray:
    """Return what a method of NumPy's generator draws.

    Parameters
    ----------
    key, stream, first : ndarray
        Which stream, and how far it was drawn before: u64 without axes.
    *parameters : ndarray
        Those of the distribution.
    distribution : str
        The method's name.
    size : tuple of int
        How many numbers or vectors to draw.
    shape : tuple of int
        The shape of the result.
    dtype : str
        Its element type.
    **options
        Other arguments of the method.
    """
    counter = np.array([0, 0, int(first), _MARK], np.uint64)
    keys = np.array([int(key), int(stream)], np.uint64)
    rng = np.random.Generator(np.random.Philox(counter=counter, key=keys))
    found = np.asarray(getattr(rng, distribution)(*parameters, size=size, **options))
    return found.astype(DTYPES[dtype], copy=False).reshape(shape)


def drawn(
    _types: Sequence[ArrayType], shape: tuple[int, ...], dtype: str, **_options: Any
) -> tuple[ArrayType, ...]:
    """Return the type that the options say."""
    return (ArrayType(shape, DTYPES[dtype]),)

"""Philox 4x32-10, the counter-based generator of random bits, in NumPy.

A block of 128 bits is a function of a counter of 128 bits and a key of 64.

References
----------
J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel random numbers: as easy as
1, 2, 3*, Proceedings of SC 2011.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np

NDArray: TypeAlias = "np.ndarray[Any, Any]"

ROUNDS: Final = 10
MULTIPLIERS: Final = (0xD2511F53, 0xCD9E8D57)
#: What is added to each half of the key from round to round.
STEPS: Final = (0x9E3779B9, 0xBB67AE85)

_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def word(_attrs: Any, position: NDArray, stream: NDArray, key: NDArray) -> NDArray:
    """Random word at a position of a stream: half of a block of Philox 4x32-10."""
    low, high = philox(position >> np.uint64(1), stream, key)
    return np.where(position & np.uint64(1), high, low)


def philox(block: NDArray, stream: NDArray, key: NDArray) -> tuple[NDArray, NDArray]:
    """Return blocks of random bits, as two words of 64 each.

    Parameters
    ----------
    block, stream : ndarray of uint64
        Lower and upper half of the counter.
    key : ndarray of uint64
        The key.
    """
    a, b, c, d = *_halves(block), *_halves(stream)
    keys = list(_halves(key))
    first, second = (np.uint64(each) for each in MULTIPLIERS)
    for _ in range(ROUNDS):
        p, q = a * first, c * second
        a, c = q >> _HALF ^ b ^ keys[0], p >> _HALF ^ d ^ keys[1]
        b, d = q & _LOW, p & _LOW
        keys = [k + np.uint64(s) & _LOW for k, s in zip(keys, STEPS, strict=True)]
    return a | b << _HALF, c | d << _HALF


def _halves(word: NDArray) -> tuple[NDArray, NDArray]:
    return word & _LOW, word >> _HALF

"""Elements as codes: whole numbers that are in the order of the elements.

A *coding* is some words: how bits of an element become those of its code. A float
whose sign is set has its other bits turned around; then NaN with a sign, the least so
far, are moved behind all others. Unsigned numbers get another first bit. For descending
order all bits are turned around. Each of these steps has a way back.

Codes of positions to sort by (`equated`) have none: zeros of both signs are one, and so
are all NaN.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from lazydag.backends.cpu.order.elements import fetch
from lazydag.runtime.engine.memory import load

# Words of a coding, in bytes.
FOLD: Final = 0
PASSED: Final = 8
TURNED: Final = 16
UNUSED: Final = 24
GREATEST: Final = 32
ZERO: Final = 40
CODING_NBYTES: Final = 48


def coding(dtype: np.dtype[Any], *, descending: bool) -> tuple[int, ...]:
    """Return the words of the coding of a type of 4 or 8 bytes.

    These are: what is turned around in numbers with a sign; how many NaN have one;
    what is turned around in all; how many bits of a word are unused; the greatest bits
    that are no NaN; and those of the zero with a sign.
    """
    bits = 8 * dtype.itemsize
    least = -(1 << bits - 1)
    turned = -1 if descending else 0
    if dtype.kind != "f":
        turned ^= least if dtype.kind == "u" else 0
        return 0, 0, turned, 64 - bits, -least - 1, 0
    infinity = {32: 0xFF << 23, 64: 0x7FF << 52}[bits]
    return -least - 1, -least - 1 - infinity, turned, 64 - bits, infinity, least


def encoded(bits: int, fold: int, passed: int, turned: int, unused: int) -> int:
    """Return the code of an element."""
    moved = (bits ^ (bits >> 63 & fold)) - passed
    return (moved << unused >> unused) ^ turned


def decoded(code: int, fold: int, passed: int, turned: int, unused: int) -> int:
    """Return the element of a code."""
    bits = (code ^ turned) + passed << unused >> unused
    return bits ^ (bits >> 63 & fold)


def equated(bits: int, fold: int, greatest: int, zero: int) -> int:
    """Return the bits of a number that is equal, the same for all that are."""
    bits = 0 if bits == zero else bits
    return fold if fold != 0 and bits & fold > greatest else bits


def encoded_at(at: int, size: int, coding: int, is_equated: int) -> int:
    """Return the code of one element in memory."""
    bits = fetch(at, size)
    fold = load(coding + FOLD)
    if is_equated:
        bits = equated(bits, fold, load(coding + GREATEST), load(coding + ZERO))
    return encoded(
        bits,
        fold,
        load(coding + PASSED),
        load(coding + TURNED),
        load(coding + UNUSED),
    )

"""Sorts codes that fit in the nearest caches, by one digit of 8 bits after the other.

Only digits in which codes differ: those in one bucket have the first ones in common.

References
----------
D. E. Knuth, *The Art of Computer Programming*, volume 3, section 5.2.5, Addison-Wesley
1998.
"""

from __future__ import annotations

from typing import Final

from lazydag.backends.cpu.order.elements import fetch, fill, put
from lazydag.runtime.engine.memory import count_trailing_zeros, load, store

DIGITS: Final = 256


def sort_codes(
    codes: int, beside: int, with_codes: int, others: int, count: int, size: int,
    counters: int,
) -> int:  # fmt: skip
    """Sort codes, and what belongs to each; return 1 if they end up in `beside`.

    Parameters
    ----------
    codes, beside
        Addresses of the codes and of as much memory.
    with_codes, others
        The same of words that move with the codes; 0 if there are none.
    count, size
        How many codes, and the bytes of each.
    counters
        Address of `DIGITS` words to count in.
    """
    if count == 0:
        return 0
    least = least_of(codes, count, size)
    spread = spread_of(codes, count, size, least)
    if spread == 0:
        return 0
    shift = count_trailing_zeros(spread)
    passes = 0
    while True:
        count_digits(codes, count, size, least, shift, counters)
        add_up(counters)
        deal(codes, beside, with_codes, others, count, size, least, shift, counters)
        passes += 1
        shift += 8
        if shift > 63 or spread >> shift == 0:
            return passes & 1
        spare = codes
        codes = beside
        beside = spare
        spare = with_codes
        with_codes = others
        others = spare


def least_of(codes: int, count: int, size: int) -> int:
    """Return the least code."""
    last = codes + count * size
    least = fetch(codes, size)
    while codes < last:
        least = min(least, fetch(codes, size))
        codes += size
    return least


def spread_of(codes: int, count: int, size: int, least: int) -> int:
    """Return the bits that occur in differences from the least code."""
    last = codes + count * size
    spread = 0
    while codes < last:
        spread |= fetch(codes, size) - least
        codes += size
    return spread


def count_digits(
    codes: int, count: int, size: int, least: int, shift: int, counters: int
) -> None:
    """Count how often each digit occurs at one place."""
    fill(counters, DIGITS, 0)
    last = codes + count * size
    while codes < last:
        at = counters + 8 * (fetch(codes, size) - least >> shift & DIGITS - 1)
        store(at, load(at) + 1)
        codes += size


def add_up(counters: int) -> None:
    """Replace numbers of digits by where the first of each goes."""
    last = counters + 8 * DIGITS
    total = 0
    while counters < last:
        number = load(counters)
        store(counters, total)
        total += number
        counters += 8


def deal(  # noqa: PLR0913, PLR0917 -- the language has words only
    codes: int, beside: int, with_codes: int, others: int, count: int, size: int,
    least: int, shift: int, starts: int,
) -> None:  # fmt: skip
    """Move codes to where their digits go."""
    i = 0
    while i < count:
        code = fetch(codes + i * size, size)
        at = starts + 8 * (code - least >> shift & DIGITS - 1)
        where = load(at)
        store(at, where + 1)
        put(beside + where * size, code, size)
        if with_codes != 0:
            store(others + 8 * where, load(with_codes + 8 * i))
        i += 1

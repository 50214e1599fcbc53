"""Kernels that find the least few of many codes: of each tile, then of these.

They are kept in a heap, the last of them at its root: a code that is not less than that
is passed by. Of equal codes the first ones are kept.

References
----------
D. E. Knuth, *The Art of Computer Programming*, volume 3, section 5.2.3, Addison-Wesley
1998.
"""

from __future__ import annotations

from lazydag.backends.cpu.order.buckets import (
    BUCKETS,
    CODING,
    COUNT,
    FIRST,
    SIZE,
    STEP,
    element_code,
)
from lazydag.backends.cpu.order.codes import CODING_NBYTES
from lazydag.backends.cpu.order.elements import fetch, place, put
from lazydag.runtime.engine.memory import load, store


def keep(block: int, bases: int) -> int:
    """Find the least few of a tile: operands x, codes, positions.

    The option `BUCKETS` is how many.
    """
    x = place(block, bases, 0)
    codes = place(block, bases, 1)
    keep_least(x, codes, place(block, bases, 2), block + 48)
    return 0


def keep_least(x: int, codes: int, positions: int, options: int) -> None:
    """Make a heap of the least few elements of a vector."""
    count = load(options + COUNT)
    kept = load(options + BUCKETS)
    first = load(options + FIRST)
    i = 0
    while i < kept:
        store(codes + 8 * i, element_code(x, i, options))
        store(positions + 8 * i, first + i)
        i += 1
    pile_up(codes, positions, kept)
    last = load(codes)
    while i < count:
        code = element_code(x, i, options)
        if code < last:
            sift(codes, positions, 0, kept, code, first + i)
            last = load(codes)
        i += 1


def keep_each(block: int, bases: int) -> int:
    """Find the least few of each lane: operands x, memory, out, at.

    The elements go into `out` in their order, and their positions into `at`. Options:
    as for reading a lane, `FIRST` is 0; behind the coding how many lanes there are, and
    the bytes from one to the next.
    """
    x = place(block, bases, 0)
    heap = place(block, bases, 1)
    out = place(block, bases, 2)
    at = place(block, bases, 3)
    options = block + 64
    wanted = load(options + BUCKETS)
    lanes = load(options + CODING + CODING_NBYTES)
    pitch = load(options + CODING + CODING_NBYTES + 8)
    while lanes > 0:
        keep_least(x, heap, at, options)
        take_down(heap, at, wanted)
        gather(out, x, at, options)
        x += pitch
        out += wanted * load(options + SIZE)
        at += 8 * wanted
        lanes -= 1
    return 0


def choose(block: int, bases: int) -> int:
    """Find the least few of those kept: operands codes, positions, x, memory, out, at.

    The elements go into `out` in their order, and their positions into `at`. Options:
    as for reading x, `COUNT` of those kept and `BUCKETS` of those wanted.
    """
    codes = place(block, bases, 0)
    positions = place(block, bases, 1)
    heap = place(block, bases, 3)
    at = place(block, bases, 5)
    options = block + 96
    count = load(options + COUNT)
    wanted = load(options + BUCKETS)
    i = 0
    while i < wanted:
        store(heap + 8 * i, load(codes + 8 * i))
        store(at + 8 * i, load(positions + 8 * i))
        i += 1
    pile_up(heap, at, wanted)
    while i < count:
        code = load(codes + 8 * i)
        position = load(positions + 8 * i)
        if is_before(code, position, load(heap), load(at)):
            sift(heap, at, 0, wanted, code, position)
        i += 1
    take_down(heap, at, wanted)
    gather(place(block, bases, 4), place(block, bases, 2), at, options)
    return 0


def is_before(code: int, position: int, other: int, behind: int) -> int:
    """Tell whether a code comes before another: equal ones by position."""
    if code == other:
        return position < behind
    return code < other


def pile_up(codes: int, positions: int, count: int) -> None:
    """Make a heap."""
    node = (count >> 1) - 1
    while node >= 0:
        code = load(codes + 8 * node)
        sift(codes, positions, node, count, code, load(positions + 8 * node))
        node -= 1


def sift(
    codes: int, positions: int, node: int, count: int, code: int, position: int
) -> None:
    """Put a code into a place of a heap, and above it what comes behind it."""
    child = 2 * node + 1
    while child < count:
        if child + 1 < count and is_before(
            load(codes + 8 * child),
            load(positions + 8 * child),
            load(codes + 8 * child + 8),
            load(positions + 8 * child + 8),
        ):
            child += 1
        largest = load(codes + 8 * child)
        where = load(positions + 8 * child)
        if is_before(largest, where, code, position):
            break
        store(codes + 8 * node, largest)
        store(positions + 8 * node, where)
        node = child
        child = 2 * node + 1
    store(codes + 8 * node, code)
    store(positions + 8 * node, position)


def take_down(codes: int, positions: int, count: int) -> None:
    """Sort a heap."""
    last = count - 1
    while last > 0:
        code = load(codes + 8 * last)
        position = load(positions + 8 * last)
        store(codes + 8 * last, load(codes))
        store(positions + 8 * last, load(positions))
        sift(codes, positions, 0, last, code, position)
        last -= 1


def gather(out: int, x: int, positions: int, options: int) -> None:
    """Copy elements from positions."""
    size = load(options + SIZE)
    step = load(options + STEP)
    wanted = load(options + BUCKETS)
    i = 0
    while i < wanted:
        where = x + step * load(positions + 8 * i)
        put(out + size * i, fetch(where, size), size)
        i += 1

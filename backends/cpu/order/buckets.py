"""Kernels that sort many numbers: into buckets first, then each bucket.

`sample` finds the codes that separate buckets with about as many elements each.
`classify` tells for each element of a tile which bucket it goes to, and `offsets` where
those of each tile go. `scatter` moves them there. Then `finish` sorts each bucket.

References
----------
P. Sanders, S. Winkel, *Super scalar sample sort*, European Symposium on Algorithms
2004, 784-796.
"""

from __future__ import annotations

from typing import Final

from lazydag.backends.cpu.order.codes import (
    FOLD,
    PASSED,
    TURNED,
    UNUSED,
    decoded,
    encoded_at,
)
from lazydag.backends.cpu.order.elements import fetch, fill, move, place, put
from lazydag.backends.cpu.order.radix import sort_codes
from lazydag.runtime.engine.memory import load, load32, store, store32

OVERSAMPLING: Final = 16
"""Elements that are looked at for each bucket."""
GOLDEN: Final = 0x9E3779B97F4A7C15 - (1 << 64)
LEAST: Final = -(1 << 63)
SECOND: Final = 2

# Options of `sample`, `classify` and `scatter`, which read elements; in bytes.
COUNT: Final = 0
STEP: Final = 8
SIZE: Final = 16
BUCKETS: Final = 24
FIRST: Final = 32
IS_EQUATED: Final = 40
CODING: Final = 48


def element_code(x: int, i: int, options: int) -> int:
    """Return the code of an element of a vector."""
    at = x + i * load(options + STEP)
    size = load(options + SIZE)
    return encoded_at(at, size, options + CODING, load(options + IS_EQUATED))


def sample(block: int, bases: int) -> int:
    """Find what separates buckets.

    Operands: x, memory for codes and as much beside, counters, and the tree. The
    option `FIRST` is how many elements there are for each one that is looked at.
    """
    x = place(block, bases, 0)
    codes = place(block, bases, 1)
    beside = place(block, bases, 2)
    options = block + 80
    size = load(options + SIZE)
    count = OVERSAMPLING * load(options + BUCKETS)
    every = load(options + FIRST)
    i = 0
    while i < count:
        # anywhere among its neighbours, since elements may come in periods
        within = (i * GOLDEN >> 33 & (1 << 30) - 1) * every >> 30
        put(codes + i * size, element_code(x, i * every + within, options), size)
        i += 1
    if sort_codes(codes, beside, 0, 0, count, size, place(block, bases, 3)):
        codes = beside
    plant(place(block, bases, 4), codes, size, load(options + BUCKETS))
    return 0


def plant(tree: int, codes: int, size: int, buckets: int) -> None:
    """Write a search tree of sorted codes, one level after the other, then leaves."""
    at = tree + 8
    step = buckets
    while step > 1:
        rank = step >> 1
        while rank < buckets:
            store(at, fetch(codes + rank * OVERSAMPLING * size, size))
            at += 8
            rank += step
        step >>= 1
    bucket = 0
    while bucket < buckets:
        store(at, moved_back(codes, size, bucket, buckets))
        at += 8
        bucket += 1


def moved_back(codes: int, size: int, bucket: int, buckets: int) -> int:
    """Return the code that goes to the bucket before, if one occurs so often.

    Equal codes that separate several buckets leave all but the last of these empty.
    That before the last gets them for itself, and need not be sorted.
    """
    step = OVERSAMPLING * size
    if bucket + 1 < buckets and is_single(codes + bucket * step, step, size, bucket):
        return fetch(codes + (bucket + 1) * step, size)  # which goes to the next
    least = fetch(codes + bucket * step, size)
    if is_single(codes + bucket * step, step, size, bucket) and least != LEAST:
        return least - 1
    return least


def is_single(at: int, step: int, size: int, bucket: int) -> int:
    """Tell whether a bucket begins with another code than the one before."""
    if bucket < SECOND:
        return 1
    return fetch(at, size) != fetch(at - step, size)


def classify(block: int, bases: int) -> int:
    """Find the bucket of each element: operands x, tree, which, counts."""
    x = place(block, bases, 0)
    tree = place(block, bases, 1)
    which = place(block, bases, 2)
    counts = place(block, bases, 3)
    options = block + 64
    count = load(options + COUNT)
    buckets = load(options + BUCKETS)
    fill(counts, buckets, 0)
    i = 0
    while i + 4 <= count:  # at the same time, since each waits for its memory
        k0 = element_code(x, i, options)
        k1 = element_code(x, i + 1, options)
        k2 = element_code(x, i + 2, options)
        k3 = element_code(x, i + 3, options)
        n0 = 1
        n1 = 1
        n2 = 1
        n3 = 1
        while n0 < buckets:
            n0 = below(tree, n0, k0)
            n1 = below(tree, n1, k1)
            n2 = below(tree, n2, k2)
            n3 = below(tree, n3, k3)
        note(which, counts, i, leaf(tree, n0, k0) - buckets)
        note(which, counts, i + 1, leaf(tree, n1, k1) - buckets)
        note(which, counts, i + 2, leaf(tree, n2, k2) - buckets)
        note(which, counts, i + 3, leaf(tree, n3, k3) - buckets)
        i += 4
    while i < count:
        code = element_code(x, i, options)
        node = 1
        while node < buckets:
            node = below(tree, node, code)
        note(which, counts, i, leaf(tree, node, code) - buckets)
        i += 1
    return 0


def below(tree: int, node: int, code: int) -> int:
    """Return the child of a node on a code's way down."""
    return 2 * node + (load(tree + 8 * node) <= code)


def leaf(tree: int, node: int, code: int) -> int:
    """Return the leaf of a code that has come to one: it, or that before."""
    return node - (load(tree + 8 * node) == code)


def note(which: int, counts: int, i: int, bucket: int) -> None:
    """Write down the bucket of an element, and count it."""
    store32(which + 4 * i, bucket)
    store(counts + 8 * bucket, load(counts + 8 * bucket) + 1)


def offsets(block: int, bases: int) -> int:
    """Replace counts by where the first goes: operands counts, bounds of buckets.

    Options: tiles, buckets.
    """
    counts = place(block, bases, 0)
    bounds = place(block, bases, 1)
    tiles = load(block + 32)
    buckets = load(block + 40)
    total = 0
    bucket = 0
    while bucket < buckets:
        store(bounds + 8 * bucket, total)
        at = counts + 8 * bucket
        tile = 0
        while tile < tiles:
            number = load(at)
            store(at, total)
            total += number
            at += 8 * buckets
            tile += 1
        bucket += 1
    store(bounds + 8 * buckets, total)
    return 0


def scatter(block: int, bases: int) -> int:
    """Move codes into buckets: operands x, which, starts, codes.

    The last is the tile's share of all codes, which begins at element `FIRST`.
    """
    x = place(block, bases, 0)
    which = place(block, bases, 1)
    starts = place(block, bases, 2)
    options = block + 64
    size = load(options + SIZE)
    codes = place(block, bases, 3) - size * load(options + FIRST)
    count = load(options + COUNT)
    i = 0
    while i < count:
        where = taken(starts, which, i)
        put(codes + size * where, element_code(x, i, options), size)
        i += 1
    return 0


def scatter_pairs(block: int, bases: int) -> int:
    """Move codes and positions: operands x, which, starts, codes, positions."""
    x = place(block, bases, 0)
    which = place(block, bases, 1)
    starts = place(block, bases, 2)
    options = block + 80
    size = load(options + SIZE)
    first = load(options + FIRST)
    codes = place(block, bases, 3) - size * first
    positions = place(block, bases, 4) - 8 * first
    count = load(options + COUNT)
    i = 0
    while i < count:
        where = taken(starts, which, i)
        put(codes + size * where, element_code(x, i, options), size)
        store(positions + 8 * where, first + i)
        i += 1
    return 0


def taken(starts: int, which: int, i: int) -> int:
    """Return the next place in the bucket of an element."""
    at = starts + 8 * load32(which + 4 * i)
    where = load(at)
    store(at, where + 1)
    return where


def finish(block: int, bases: int) -> int:
    """Sort one bucket: operands bounds, counters, codes, out.

    Options: its number, the first element of the shares of codes and of the result,
    their size, and the coding.
    """
    options = block + 64
    bounds = place(block, bases, 0) + 8 * load(options)
    size = load(options + 16)
    start = load(bounds)
    offset = size * (start - load(options + 8))
    codes = place(block, bases, 2) + offset
    out = place(block, bases, 3) + offset
    count = load(bounds + 8) - start
    moved = sort_codes(codes, out, 0, 0, count, size, place(block, bases, 1))
    write_elements(out, out if moved else codes, count, size, options + 24)
    return 0


def write_elements(out: int, codes: int, count: int, size: int, coding: int) -> None:
    """Write the elements of codes."""
    last = codes + count * size
    fold = load(coding + FOLD)
    passed = load(coding + PASSED)
    turned = load(coding + TURNED)
    unused = load(coding + UNUSED)
    while codes < last:
        put(out, decoded(fetch(codes, size), fold, passed, turned, unused), size)
        out += size
        codes += size


def finish_pairs(block: int, bases: int) -> int:
    """Sort one bucket: operands bounds, counters, codes, beside, positions, out.

    Options: its number, the first element of the shares, and the size of codes.
    """
    options = block + 96
    bounds = place(block, bases, 0) + 8 * load(options)
    size = load(options + 16)
    start = load(bounds)
    offset = start - load(options + 8)
    codes = place(block, bases, 2) + size * offset
    beside = place(block, bases, 3) + size * offset
    positions = place(block, bases, 4) + 8 * offset
    out = place(block, bases, 5) + 8 * offset
    count = load(bounds + 8) - start
    counters = place(block, bases, 1)
    if sort_codes(codes, beside, positions, out, count, size, counters) == 0:
        move(out, positions, 8 * count)
    return 0


def nothing(_block: int, _bases: int) -> int:
    """Do nothing, between tasks that access arrays where their elements say."""
    return 0

"""Where the arrays of a kernel and their elements are."""

from __future__ import annotations

from lazydag.runtime.engine.memory import load, load32, store, store32


def place(block: int, bases: int, operand: int) -> int:
    """Return the address of the first element of an array."""
    at = block + 16 * operand
    return load(bases + 8 * load(at)) + load(at + 8)


def fetch(at: int, size: int) -> int:
    """Return an element of 4 or 8 bytes."""
    return load(at) if size == 8 else load32(at)


def put(at: int, value: int, size: int) -> None:
    """Write an element of 4 or 8 bytes."""
    if size == 8:
        store(at, value)
    else:
        store32(at, value)


def fill(at: int, count: int, value: int) -> None:
    """Write a value into so many words."""
    last = at + 8 * count
    while at < last:
        store(at, value)
        at += 8


def move(to: int, source: int, nbytes: int) -> None:
    """Copy whole words."""
    last = source + nbytes
    while source < last:
        store(to, load(source))
        to += 8
        source += 8

"""Prints gathers: an item is a run of results, which neighbouring threads compute."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Final

from lazydag.backends.cuda.grid import THREADS, GridKernel, Phases
from lazydag.backends.cuda.indexed_form import COUNT, IndexedGrid
from lazydag.backends.cuda.positions import Positions, Reached

AT_ONCE: Final = 4
"""Positions that a thread loads before it goes to the first."""
RUN: Final = THREADS * AT_ONCE
"""Elements of an item."""


def print_gather(form: IndexedGrid) -> GridKernel:
    """Return the kernel of a gather."""
    phases = Phases()
    code = phases.begin()
    found = Positions(code, form)
    total = found.operands.number(COUNT)
    start = code.i64("mul", "%item", RUN)
    first = code.i64("add", start, "%thread")
    numbers = [code.i64("add", first, THREADS * k) for k in range(AT_ONCE)]
    whole, rest, done = map(code.new_label, ("whole", "rest", "done"))
    left = code.i64("sub", total, start)
    code.branch(code.emit(f"icmp sge i64 {left}, {RUN}"), whole, rest)
    code.start(whole)
    _together(found, numbers, done)
    code.start(rest)
    for number in numbers:
        with code.when(code.emit(f"icmp slt i64 {number}, {total}")):
            _one(found, *_looked_up(found, number))
    code.jump(done)
    code.start(done)
    phases.end(code)
    return phases.finished(form.layout)


def _looked_up(found: Positions, number: str) -> tuple[list[str], Reached]:
    pointers = found.moved(found.bases, found.inner, number)
    return pointers, found.reached(pointers)


def _together(found: Positions, numbers: Sequence[str], done: str) -> None:
    """Print the work on some elements, all of them loaded before the first is stored.

    Parameters
    ----------
    done
        Label of what follows.
    """
    code = found.code
    each = [_looked_up(found, number) for number in numbers]
    flags = [reached.is_there for _, reached in each]
    all_there, some_not = code.new_label("there"), code.new_label("lost")
    is_fine = reduce(lambda a, b: code.emit(f"and i1 {a}, {b}"), flags)
    code.branch(is_fine, all_there, some_not)
    code.start(all_there)
    values = [
        found.load(found.there(pointers[-1], reached.places))
        for pointers, reached in each
    ]
    for value, (pointers, _) in zip(values, each, strict=True):
        found.store(value, pointers[-2])
    code.jump(done)
    code.start(some_not)
    for pointers, reached in each:
        _one(found, pointers, reached)
    code.jump(done)


def _one(found: Positions, pointers: list[str], reached: Reached) -> None:
    """Print the work on an element that may not be there."""
    found.check(reached)
    with found.code.when(reached.is_there):
        value = found.load(found.there(pointers[-1], reached.places))
        found.store(value, pointers[-2])

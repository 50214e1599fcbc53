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
"""Results of an item, or groups of neighbours among them."""


def print_gather(form: IndexedGrid) -> GridKernel:
    """Return the kernel of a gather."""
    phases = Phases()
    code = phases.begin()
    found = Positions(code, form)
    total = code.i64("udiv", found.operands.number(COUNT), form.width)
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
    first = found.code.i64("mul", number, found.form.width)
    pointers = found.moved(found.bases, found.inner, first)
    return pointers, found.reached(pointers)


def _together(found: Positions, numbers: Sequence[str], done: str) -> None:
    """Print the work on some groups, all of them loaded before the first is stored.

    Parameters
    ----------
    done
        Label of what follows.
    """
    code = found.code
    each = [_looked_up(found, number) for number in numbers]
    sources = [found.there(pointers[-1], reached.places) for pointers, reached in each]
    targets = [pointers[-2] for pointers, _ in each]
    flags = [reached.is_there for _, reached in each]
    flags.append(found.is_aligned([*sources, *targets]))
    together, apart = code.new_label("together"), code.new_label("apart")
    is_fine = reduce(lambda a, b: code.emit(f"and i1 {a}, {b}"), flags)
    code.branch(is_fine, together, apart)
    code.start(together)
    values = [found.load_wide(source) for source in sources]
    for value, target in zip(values, targets, strict=True):
        found.store_wide(value, target)
    code.jump(done)
    code.start(apart)
    for pointers, reached in each:
        _one(found, pointers, reached)
    code.jump(done)


def _one(found: Positions, pointers: list[str], reached: Reached) -> None:
    """Print the work on a group that may not be there."""
    found.check(reached)
    with found.code.when(reached.is_there):
        found.move(found.there(pointers[-1], reached.places), pointers[-2])

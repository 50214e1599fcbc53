"""Numbers that the threads of a block share, and the loops of threads over them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lazydag.backends.cpu.code import Code
from lazydag.backends.cuda.grid import THREADS


@contextmanager
def own(code: Code, count: str) -> Iterator[str]:
    """Print a loop over those of some numbers that are a thread's own."""
    left = code.i64("sub", count, "%thread")
    with code.loop(left, THREADS) as more:
        yield code.i64("add", "%thread", more)


def load_shared(code: Code, number: str, first: int = 0) -> str:
    """Print the load of a number of an array that begins at some byte."""
    place = code.element(code.at("%shared", first), number, "i64")
    return code.emit(f"load i64, ptr {place}, align 8")


def store_shared(code: Code, number: str, value: str, first: int = 0) -> None:
    """Print the store of a number of an array that begins at some byte."""
    place = code.element(code.at("%shared", first), number, "i64")
    code.line(f"store i64 {value}, ptr {place}, align 8")

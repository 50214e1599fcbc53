"""A sum of many parts as a tree of tasks: futures are arguments of other tasks.

Run it: ``python examples/tree_reduce.py --parts 64 --length 200000``
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

import lazydag as ld

T = TypeVar("T")


def tree_reduce(combine: Callable[[T, T], T], items: Sequence[Any]) -> Any:
    """Return a task whose result is all items combined, in pairs of neighbours.

    Each level halves the number of items, so the longest chain is ``log2(n)`` tasks.
    """
    while len(items) > 1:
        pairs = zip(items[::2], items[1::2], strict=False)
        level = [ld.spawn(combine, left, right) for left, right in pairs]
        items = [*level, items[-1]] if len(items) % 2 else level
    return items[0]


def make_part(index: int, length: int) -> NDArray[np.float64]:
    """Return one part of the data: here random numbers, in life a file."""
    return np.random.default_rng(index).standard_normal(length)


def main() -> None:
    """Sum random parts by a tree of tasks, and compare with a loop."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--parts", type=int, default=64)
    parser.add_argument("--length", type=int, default=200_000)
    options = parser.parse_args()

    with ld.sync():
        parts = [
            ld.spawn(make_part, index, options.length) for index in range(options.parts)
        ]
        total = tree_reduce(np.add, parts)

    expected = np.zeros(options.length)
    for index in range(options.parts):
        expected += make_part(index, options.length)
    error = np.abs(total.result() - expected).max()
    print(f"{options.parts} parts of {options.length} numbers")
    print(f"largest difference from the loop {error:.1e}")
    if error > 1e-12 * options.parts:
        raise SystemExit("the sums differ")


if __name__ == "__main__":
    main()

"""What each function is tried on: matrices, shapes, dtypes and ways to call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from typing import Any

import numpy as np

from tests.linalg.matrices import Make, Matrix, random
from tests.linalg.ways import WAYS, Function

Shape = tuple[int, int]

REAL = (np.float32, np.float64)
ALL = (*REAL, np.complex64, np.complex128)

#: Shapes that one call of LAPACK computes.
SQUARE: tuple[Shape, ...] = ((1, 1), (5, 5), (20, 20))
OBLONG: tuple[Shape, ...] = ((1, 4), (7, 3), (20, 20), (6, 40))
#: Shapes that are cut into tiles, of which none divides them.
TILED_SQUARE: tuple[Shape, ...] = ((333, 333), (517, 517), (701, 701))
TILED_OBLONG: tuple[Shape, ...] = ((333, 333), (701, 257), (259, 517), (4999, 37))
ONCE: tuple[Shape, ...] = ((1021, 1021),)


@dataclass(frozen=True, slots=True)
class Case:
    """One matrix, and a way to call a function with it."""

    name: str
    make: Make
    shape: Shape
    dtype: Any
    way: str

    def __str__(self) -> str:
        m, n = self.shape
        return f"{self.name} {np.dtype(self.dtype)} {m}x{n} {self.way}"

    def matrix(self) -> Matrix:
        """Return the matrix."""
        return self.make(*self.shape, self.dtype)

    def right(self, count: int = 3) -> Matrix:
        """Return right-hand sides, of the scale of the matrix."""
        return random(self.shape[0], count, self.dtype, seed=5)

    def call(self, function: Function, *arrays: Matrix) -> Any:
        """Call a function in the way of this case."""
        return WAYS[self.way](function, *arrays)


def cases(
    table: Mapping[str, Make],
    small: Sequence[Shape] = SQUARE,
    tiled: Sequence[Shape] = TILED_SQUARE,
    dtypes: Sequence[Any] = ALL,
) -> list[Case]:
    """Return all matrices, small and at one size of tiles each, in ways by turns."""
    ways, sizes, reals = cycle(WAYS), cycle(tiled), cycle(REAL)
    found = [
        Case(name, make, shape, dtype, next(ways))
        for (name, make), shape, dtype in product(table.items(), small, dtypes)
    ]
    return found + [
        Case(name, make, next(sizes), next(reals), next(ways))
        for name, make in table.items()
    ]

"""What the loops are run on."""

from __future__ import annotations

import numpy as np
from programs.problems import Problem, Random, Values


def _definite(random: Random, size: int, _steps: int) -> Values:
    factor = random.normal(size=(size, size))
    return (factor @ factor.T + size * np.eye(size),)


def _gauss_seidel(random: Random, size: int, steps: int) -> Values:
    return random.uniform(size=(size, size)), steps


def _crc32(random: Random, size: int, _steps: int) -> Values:
    return (random.integers(0, 256, size),)


def _triangular(random: Random, size: int, _steps: int) -> Values:
    low = np.tril(random.normal(size=(size, size))) / size + np.eye(size)
    return low, random.normal(size=size)


_ROWS = (
    Problem("cholesky", _definite, 80),
    Problem("gauss_seidel", _gauss_seidel, 120, 4, small=(24, 3)),
    Problem("crc32", _crc32, 10_000),
    Problem("lu", _definite, 300),
    Problem("triangular", _triangular, 1000),
)

#: Every problem, by the program's name.
PROBLEMS = {row.name: row for row in _ROWS}

"""What the programs are run on: sizes as in practice, and smaller ones for a check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Values = tuple[Any, ...]
Random = np.random.Generator


@dataclass(frozen=True, slots=True)
class Problem:
    """A program's arguments.

    Parameters
    ----------
    name : str
        Of the program: of its module, and of the function in it.
    make : callable
        ``make(random, size, steps)`` returns the arguments.
    size, steps : int
        How large the problem is, and how long it runs.
    small : tuple of int
        The same for a check that takes no time.
    tolerance : float
        By how much results may differ from NumPy's, relative to the largest number.
    """

    name: str
    make: Callable[[Random, int, int], Values]
    size: int
    steps: int = 1
    small: tuple[int, int] = (24, 3)
    tolerance: float = 1e-12

    def arguments(self) -> Values:
        """Return the arguments, the same each time."""
        return self.make(np.random.default_rng(0), self.size, self.steps)

    def small_arguments(self) -> Values:
        """Return arguments of a small problem."""
        return self.make(np.random.default_rng(0), *self.small)


def _jacobi_2d(random: Random, size: int, steps: int) -> Values:
    plate = random.uniform(size=(size, size))
    return plate, plate.copy(), steps


def _heat_3d(random: Random, size: int, steps: int) -> Values:
    block = random.uniform(size=(size, size, size))
    return block, block.copy(), steps


def _fdtd_2d(random: Random, size: int, steps: int) -> Values:
    fields = [random.uniform(size=(size, size)) for _ in range(3)]
    return *fields, np.sin(np.arange(float(steps))), steps


def _gray_scott(random: Random, size: int, steps: int) -> Values:
    u, v = np.ones((size, size)), np.zeros((size, size))
    middle = slice(2 * size // 5, 3 * size // 5)
    u[middle, middle], v[middle, middle] = 0.5, 0.25
    u += 0.05 * random.uniform(size=u.shape)
    v += 0.05 * random.uniform(size=v.shape)
    return u, v, steps


def _shallow_water(random: Random, size: int, steps: int) -> Values:
    depth = 1.0 + 0.1 * random.uniform(size=(size, size))
    return depth, np.zeros_like(depth), np.zeros_like(depth), 0.1, steps


def _nbody(random: Random, size: int, steps: int) -> Values:
    places = random.normal(size=(size, 3))
    speeds = random.normal(size=(size, 3))
    return places, speeds, np.full(size, 20.0 / size), 0.01, steps


def _mandelbrot(_random: Random, size: int, steps: int) -> Values:
    return np.linspace(-2.25, 0.75, size), np.linspace(-1.25, 1.25, size), steps


def _kmeans(random: Random, size: int, steps: int) -> Values:
    middles = random.uniform(-5.0, 5.0, (12, 8))
    points = middles[np.arange(size) % 12] + random.normal(size=(size, 8))
    return points, points[:12].copy(), steps


def _pagerank(random: Random, size: int, _steps: int) -> Values:
    return random.uniform(size=(size, size)) < 8.0 / size, 1e-9


def _conjugate_gradients(random: Random, size: int, steps: int) -> Values:
    return random.normal(size=(size, size)), steps


def _mlp(random: Random, size: int, _steps: int) -> Values:
    inputs, hidden, classes = 256, 128, 10
    return (
        random.normal(size=(size, inputs)),
        random.integers(0, classes, size),
        random.normal(size=(inputs, hidden)) / np.sqrt(inputs),
        np.zeros(hidden),
        random.normal(size=(hidden, classes)) / np.sqrt(hidden),
        np.zeros(classes),
        0.1,
    )


def _floyd_warshall(random: Random, size: int, _steps: int) -> Values:
    roads = random.uniform(1.0, 10.0, (size, size))
    roads[random.uniform(size=roads.shape) < 0.8] = np.inf
    np.fill_diagonal(roads, 0.0)
    return (roads,)


def _attention(random: Random, size: int, heads: int) -> Values:
    return tuple(
        random.normal(size=(heads, size, 64)).astype(np.float32) for _ in range(3)
    )


def _sea_water(random: Random, size: int, _steps: int) -> Values:
    salt = random.uniform(0.0, 40.0, size)
    return salt, random.uniform(-2.0, 40.0, size), random.uniform(0.0, 1000.0, size)


_ROWS = (
    Problem("jacobi_2d", _jacobi_2d, 1024, 50),
    Problem("heat_3d", _heat_3d, 100, 20),
    Problem("fdtd_2d", _fdtd_2d, 1024, 50),
    Problem("gray_scott", _gray_scott, 768, 50),
    Problem("shallow_water", _shallow_water, 512, 20),
    Problem("nbody", _nbody, 800, 10, tolerance=1e-9),
    Problem("mandelbrot", _mandelbrot, 512, 60),
    Problem("kmeans", _kmeans, 50_000, 5, small=(300, 3)),
    Problem("pagerank", _pagerank, 1500),
    Problem("conjugate_gradients", _conjugate_gradients, 512, 50, tolerance=1e-9),
    Problem("mlp", _mlp, 1024),
    Problem("floyd_warshall", _floyd_warshall, 400, small=(40, 1)),
    Problem("attention", _attention, 384, 8, small=(24, 2), tolerance=1e-5),
    Problem("sea_water", _sea_water, 1_000_000, small=(1000, 1)),
)

#: Every problem, by the program's name.
PROBLEMS = {row.name: row for row in _ROWS}

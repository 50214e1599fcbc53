"""Tiles in larger arrays, whose surroundings are watched."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DTYPES = (np.float32, np.float64)
ORDERS = ("C", "F")
GUARD = -7.25e3


class Placed:
    """A tile with the given values, inside of a larger array.

    Parameters
    ----------
    part
        Selects, as `numpy.tril` does, what an operation may change; all by default.
    """

    def __init__(
        self, values: Array, order: str, part: Callable[[Array], Array] | None = None
    ) -> None:
        m, n = values.shape
        self.parent = np.full((m + 3, n + 4), GUARD, values.dtype, order)
        self.tile = self.parent[1 : 1 + m, 2 : 2 + n]
        self.tile[...] = values
        self._before = self.parent.copy()
        self._kept = np.ones(self.parent.shape, bool)
        inside = np.ones((m, n), bool) if part is None else part(np.ones((m, n), bool))
        self._kept[1 : 1 + m, 2 : 2 + n] = ~inside

    def check(self) -> None:
        """Assert that no byte outside of the part has changed."""
        was, now = self._before[self._kept], self.parent[self._kept]
        assert was.tobytes() == now.tobytes()


def orders(count: int) -> list[tuple[str, ...]]:
    """Return the storage orders of so many arrays, all combinations."""
    return list(itertools.product(ORDERS, repeat=count))


def flags(count: int) -> Iterator[tuple[bool, ...]]:
    """Yield so many truth values, all combinations."""
    return itertools.product((False, True), repeat=count)


def random(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any) -> Array:
    """Return numbers around 0."""
    return rng.standard_normal(shape).astype(dtype)


def dominant(rng: np.random.Generator, n: int, dtype: Any) -> Array:
    """Return a matrix whose triangles are well conditioned."""
    return (rng.standard_normal((n, n)) + 2 * n * np.eye(n)).astype(dtype)


def definite(rng: np.random.Generator, n: int, dtype: Any) -> Array:
    """Return a symmetric positive definite matrix."""
    a = rng.standard_normal((n, n))
    return (a @ a.T + n * np.eye(n)).astype(dtype)


def assert_near(found: Array, expected: Array) -> None:
    """Assert equality up to rounding, as float64 computes what is expected."""
    tolerance = 2e-4 if found.dtype == np.float32 else 1e-11
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


def f64(array: Array) -> Array:
    """Return a copy in float64."""
    return array.astype(np.float64)

"""Fresh programs: chains of operations that no cache can have seen before."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

INPUTS = 4

OPERATIONS: tuple[Callable[[Any, Any, Any], Any], ...] = (
    lambda xp, x, y: x + y,
    lambda xp, x, y: x - y,
    lambda xp, x, y: x * y,
    lambda xp, x, y: x / y,
    lambda xp, x, y: xp.maximum(x, y),
    lambda xp, x, y: xp.minimum(x, y),
)


def fresh(xp: Any, count: int, seed: int) -> Callable[..., Any]:
    """Return a function of four arrays with `count` operations, drawn at random.

    Every operation uses the result of the one before, so none is dead; the structure
    and the constants differ with the seed.
    """
    rng = random.Random(seed)
    steps = []
    for _ in range(count):
        other = rng.randrange(INPUTS + 1)
        constant = None if other < INPUTS else rng.uniform(0.5, 1.5)
        steps.append((rng.choice(OPERATIONS), other, constant))

    def program(*inputs: Any) -> Any:
        value = inputs[seed % INPUTS]
        for operation, other, constant in steps:
            operand = inputs[other] if constant is None else constant
            value = operation(xp, value, operand)
        return value

    return program


def small_inputs(size: int = 100) -> list[NDArray[np.float64]]:
    """Return the four arrays for a fresh program."""
    rng = np.random.default_rng(4)
    return [rng.uniform(0.5, 1.5, size) for _ in range(INPUTS)]

"""Running programs on real arrays, and matrices for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st

import lazydag as ld

Array: TypeAlias = "np.ndarray[Any, Any]"

DTYPES = (np.float32, np.float64)

# Around the edges of tiles and panels (64, 128 and 192), and not square.
SIDES = st.sampled_from([1, 2, 63, 64, 65, 128, 129, 200, 400])

VIEWS: dict[str, Callable[[Array], Array]] = {
    "by rows": np.ascontiguousarray,
    "by columns": np.asfortranarray,
    "a part": lambda a: np.pad(a, 3)[3:-3, 3:-3],
    "with steps": lambda a: np.repeat(np.repeat(a, 2, 0), 3, 1)[::2, ::3],
    "backwards": lambda a: np.ascontiguousarray(a[::-1, ::-1])[::-1, ::-1],
}


def run(
    program: Callable[..., None],
    inputs: tuple[Array, ...],
    *shapes: tuple[int, ...] | None,
    dtypes: tuple[Any, ...] = (),
    **options: Any,
) -> list[Any]:
    """Return what a program writes to outputs of such shapes; None is not wanted."""
    for array in inputs:
        array.flags.writeable = False
    dtypes = dtypes or (inputs[0].dtype,) * len(shapes)
    outputs = list(map(_unset, shapes, dtypes))
    with ld.datadeps():
        program(inputs, outputs, **options)
    return outputs


def _unset(shape: tuple[int, ...] | None, dtype: Any) -> Array | None:
    if shape is None:
        return None
    return np.full(shape, np.nan if np.dtype(dtype).kind == "f" else -1, dtype)


def random(*shape: int, dtype: Any = np.float64, seed: int = 0) -> Array:
    """Return numbers around 0."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def definite(n: int, dtype: Any = np.float64) -> Array:
    """Return a symmetric positive definite matrix."""
    a = random(n, n)
    return (a @ a.T + n * np.eye(n)).astype(dtype)


def residual(left: Array, right: Array) -> float:
    """Return how far apart two matrices are, in units of n times the precision."""
    unit = np.finfo(right.dtype).eps / 2 * max(1, *right.shape)
    left, right = left.astype(np.float64), right.astype(np.float64)
    norm = np.abs(right).sum(0).max()
    return float(np.abs(left - right).sum(0).max() / (unit * (norm or 1)))


def with_threads(function: Callable[..., Any], *arrays: Array) -> list[Array]:
    """Return what a function of lazy arrays computes on one thread and on three."""
    before = ld.get_num_threads()
    found = []
    try:
        for threads in (1, 3):
            ld.set_num_threads(threads)
            found.append(np.asarray(function(*arrays)))
    finally:
        ld.set_num_threads(before)
    return found

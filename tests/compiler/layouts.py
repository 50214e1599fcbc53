"""Arrays that lie in memory in all the ways that NumPy allows."""

import numpy as np

_STEPS = (1, 1, 1, 2, -1, -2, 3)


def laid_out(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the values of `array` with axes permuted, steps, gaps and reversals."""
    axes = rng.permutation(array.ndim)
    steps = rng.choice(_STEPS, array.ndim)
    gaps = rng.integers(0, 3, array.ndim)
    spans = [n * abs(s) + g for n, s, g in zip(array.shape, steps, gaps, strict=True)]
    memory = np.zeros([spans[a] for a in axes], array.dtype)
    view = memory.transpose(np.argsort(axes))
    cut = [
        slice(g, g + n * s, s)
        if s > 0
        else slice(g - n * s - 1, g - 1 if g else None, s)
        for n, s, g in zip(array.shape, steps.tolist(), gaps.tolist(), strict=True)
    ]
    found = view[(*cut, ...)][(*map(slice, array.shape), ...)]
    assert found.shape == array.shape
    found[...] = array
    return found


def stretched(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return `array` with all elements along some axes those of the first."""
    firsts = tuple(
        slice(0, 1) if n and rng.random() < 0.3 else slice(None) for n in array.shape
    )
    return np.broadcast_to(array[firsts], array.shape)


def any_layout(array: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return an array of the shape and dtype, in one of all layouts."""
    kind = rng.integers(0, 4)
    if kind == 0:
        return array
    if kind == 1:
        return stretched(array, rng)
    return laid_out(array, rng)

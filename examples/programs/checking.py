"""What a program returns and what it writes into, compared with what NumPy makes."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from programs.loading import Function


def outcome(
    function: Function, arguments: tuple[Any, ...]
) -> tuple[float, list[NDArray[Any]]]:
    """Return the seconds of a call, and the results and array arguments after it.

    The arguments that are given stay as they are.
    """
    own = [x.copy() if isinstance(x, np.ndarray) else x for x in arguments]
    start = time.perf_counter()
    found = function(*own)
    seconds = time.perf_counter() - start
    results = found if isinstance(found, tuple) else (found,)
    arrays = [np.asarray(x) for x in results if x is not None]
    return seconds, arrays + [x for x in own if isinstance(x, np.ndarray)]


def difference(ours: list[NDArray[Any]], theirs: list[NDArray[Any]]) -> float:
    """Return the largest difference, relative to the largest number of an array.

    Raises
    ------
    AssertionError
        If the arrays differ in number, shape or dtype.
    """
    assert [(x.shape, x.dtype) for x in ours] == [(x.shape, x.dtype) for x in theirs]
    worst = 0.0
    for x, y in zip(ours, theirs, strict=True):
        differs = x != y
        if differs.any():
            wide = x[differs].astype(np.complex128) - y[differs]
            scale = np.abs(y[np.isfinite(y)]).max(initial=0.0)
            worst = max(worst, float(np.abs(wide).max() / (scale or 1.0)))
    return worst

"""Every public function by name, and which of NumPy's functions each stands for."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from lazydag.array.functions import (
    agreement,
    creation,
    cumulative,
    elementwise,
    finding,
    grids,
    linear,
    moments,
    nan_reductions,
    norms,
    parts,
    products,
    reductions,
    repeating,
    shapes,
    sorting,
    taking,
    transforms,
)
from lazydag.array.nodes.dtypes import can_cast, result_type

# NumPy's other names of functions
ALIASES: dict[str, Callable[..., Any]] = {
    "amin": reductions.min,
    "amax": reductions.max,
    "around": elementwise.round,
}
# what would force an array, or has other arguments than NumPy's
_NOT_NUMPYS = {"asarray", "array", "arange", "full", "zeros", "ones", "empty", "eye"}


def _of(module: ModuleType) -> dict[str, Callable[..., Any]]:
    own = (module.__name__, "lazydag")
    return {
        name: value
        for name, value in vars(module).items()
        if callable(value)
        and not isinstance(value, type)
        and not name.startswith("_")
        and value.__module__ in own
    }


#: Public functions by name.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    **_of(elementwise),
    **_of(reductions),
    **_of(moments),
    **_of(agreement),
    **_of(nan_reductions),
    **_of(shapes),
    **_of(products),
    **_of(creation),
    **_of(cumulative),
    **_of(finding),
    **_of(grids),
    **_of(parts),
    **_of(repeating),
    **_of(sorting),
    **_of(taking),
    **ALIASES,
}

FUNCTIONS["result_type"] = result_type
FUNCTIONS["can_cast"] = can_cast


def _by_numpy() -> dict[Any, Callable[..., Any]]:
    """Return the function for each of NumPy's: the one that has its own name."""
    found: dict[Any, Callable[..., Any]] = {}
    for name, function in FUNCTIONS.items():
        numpys = getattr(np, name, None)
        if numpys is None or name in _NOT_NUMPYS:
            continue
        if numpys.__name__ == name or numpys not in found:
            found[numpys] = function
    return found


#: What NumPy's functions and ufuncs become when they are given a lazy array.
BY_NUMPY = _by_numpy()
for _numpys, *_ours in ((np.linalg, linear, norms), (np.fft, transforms)):
    for _module in _ours:
        for _name, _function in _of(_module).items():
            if hasattr(_numpys, _name):
                BY_NUMPY[getattr(_numpys, _name)] = _function

"""NumPy's names for lazy arrays: ``import lazydag.numpy as np``.

Programs that were written for NumPy run with this import in place of NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array import Array
from lazydag.array.functions.beyond import NUMPYS
from lazydag.array.functions.public import FUNCTIONS

ndarray = Array

_FUNCTIONS = FUNCTIONS | {ours.__name__: ours for ours in NUMPYS.values()}


def __getattr__(name: str) -> Any:
    found = _FUNCTIONS.get(name)
    if found is None:
        found = getattr(np, name)  # types and constants
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(np)})

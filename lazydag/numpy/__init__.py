"""NumPy's names for lazy arrays: ``import lazydag.numpy as np``.

Programs that were written for NumPy run with this import in place of NumPy's. What has
no lazy form is computed by NumPy, and types and constants are NumPy's own.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from lazydag.array.functions import namespace
from lazydag.numpy.arrays import ndarray as ndarray

__all__ = namespace.names(np)  # noqa: PLE0605  # a list, by its annotation


def __getattr__(name: str) -> Any:
    if name.startswith("__") and name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = namespace.find(np, name)
    if isinstance(found, ModuleType) and find_spec(f"{__name__}.{name}"):
        return import_module(f"{__name__}.{name}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

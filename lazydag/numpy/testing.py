"""NumPy's `testing` for lazy arrays: what is compared is computed."""

from __future__ import annotations

from typing import Any

import numpy.testing as npt

from lazydag.array.functions import namespace

__all__ = namespace.names(npt)  # noqa: PLE0605  # a list, by its annotation


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = namespace.find(npt, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

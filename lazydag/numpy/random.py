"""Random numbers by NumPy's names: ``lazydag.numpy.random``.

The functions draw from one generator, which `seed` starts anew. The numbers are not
NumPy's: see `lazydag.random`.
"""

from __future__ import annotations

from typing import Any

from numpy.random import SeedSequence

from lazydag.array.random import Generator, Philox, default_rng
from lazydag.array.random.legacy import OWN, SHARED, RandomState

__all__ = [
    "Generator",
    "Philox",
    "RandomState",
    "SeedSequence",
    "default_rng",
]

_state = RandomState()
_names = frozenset((*OWN, *SHARED))


def __getattr__(name: str) -> Any:
    if name in _names:
        return getattr(_state, name)
    raise AttributeError(f"module 'lazydag.numpy.random' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted((*__all__, *_names))

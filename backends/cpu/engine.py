"""The runtime's engine as machine code.

In: its functions, in restricted Python. Out: an `Engine` whose entries run without the
GIL.
"""

from __future__ import annotations

from functools import cache

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.backends.cpu.native import native
from lazydag.runtime.engines import ENTRY_NAMES, FUNCTIONS, Engine, native_engine


def load_engine(objects: ObjectCache | None = None) -> Engine:
    """Return the engine, compiled or from the disk cache, the user's by default."""
    addresses = native(FUNCTIONS, ENTRY_NAMES, objects)
    return native_engine(dict(zip(ENTRY_NAMES, addresses, strict=True)))


@cache
def default_engine() -> Engine:
    """Return the engine of this process."""
    return load_engine()

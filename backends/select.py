"""Backends by name."""

from functools import cache
from typing import Final

from lazydag.backends.backend import Backend
from lazydag.backends.cpu.backend import CpuBackend
from lazydag.backends.null.backend import NullBackend
from lazydag.backends.reference.backend import ReferenceBackend
from lazydag.errors import UsageError

_MAKERS: Final = {
    "cpu": CpuBackend,
    "reference": ReferenceBackend,
    "null": NullBackend,
}
NAMES: Final = tuple(_MAKERS)


@cache
def backend(name: str) -> Backend:
    """Return the process's backend of that name; its kernels are shared.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in _MAKERS:
        raise UsageError(
            f"there is no backend {name!r}", remedy=f"Choose from {', '.join(NAMES)}."
        )
    made: Backend = _MAKERS[name]()
    return made

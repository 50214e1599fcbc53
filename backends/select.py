"""Backends by name; each is imported when it is asked for."""

from functools import cache
from typing import Final

from lazydag.backends.backend import Backend
from lazydag.errors import UsageError


def _cpu() -> Backend:
    from lazydag.backends.cpu.backend import CpuBackend

    return CpuBackend()


def _reference() -> Backend:
    from lazydag.backends.reference.backend import ReferenceBackend

    return ReferenceBackend()


def _null() -> Backend:
    from lazydag.backends.null.backend import NullBackend

    return NullBackend()


_MAKERS: Final = {"cpu": _cpu, "reference": _reference, "null": _null}
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
    return _MAKERS[name]()

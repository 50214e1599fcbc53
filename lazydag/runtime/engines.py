"""The entries of the engine, as Python calls them: native, or the engine's own Python.

Whoever has a compiler translates `FUNCTIONS`, and makes an engine of the addresses of
the `ENTRIES`. Without one the same functions run as they stand.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getmembers, isfunction
from types import ModuleType
from typing import Any, Final, TypeAlias

from lazydag.runtime.engine import (
    bits,
    calls,
    clock,
    finish,
    helpers,
    idle,
    jobs,
    memory,
    order,
    park,
    ready_set,
    take,
    tiles,
    words,
    work,
)

Entry: TypeAlias = Callable[..., int]

MODULES: Final[tuple[ModuleType, ...]] = (
    bits,
    calls,
    clock,
    finish,
    helpers,
    idle,
    jobs,
    order,
    park,
    ready_set,
    take,
    tiles,
    work,
)


def _functions() -> tuple[Callable[..., int | None], ...]:
    return tuple(
        function
        for module in MODULES
        for _, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__
    )


FUNCTIONS: Final = _functions()
"""All functions of the engine."""

# Entries that may take long give up the GIL; for the others that would cost more than
# they take.
ENTRIES: Final[dict[Entry, bool]] = {
    jobs.lead: True,
    helpers.help_jobs: True,
    order.link: True,
    order.measure: True,
    order.number: True,
    jobs.stop: False,
    helpers.rouse: False,
    helpers.quit_pool: False,
    clock.now: False,
}
"""The functions that Python calls, and whether they give up the GIL."""
ENTRY_NAMES: Final = tuple(entry.__name__ for entry in ENTRIES)


@dataclass(frozen=True, slots=True)
class Engine:
    """The entries; see the functions of these names in `lazydag.runtime.engine`.

    Parameters
    ----------
    hook
        Address of what calls Python tasks; 0 if the engine does it.
    """

    lead: Entry
    help_jobs: Entry
    link: Entry
    measure: Entry
    number: Entry
    stop: Entry
    rouse: Entry
    quit_pool: Entry
    now: Entry
    hook: int = 0

    @property
    def is_native(self) -> bool:
        """Whether it runs without the GIL."""
        return self.hook == 0


def native_engine(addresses: Mapping[str, int]) -> Engine:
    """Return the engine whose translated entries lie at these addresses, by name."""
    entries: dict[str, Any] = {}
    for entry, frees in ENTRIES.items():
        kind = ctypes.CFUNCTYPE if frees else ctypes.PYFUNCTYPE
        count = entry.__code__.co_argcount
        words = [ctypes.c_int64] * count
        entries[entry.__name__] = kind(ctypes.c_int64, *words)(
            addresses[entry.__name__]
        )
    return Engine(**entries)


def _call(job: int, desk: int, block: int) -> int:
    """Do for the engine in Python what `calls.call_python` does in C."""
    try:
        _object_at(block)(_object_at(job + words.BASES_OBJECT))
    except BaseException as error:  # noqa: BLE001 -- handed over, whatever it is
        # It begins in the callable, as if the engine had called that in C.
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        memory.store(desk + words.DESK_VALUE, id(error))
        _object_at(job + words.ON_ERROR)(desk)
        return words.CODE_RAISED
    return 0


def _object_at(address: int) -> Any:
    return ctypes.py_object.from_address(address).value


_HOOK = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_int64] * 3)(_call)

_PYTHON: Final[dict[str, Any]] = {entry.__name__: entry for entry in ENTRIES}
PYTHON: Final = Engine(**_PYTHON, hook=ctypes.cast(_HOOK, ctypes.c_void_p).value or 0)
"""The engine as Python: slow, and right by reading."""

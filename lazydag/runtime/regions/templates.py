"""Templates: what tasks have in common that do the same to arrays of one layout."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from lazydag.runtime.alias import Part
from lazydag.runtime.mode import Mode
from lazydag.runtime.native import NativeCall
from lazydag.runtime.regions.operands import part_of

#: How a task accesses one of its operands.
Access: TypeAlias = tuple[Mode, Part]

_numbers = itertools.count()


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A task but for its operands.

    Parameters
    ----------
    accesses
        How the task accesses its operands, in their order.
    seconds
        Estimated duration; 0 if nothing is known.
    native
        The kernel; `None` for a Python function.
    key
        For the history of measured costs.
    """

    name: str
    accesses: tuple[Access, ...]
    seconds: float = 0.0
    native: NativeCall | None = None
    key: str = ""
    number: int = field(default_factory=lambda: next(_numbers))


# Forgotten all at once where programs make ever new ones: plans keep their own.
_CAPACITY = 65_536
_native: dict[NativeCall, Template] = {}
_python: dict[tuple[object, ...], Template] = {}


def native_template(
    call: NativeCall, seconds: Callable[[NativeCall], float]
) -> Template:
    """Return the template of a native call, the same one for the same call.

    Parameters
    ----------
    seconds
        Estimates its duration on one worker.
    """
    found = _native.get(call)
    if found is None:
        accesses = tuple(
            (operand.mode, part_of(operand.part)) for operand in call.operands
        )
        made = Template(call.name, accesses, seconds(call), call, call.key)
        if len(_native) >= _CAPACITY:
            _native.clear()
        found = _native.setdefault(call, made)
    return found


def python_template(
    name: str, accesses: tuple[Access, ...], seconds: float
) -> Template:
    """Return the template of a Python function of that name, the same one each time."""
    key = (name, accesses, seconds)
    found = _python.get(key)
    if found is None:
        if len(_python) >= _CAPACITY:
            _python.clear()
        found = _python.setdefault(key, Template(name, accesses, seconds))
    return found

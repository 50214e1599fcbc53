"""Templates: what tasks have in common that do the same to arrays of one layout."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType
from typing import TypeAlias

from lazydag.ir.source import SourceLoc
from lazydag.runtime.alias import Part
from lazydag.runtime.dynamic.source import location
from lazydag.runtime.mode import Mode
from lazydag.runtime.native import Bind, NativeCall
from lazydag.runtime.regions.operands import part_of

#: Code, and the offset of an instruction in it.
Line: TypeAlias = tuple[CodeType, int]
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
    bind
        Returns the kernel for operands of other layouts.
    """

    name: str
    accesses: tuple[Access, ...]
    seconds: float = 0.0
    native: NativeCall | None = None
    bind: Bind | None = None
    number: int = field(default_factory=lambda: next(_numbers))


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A template at the line that spawns its tasks.

    Parameters
    ----------
    line
        Code, and the offset of the instruction that spawns.
    number
        The site's own, in the whole process.
    """

    template: Template
    line: Line
    number: int

    @property
    def source(self) -> SourceLoc:
        """The user's line."""
        return location(*self.line)


# Forgotten all at once where programs make ever new ones: plans keep their own.
_CAPACITY = 65_536
_native: dict[NativeCall, Template] = {}
_python: dict[tuple[object, ...], Template] = {}
_sites: dict[tuple[int, int, int], Site] = {}


def native_template(
    call: NativeCall, bind: Bind, seconds: Callable[[NativeCall], float]
) -> Template:
    """Return the template of a native call, the same one for the same call.

    Parameters
    ----------
    bind
        Returns the call for operands of other layouts.
    seconds
        Estimates its duration on one worker.
    """
    found = _native.get(call)
    if found is None:
        accesses = tuple(
            (operand.mode, part_of(operand.part)) for operand in call.operands
        )
        made = Template(call.name, accesses, seconds(call), call, bind)
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


def site_of(template: Template, line: Line) -> Site:
    """Return the site of a template at a line, the same one each time."""
    code, offset = line
    # Code is hashed by its contents, which takes long; sites keep theirs alive.
    key = (template.number, id(code), offset)
    found = _sites.get(key)
    if found is None:
        if len(_sites) >= _CAPACITY:
            _sites.clear()
        found = _sites.setdefault(key, Site(template, line, next(_numbers)))
    return found

"""Tasks of native operations: found again by the layouts of their arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np

from lazydag.errors import UsageError
from lazydag.runtime.mode import Mode
from lazydag.runtime.native import Bound, NativeCall, rebound
from lazydag.runtime.regions.access import Accessed, Deps, In, InOut, Out, unwrapped
from lazydag.runtime.regions.places import Place, Places
from lazydag.runtime.regions.templates import Line, Site, native_template, site_of


class NativeTask(NamedTuple):
    """A native operation and where its arrays are."""

    site: Site
    operands: tuple[Place, ...]


_WRAPPERS: Final = frozenset({In, Out, InOut, Deps})

# Sites by operation, line, layouts, wrappers and options. They keep the code alive
# that the line is told by.
_known: Final[dict[tuple[object, ...], Site]] = {}
_CAPACITY: Final = 65_536


def native_task(
    operation: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    at: Line,
    places: Places,
    seconds: Callable[[NativeCall], float],
) -> NativeTask | None:
    """Return the task of a native operation; `None` if an argument is no array yet.

    Raises
    ------
    LazydagError
        If the operation cannot take the arguments, or writes what is declared `In`.
    """
    known = places.known
    found: list[Place] = []
    key: list[object] = [operation, id(at[0]), at[1]]
    for argument in args:
        kind = type(argument)
        value = argument.value if kind in _WRAPPERS else argument
        place = known.get(id(value))
        if place is None:
            if not isinstance(value, np.ndarray):
                return None
            place = places.of(value)
        found.append(place)
        key += (place.layout, kind)
    if kwargs:
        key += kwargs.items()
    try:
        site = _known.get(tuple(key))
    except TypeError:  # an array among the keywords
        site = None
    # One array twice may be an error, which only the operation can tell.
    if site is None or len(set(found)) < len(found):
        call, arrays = _bind(operation, args, kwargs)
        bind = rebound(operation, call, kwargs)
        site = site_of(native_template(call, bind, seconds), at)
        if len(args) == len(arrays):
            if len(_known) >= _CAPACITY:
                _known.clear()
            _known[tuple(key)] = site
        return NativeTask(site, tuple(map(places.of, arrays)))
    return NativeTask(site, tuple(found))


def _bind(operation: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound:
    given = [unwrapped(argument) for argument in args]
    named = {name: unwrapped(argument) for name, argument in kwargs.items()}
    call, arrays = operation.bind(*given, **named)
    _check_modes(call, arrays, [*args, *kwargs.values()])
    return call, arrays


def _check_modes(
    call: NativeCall, arrays: tuple[Any, ...], arguments: list[Any]
) -> None:
    """Raise an error if the kernel does more to an array than was declared."""
    declared = {
        id(argument.value): argument
        for argument in arguments
        if isinstance(argument, Accessed)
    }
    for operand, array in zip(call.operands, arrays, strict=True):
        given = declared.get(id(array))
        if given is None:
            continue
        if operand.mode.writes and given.mode is Mode.IN:
            raise UsageError(
                f"{call.name} writes {operand.name}, which is declared In",
                remedy=f"Declare it {operand.mode.value}.",
            )

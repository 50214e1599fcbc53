"""Finds what the arguments of a task access: arrays, parts of them, other objects."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np

from lazydag.errors import UsageError
from lazydag.runtime.alias import Diagonal, Lower, Part, Upper
from lazydag.runtime.mode import Mode
from lazydag.runtime.regions.access import Accessed, Deps, Selector


class Operand(NamedTuple):
    """Something that a task accesses; a view where a part of an array is one."""

    value: Any
    mode: Mode
    part: Part = None


#: Functions that select a part, what it is, and the name of their parameter.
PARTS: Final[dict[Any, tuple[type[Lower | Upper | Diagonal], str]]] = {
    np.tril: (Lower, "k"),
    np.triu: (Upper, "k"),
    np.diagonal: (Diagonal, "offset"),
    np.diag: (Diagonal, "k"),
}


def part_of(selector: Any) -> Part:
    """Return the part that a function such as `numpy.tril` selects, or `None`."""
    function, keywords = selector, {}
    if isinstance(selector, partial) and not selector.args:
        function, keywords = selector.func, selector.keywords
    try:
        kind, parameter = PARTS[function]
    except (KeyError, TypeError):
        return None
    return kind(int(keywords.get(parameter, 0)))


def operands_of(argument: Any) -> Iterator[Operand]:
    """Yield what an argument of a Python function accesses, containers opened.

    Raises
    ------
    UsageError
        If a part is selected by something that selects nothing.
    """
    if isinstance(argument, np.ndarray):
        yield Operand(argument, Mode.IN)
    elif isinstance(argument, Accessed):
        yield from _wrapped(argument.value, argument.mode)
    elif isinstance(argument, Deps):
        for part in argument.parts:
            yield _part(argument.value, part.value, part.mode)
    elif isinstance(argument, (list, tuple)):
        for item in argument:
            yield from operands_of(item)
    elif isinstance(argument, dict):
        for item in argument.values():
            yield from operands_of(item)


def _wrapped(value: Any, mode: Mode) -> Iterator[Operand]:
    """Yield the arrays in a container of arrays, else the object itself."""
    if isinstance(value, (list, tuple, dict)):
        items = list(value.values()) if isinstance(value, dict) else value
        if items and all(isinstance(item, np.ndarray) for item in items):
            for item in items:
                yield Operand(item, mode)
            return
    yield Operand(value, mode)


def _part(array: Any, selector: Selector, mode: Mode) -> Operand:
    if not isinstance(array, np.ndarray):
        raise UsageError(
            f"Deps of {type(array).__name__}, which is not an array",
            remedy="Parts can be selected of NumPy arrays only; wrap other objects "
            "whole, in In, Out or InOut.",
        )
    if isinstance(selector, str):
        return Operand(_field(array, selector), mode)
    part = part_of(selector)
    if part is not None:
        return Operand(array, mode, part)
    return Operand(_view(array, selector), mode)


def _field(array: Any, name: str) -> Any:
    if array.dtype.names is None or name not in array.dtype.names:
        fields = ", ".join(array.dtype.names or ()) or "none"
        raise UsageError(
            f"no field {name!r} in an array of {array.dtype}",
            remedy=f"Its fields: {fields}.",
        )
    return array[name]


def _view(array: Any, selector: Any) -> Any:
    view = selector(array) if callable(selector) else None
    if not isinstance(view, np.ndarray) or not _lies_in(view, array):
        raise UsageError(
            f"{_named(selector)} selects no part of an array",
            remedy="Give a field's name, numpy.tril, numpy.triu, numpy.diagonal, or a "
            "function from the array to a view of it.",
        )
    return view


def _lies_in(view: Any, array: Any) -> bool:
    return view.size == 0 or np.may_share_memory(view, array)


def _named(selector: Any) -> str:
    return getattr(selector, "__name__", None) or repr(selector)

"""Calls of functions that programs spawn, with arrays in the places of operands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime import Mode
from lazydag.runtime.regions.access import Accessed, Deps

Array: TypeAlias = NDArray[Any]


class SpawnedCall:
    """A function with its arguments, called on arrays in the places of operands."""

    __slots__ = ("_args", "_function", "_kwargs")

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._function = function
        self._args, self._kwargs = args, kwargs

    def __call__(self, *arrays: Array) -> None:
        """Call the function on them."""
        given = iter(arrays)
        args = [_filled(each, given) for each in self._args]
        kwargs = {name: _filled(each, given) for name, each in self._kwargs.items()}
        self._function(*args, **kwargs)


def arrays_of(argument: Any) -> Iterator[tuple[Array, Mode]]:
    """Yield the arrays in an argument, and how the function accesses each."""
    if isinstance(argument, np.ndarray):
        yield argument, Mode.IN
    elif isinstance(argument, Accessed):
        for array, _ in arrays_of(argument.value):
            yield array, argument.mode
    elif isinstance(argument, Deps):
        writes = any(part.mode.writes for part in argument.parts)
        yield argument.value, Mode.INOUT if writes else Mode.IN
    elif isinstance(argument, (list, tuple)):
        for each in argument:
            yield from arrays_of(each)


def _filled(argument: Any, arrays: Iterator[Array]) -> Any:
    """Return an argument with arrays where it has placeholders, in their order."""
    if isinstance(argument, (Accessed, Deps)):
        return _filled(argument.value, arrays)
    if isinstance(argument, np.ndarray):
        return next(arrays)
    if isinstance(argument, (list, tuple)):
        return type(argument)([_filled(each, arrays) for each in argument])
    return argument

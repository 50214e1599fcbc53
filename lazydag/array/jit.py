"""`jit`: what is asked of a function that is compiled as a whole."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, overload

from lazydag.array.jitted import Jitted
from lazydag.array.trace import name_of
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location


@overload
def jit(
    function: Callable[..., Any],
    /,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
    strict: bool = False,
) -> Jitted: ...
@overload
def jit(
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
    strict: bool = False,
) -> Callable[[Callable[..., Any]], Jitted]: ...


def jit(
    function: Callable[..., Any] | None = None,
    /,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
    strict: bool = False,
) -> Jitted | Callable[[Callable[..., Any]], Jitted]:
    """Compile a function of arrays as a whole.

    At the first call with arguments of some shapes and dtypes the function runs with
    stand-ins for the arrays. What it does with them is recorded, planned and compiled;
    later calls with such arguments run the plan and not the function.

    Parameters
    ----------
    function : callable
        Arguments and results are NumPy arrays, lazy arrays and numbers, and tuples,
        lists, dicts and dataclasses of them. Results come as computed lazy arrays.
    static_argnums : int or iterable of int
        Positions of arguments that are handed to the function as they are. It is
        traced again for each of their values.
    static_argnames : str or iterable of str
        Names of such arguments.
    strict : bool
        Refuse to run the function in parts.

    Notes
    -----
    What the function looks at of its numbers, as in ``range(n)`` or ``if flag``, is
    part of the trace: for other numbers it is traced again. Where it needs a value
    that is computed from arrays, as in ``while error > tolerance``, what it has done
    so far is run, and it goes on with the value; such a function runs at each call, and
    only the plans of its parts are kept.

    Raises
    ------
    TraceError
        From the call, if it is strict and needs a value of an array, or if it returns
        something that is no array.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> @ld.jit
    ... def norm(x):
    ...     return ld.sqrt(ld.sum(x * x))
    >>> float(norm(np.array([3.0, 4.0])))
    5.0
    """
    if function is None:
        return functools.partial(
            jit,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
            strict=strict,
        )
    if not callable(function):
        raise UsageError(
            f"jit takes a function, not a {type(function).__name__}", caller_location()
        )
    static = _static_places(function, static_argnums, static_argnames)
    return Jitted(function, static, strict=strict)


def _static_places(
    function: Callable[..., Any],
    numbers: int | Iterable[int],
    names: str | Iterable[str],
) -> frozenset[int | str]:
    """Return each static argument by position and by name, where it has both."""
    places: set[int | str] = set((numbers,) if isinstance(numbers, int) else numbers)
    places |= {names} if isinstance(names, str) else set(names)
    if not places:
        return frozenset()
    parameters = list(inspect.signature(function).parameters.values())
    known = {p.name for p in parameters if p.kind is not p.VAR_POSITIONAL}
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for place in list(places):
        if isinstance(place, str) and place not in known and not takes_any:
            raise UsageError(
                f"{name_of(function)} has no argument {place!r} to be static",
                caller_location(),
                f"It has {', '.join(known)}.",
            )
        if isinstance(place, int) and place < 0:
            places.remove(place)
            places.add(place := place + len(parameters))
        for i, p in enumerate(parameters):
            if place in (i, p.name) and p.kind is p.POSITIONAL_OR_KEYWORD:
                places |= {i, p.name}
    return frozenset(places)

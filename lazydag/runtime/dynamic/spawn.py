"""`spawn`: a call becomes a task."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, overload

from lazydag.runtime.dynamic.options import Options
from lazydag.runtime.dynamic.start import start
from lazydag.runtime.dynamic.task import Task

R = TypeVar("R")


@overload
def spawn(
    function: Callable[..., Coroutine[Any, Any, R]],
    /,
    *args: Any,
    options: Options | None = None,
    **kwargs: Any,
) -> Task[R]: ...
@overload
def spawn(
    function: Callable[..., R],
    /,
    *args: Any,
    options: Options | None = None,
    **kwargs: Any,
) -> Task[R]: ...
def spawn(
    function: Callable[..., Any],
    /,
    *args: Any,
    options: Options | None = None,
    **kwargs: Any,
) -> Task[Any]:
    """Call a function on another thread.

    Parameters
    ----------
    function : callable
        If it is an async function, it runs on an event loop.
    *args, **kwargs
        Its arguments. Tasks and lazy arrays among them, also inside of lists, tuples
        and dicts, are waited for, without occupying a thread, and it gets their
        results: lazy arrays as NumPy arrays.
    options : Options, optional
        How to run this task; see `lazydag.options`.

    Returns
    -------
    Task
        Its future result.

    Examples
    --------
    >>> import lazydag as ld
    >>> squares = [ld.spawn(pow, n, 2) for n in range(4)]
    >>> ld.spawn(sum, squares).result()
    14

    Notes
    -----
    Takes about a microsecond. Context variables are those of the caller, as they are
    now. A thread that has spawned a million tasks which have not ended runs some of
    them before it goes on.
    """
    frame = sys._getframe(1)
    return start(function, args, kwargs, options, (frame.f_code, frame.f_lasti))

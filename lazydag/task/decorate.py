"""`task`: functions with options for the tasks that they are spawned as."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, overload

from lazydag.runtime.dynamic import Options
from lazydag.runtime.dynamic.function import TaskFunction

P = ParamSpec("P")
R = TypeVar("R")


@overload
def task(function: Callable[P, R], /) -> TaskFunction[P, R]: ...
@overload
def task(
    **options: Any,
) -> Callable[[Callable[P, R]], TaskFunction[P, R]]: ...
def task(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Give a function options for when it is spawned.

    Calling the function remains a plain call.

    Parameters
    ----------
    **options
        The fields of `lazydag.options`. Those of a scope and of a call count more.

    Examples
    --------
    >>> import lazydag as ld
    >>> @ld.task(retries=2, name="reading")
    ... def read(path):
    ...     return path.upper()
    >>> read("a"), ld.spawn(read, "b").result()
    ('A', 'B')
    """
    chosen = Options(**options)
    if function is not None:
        return TaskFunction(function, chosen)
    return lambda function: TaskFunction(function, chosen)

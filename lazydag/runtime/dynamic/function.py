"""Functions with options for the tasks that they are spawned as."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

from lazydag.runtime.dynamic.options import Options

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class TaskFunction(Generic[P, R_co]):
    """A function with options for spawning it; calling it is a plain call.

    Made by `lazydag.task`.

    Parameters
    ----------
    function
        What is called.
    options
        What holds for its tasks when neither a call nor a scope says otherwise.
    """

    def __init__(self, function: Callable[P, R_co], options: Options) -> None:
        self.function = function
        self.options = options
        update_wrapper(self, function)

    def defaults(self) -> tuple[Callable[P, R_co], Options]:
        """Return the function and its options."""
        return self.function, self.options

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function here and now."""
        return self.function(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        if instance is None:
            return self
        bound = self.function.__get__(instance, owner)
        return TaskFunction(bound, self.options)

    def __repr__(self) -> str:
        return f"<task function {self.__qualname__}>"  # type: ignore[attr-defined]

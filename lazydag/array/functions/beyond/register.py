"""NumPy's functions beyond the standard, by the function that each stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

#: What a NumPy function becomes when it is given a lazy array.
NUMPYS: dict[Any, Any] = {}


def stands_for(numpys: Any) -> Callable[[Function], Function]:
    """Let the decorated function be called in place of a NumPy function.

    It has that function's name in `lazydag.numpy`, and `numpys(lazy)` calls it.
    """

    def register(function: Function) -> Function:
        function.__name__ = function.__qualname__ = numpys.__name__
        space = getattr(numpys, "__module__", "numpy")
        function.__module__ = f"lazydag.{space}"
        NUMPYS[numpys] = function
        return function

    return register

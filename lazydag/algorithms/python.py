"""Python functions in tile programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE: Final = "__lazydag_releases_gil__"


def releases_gil(function: F) -> F:
    """Mark a function that lets the interpreter go for most of its time.

    Plans call it on any worker, beside other tasks; functions without the mark are
    called one at a time.
    """
    setattr(function, _ATTRIBUTE, True)
    return function


def does_release_gil(function: Callable[..., Any]) -> bool:
    """Tell whether a function is marked by `releases_gil`."""
    return getattr(function, _ATTRIBUTE, False) is True

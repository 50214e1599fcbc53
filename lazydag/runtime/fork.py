"""Objects that have to be told when the process was forked."""

from __future__ import annotations

import os
from collections.abc import Callable
from weakref import WeakMethod

_methods: list[WeakMethod[Callable[[], None]]] = []


def after_fork(method: Callable[[], None]) -> None:
    """Call a bound method in every forked child, while its object lives."""
    _methods[:] = [known for known in _methods if known() is not None]
    _methods.append(WeakMethod(method))


def _in_child() -> None:
    for known in tuple(_methods):
        method = known()
        if method is not None:
            method()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)

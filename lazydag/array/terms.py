"""What the names of a person's function stand for: lazy arrays, lazydag or NumPy."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.kernel import Kernel
from lazydag.array.pytree import flatten

_LAZY = "lazydag.numpy"
_RANDOM = "lazydag.numpy.random"


class _NumPy(ModuleType):
    """NumPy, but for its random numbers: those are lazydag's in any tier."""

    def __getattr__(self, name: str) -> Any:
        return import_module(_RANDOM) if name == "random" else getattr(np, name)


_STAND_IN = _NumPy("numpy")
# found at once, without asking __getattr__
vars(_STAND_IN).update(
    (name, value)
    for name, value in vars(np).items()
    if name != "random" and not name.startswith("__")
)
_HOLDERS = (Array, tuple, list, dict)


def plain(value: Any) -> Any:
    """Return what a name stands for where single elements are computed with."""
    found = value.function if isinstance(value, Kernel) else _numpys(value)
    return np if found is _STAND_IN else found


def draws(function: Callable[..., Any]) -> bool:
    """Tell whether a function draws random numbers by `lazydag.numpy.random`."""
    found = _reachable(function) if isinstance(function, FunctionType) else []
    return any("random" in f.__code__.co_names and _says_lazy(f) for f in found)


def _numpys(value: Any) -> Any:
    inner = getattr(value, "__wrapped__", None)
    if inner is not None and type(value).__module__.startswith("lazydag."):
        return value if isinstance(value, Kernel) else inner  # of a jitted function
    if value is sys.modules.get(_LAZY):
        return _STAND_IN
    if getattr(value, "__module__", None) == _LAZY:
        return getattr(np, value.__name__, value)
    return value


def in_numpys_terms(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that says NumPy where it, or what it calls, says lazydag.numpy.

    The function itself, if nothing of it would change.
    """
    if not isinstance(function, FunctionType):
        return function
    found = _reachable(function)
    if all(_numpys(v) is v for f in found for v in _used(f).values()):
        return function
    new = {f: _empty(f) for f in found}
    for old, made in new.items():
        for name, value in _used(old).items():
            stand_in = _numpys(value)
            if isinstance(stand_in, FunctionType):
                stand_in = new.get(stand_in, stand_in)
            _set(made, name, stand_in)
    return new[function]


def outer_arrays(function: Callable[..., Any]) -> list[Array]:
    """Return the lazy arrays that a function's names stand for, from outside of it."""
    function = inspect.unwrap(function)
    values: list[Any] = []
    if isinstance(function, partial):
        values += [function.args, function.keywords]
        function = function.func
    if isinstance(function, FunctionType):
        values += [v for f in _reachable(function) for v in _used(f).values()]
    leaves, _ = flatten([v for v in values if isinstance(v, _HOLDERS)])
    return [leaf for leaf in leaves if isinstance(leaf, Array)]


def _reachable(root: FunctionType) -> list[FunctionType]:
    """Return a function and those of its module, or of lazydag's users, it calls."""
    found: dict[FunctionType, None] = {}
    waiting = [root]
    while waiting:
        function = waiting.pop()
        if function not in found:
            found[function] = None
            values = map(_numpys, _used(function).values())
            waiting += [
                v
                for v in values
                if isinstance(v, FunctionType)
                and (v.__globals__ is root.__globals__ or _says_lazy(v))
            ]
    return list(found)


def _says_lazy(function: FunctionType) -> bool:
    lazy = sys.modules.get(_LAZY)
    return any(value is lazy for value in function.__globals__.values())


def _used(function: FunctionType) -> dict[str, Any]:
    """Return what a function's names stand for: of its module, then of its closure."""
    code, names = function.__code__, function.__globals__
    used = {name: names[name] for name in code.co_names if name in names}
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    return used | {name: cell.cell_contents for name, cell in cells if _is_set(cell)}


def _is_set(cell: CellType) -> bool:
    """Tell whether a name of the enclosing function has a value by now."""
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _empty(function: FunctionType) -> FunctionType:
    """Return a function with names and a closure of its own."""
    code = function.__code__
    cells = tuple(CellType() for _ in code.co_freevars)
    names = dict(function.__globals__)
    made = FunctionType(code, names, function.__name__, function.__defaults__, cells)
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def _set(function: FunctionType, name: str, value: Any) -> None:
    code = function.__code__
    if name in code.co_freevars:
        assert function.__closure__ is not None
        function.__closure__[code.co_freevars.index(name)].cell_contents = value
    else:
        function.__globals__[name] = value

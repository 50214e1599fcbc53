"""Numba compiles a function, and all functions that it calls."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final

import numba
import numpy as np
from numba import typeof, types
from numba.core.errors import NumbaError, NumbaWarning

from lazydag.backends.cpu.whole.rewrite import CannotCompileError, rewritten

#: Out of bounds and division by zero are errors; Python may make something of them.
OPTIONS: Final[dict[str, Any]] = {"boundscheck": True, "error_model": "python"}

_PLAIN = (
    bool,
    int,
    float,
    complex,
    str,
    type,
    ModuleType,
    BuiltinFunctionType,
    np.ufunc,
)
_NARROW = (types.Integer, types.Float, types.Complex)


def compile_whole(
    function: FunctionType, plain: Callable[[Any], Any]
) -> Callable[..., Any]:
    """Return `function` as compiled by Numba, which happens at its first call.

    Parameters
    ----------
    function : function
        Of arrays and numbers.
    plain : callable
        Returns what stands for a value that a function's name has: NumPy for a
        module of lazy functions, the function itself for a jitted one.

    Returns
    -------
    callable
        Of NumPy arrays of 64-bit elements and Python numbers.

    Raises
    ------
    CannotCompileError
        Now or from the call, if Numba cannot compile it, or not to what Python does.
    """
    dispatcher = _dispatcher(function, plain, {})
    signature = inspect.signature(function)

    def run(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        _compile(dispatcher, bound.args)
        return dispatcher(*bound.args, **bound.kwargs)

    return run


def _compile(dispatcher: Any, args: Sequence[Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumbaWarning)
        try:
            kinds = tuple(map(typeof, args))
            if kinds in dispatcher.overloads:
                return
            dispatcher.compile(kinds)
        except (NumbaError, ValueError, TypeError) as error:
            raise CannotCompileError(str(error)) from error
    _check(dispatcher.overloads[kinds])


def _dispatcher(
    function: FunctionType, plain: Callable[[Any], Any], made: dict[FunctionType, Any]
) -> Any:
    found = made.get(function)
    if found is not None:
        return found
    code, names = rewritten(function)
    names |= {"__builtins__": __builtins__, "__name__": function.__module__}
    compiled = FunctionType(code, names, function.__name__, function.__defaults__)
    made[function] = numba.njit(**OPTIONS)(compiled)
    for name in _names_of(function):
        value = plain(_value_of(function, name))
        names[name] = _usable(name, value, plain, made)
    return made[function]


def _names_of(function: FunctionType) -> list[str]:
    code = function.__code__
    known = [name for name in code.co_names if name in function.__globals__]
    return [*known, *code.co_freevars]


def _value_of(function: FunctionType, name: str) -> Any:
    if name in function.__code__.co_freevars:
        at = function.__code__.co_freevars.index(name)
        assert function.__closure__ is not None
        return function.__closure__[at].cell_contents
    return function.__globals__[name]


def _usable(
    name: str, value: Any, plain: Callable[[Any], Any], made: dict[FunctionType, Any]
) -> Any:
    """Return what a name stands for; Numba takes it for a constant."""
    if isinstance(value, FunctionType):
        is_numpys = value.__module__.partition(".")[0] == "numpy"
        return value if is_numpys else _dispatcher(value, plain, made)
    if isinstance(value, (*_PLAIN, np.generic, np.dtype)):
        return value
    raise CannotCompileError(f"{name} may change: it is a {type(value).__name__}")


def _check(overload: Any) -> None:
    """Refuse types that Numba promotes in other ways than NumPy 2 does."""
    for name, kind in overload.type_annotation.typemap.items():
        element = getattr(kind, "dtype", kind)
        width = getattr(element, "bitwidth", 64)
        wanted = 128 if isinstance(element, types.Complex) else 64
        if isinstance(element, _NARROW) and width != wanted:
            raise CannotCompileError(f"{name} is {kind}")

"""Numba compiles a function, and all functions that it calls."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Sequence
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any, Final

import numba
import numpy as np
from numba import typeof
from numba.core.errors import NumbaError, NumbaWarning

from lazydag.backends.cpu.whole.checked import CheckedCompiler

#: Out of bounds and division by zero are errors; Python may make something of them.
OPTIONS: Final[dict[str, Any]] = {
    "boundscheck": True,
    "error_model": "python",
    "pipeline_class": CheckedCompiler,
}

_PLAIN = (bool, int, float, complex, str, type, ModuleType, BuiltinFunctionType)
_NUMPYS = (np.ufunc, np.generic, np.dtype)


class CannotCompileError(Exception):
    """Numba cannot compile a function, or not to what Python would do."""


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
            if kinds not in dispatcher.overloads:
                dispatcher.compile(kinds)
        except (NumbaError, ValueError, TypeError) as error:
            raise CannotCompileError(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    """Return what went wrong, without Numba's colours and its own trace."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "Failed in" not in line] or ["it says not why"]
    return re.sub(r"\x1b\[\d*m", "", told[0]).strip()


def _dispatcher(
    function: FunctionType, plain: Callable[[Any], Any], made: dict[FunctionType, Any]
) -> Any:
    found = made.get(function)
    if found is not None:
        return found
    code = function.__code__
    names: dict[str, Any] = {"__builtins__": __builtins__}
    cells = tuple(CellType() for _ in code.co_freevars)
    own = FunctionType(code, names, function.__name__, function.__defaults__, cells)
    made[function] = numba.njit(**OPTIONS)(own)
    for name in code.co_names:
        if name in function.__globals__:
            value = plain(function.__globals__[name])
            names[name] = _usable(name, value, plain, made)
    held = zip(code.co_freevars, function.__closure__ or (), cells, strict=True)
    for name, cell, new in held:
        value = plain(cell.cell_contents)
        new.cell_contents = _usable(name, value, plain, made)
    return made[function]


def _usable(
    name: str, value: Any, plain: Callable[[Any], Any], made: dict[FunctionType, Any]
) -> Any:
    """Return what a name stands for; Numba takes it for a constant."""
    if isinstance(value, FunctionType):
        is_numpys = value.__module__.partition(".")[0] == "numpy"
        return value if is_numpys else _dispatcher(value, plain, made)
    if isinstance(value, (*_PLAIN, *_NUMPYS)):
        return value
    raise CannotCompileError(f"{name} may change: it is a {type(value).__name__}")

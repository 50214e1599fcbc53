"""NumPy's names for programs: each means a lazy function, or what NumPy means by it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

import numpy as np

from lazydag.array import eager
from lazydag.array.functions.beyond.ufuncs import Ufunc
from lazydag.array.functions.numpys import FOR_NUMPY, as_numpys
from lazydag.errors import LazydagError

Function = Callable[..., Any]

#: Functions that take no arrays, or look at no elements: they are NumPy's.
PASSED = frozenset(
    {
        "base_repr",
        "binary_repr",
        "broadcast_shapes",
        "busday_count",
        "busday_offset",
        "datetime_as_string",
        "datetime_data",
        "format_float_positional",
        "format_float_scientific",
        "get_include",
        "get_printoptions",
        "getbufsize",
        "geterr",
        "geterrcall",
        "info",
        "is_busday",
        "isdtype",
        "issubdtype",
        "mintypecode",
        "nested_iters",
        "printoptions",
        "promote_types",
        "set_printoptions",
        "setbufsize",
        "seterr",
        "seterrcall",
        "show_config",
        "show_runtime",
        "test",
        "typename",
    }
)

#: Functions of elements: numbers alone are computed at once, as by ufuncs.
OF_NUMBERS = frozenset(
    {
        "allclose",
        "angle",
        "around",
        "clip",
        "fix",
        "i0",
        "imag",
        "isclose",
        "iscomplex",
        "isneginf",
        "isposinf",
        "isreal",
        "nan_to_num",
        "real",
        "real_if_close",
        "round",
        "sinc",
    }
)
_NUMBERS = (bool, int, float, complex, np.generic)


def find(numpys: ModuleType, name: str, ours: ModuleType | None = None) -> Any:
    """Return what `name` of a module of NumPy means in programs with lazy arrays.

    Parameters
    ----------
    numpys : module
        `numpy`, or one of its modules.
    name : str
        A name in it.
    ours : module, optional
        Where the standard has functions of the same names.

    Raises
    ------
    AttributeError
        If NumPy has no such name.
    """
    found = getattr(numpys, name)
    if isinstance(found, type | ModuleType):
        return found
    lazily = lazy_function(found)
    if isinstance(lazily, Ufunc) or not callable(found):
        return found if lazily is None else lazily
    standard = getattr(ours, name, None)
    if lazily is None and standard is not None:
        lazily = as_numpys(found, standard)
    if lazily is not None:
        taking = of_all_dtypes(lazily, found)
        return of_numbers(taking, found) if name in OF_NUMBERS else taking
    if found is np.frompyfunc:
        return of_python
    place = numpys.__name__.removeprefix("numpy").removeprefix(".")
    known = f"{place}.{name}" if place else name
    return found if name in PASSED else eager.eager(found, known)


def of_python(func: Function, /, nin: int, nout: int, **options: Any) -> Function:
    """Return a function that calls `func` for each element, by NumPy."""
    name = getattr(func, "__name__", "frompyfunc")
    return eager.eager(np.frompyfunc(func, nin, nout, **options), name)


def lazy_function(numpys: Function) -> Function | None:
    """Return the lazy function in place of one of NumPy's; None if there is none."""
    try:
        return FOR_NUMPY.get(numpys)
    except TypeError:  # not hashable
        return None


def of_numbers(ours: Function, numpys: Function) -> Function:
    """Return `ours`; NumPy computes where there are only numbers."""

    @wraps(ours)
    def function(*args: Any, **kwargs: Any) -> Any:
        values = (*args, *kwargs.values())
        if all(isinstance(value, _NUMBERS) for value in values):
            return numpys(*args, **kwargs)
        return ours(*args, **kwargs)

    return function


def of_all_dtypes(ours: Function, numpys: Function) -> Function:
    """Return `ours`; NumPy computes where there are only elements of other types."""

    @wraps(ours)
    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            return ours(*args, **kwargs)
        except LazydagError as error:
            if not eager.is_for_numpy(error, (*args, *kwargs.values())):
                raise
            refusal = error
        return eager.by_numpy(numpys, refusal, args, kwargs)

    return function


def names(numpys: ModuleType) -> list[str]:
    """Return the public names of a module of NumPy."""
    listed: Any = getattr(numpys, "__all__", ())
    every = {*listed, *dir(numpys)}
    return sorted(n for n in every if not n.startswith("_") or n == "__version__")

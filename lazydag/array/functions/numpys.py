"""Functions as NumPy's are called: its names of arguments, ``out=``, any dtype.

The functions of the standard take their arrays by position. What is called in NumPy's
place also takes NumPy's names of them, and writes into ``out=``.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from lazydag.array.functions.beyond import NUMPYS
from lazydag.array.functions.public import BY_NUMPY
from lazydag.array.outputs import given

Function = Callable[..., Any]

# arguments that do not change what lazy arrays give: they lie in C order
_WITHOUT_MEANING = ("order", "subok", "like")
_POSITIONAL = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD,
)


def as_numpys(numpys: Function, ours: Function) -> Function:
    """Return `ours`, to be called as `numpys` is.

    Arguments that come first may be given by NumPy's names; ``out=`` is written into.
    """
    try:
        theirs = inspect.signature(numpys).parameters
    except ValueError:  # some of NumPy's built-in functions have none
        return ours
    own = inspect.signature(ours).parameters
    first = [name for name, p in theirs.items() if p.kind in _POSITIONAL]
    by_place = inspect.Parameter.POSITIONAL_ONLY
    taken = {name for name, p in own.items() if p.kind is not by_place}
    ignored = [name for name in _WITHOUT_MEANING if name not in taken]
    writes = "out" in theirs and "out" not in taken

    most = _most_positional(own)

    @wraps(ours)
    def function(*args: Any, **kwargs: Any) -> Any:
        if len(args) > most:
            kwargs.update(zip(first[most:], args[most:], strict=False))
            args = args[:most]
        if not kwargs:
            return ours(*args)
        out = kwargs.pop("out", None) if writes else None
        for name in ignored:
            kwargs.pop(name, None)
        for name in first[len(args) :]:
            if name not in kwargs or name in taken:
                break
            args = (*args, kwargs.pop(name))
        found = ours(*args, **kwargs)
        return found if out is None else given(out, found, ours.__name__)

    return function


def _most_positional(own: Mapping[str, inspect.Parameter]) -> int:
    """Return how many arguments a function takes by their place."""
    kinds = [parameter.kind for parameter in own.values()]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return sys.maxsize
    return sum(kind in _POSITIONAL for kind in kinds)


#: What NumPy's functions and ufuncs become when they are given a lazy array.
FOR_NUMPY: dict[Any, Function] = {
    numpys: as_numpys(numpys, ours)
    for numpys, ours in BY_NUMPY.items()
    if numpys not in NUMPYS and not isinstance(numpys, np.ufunc)
} | NUMPYS

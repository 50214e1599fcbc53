"""Methods of arrays: most are functions of the array, looked up when they are used.

Functions are made of arrays themselves, so the class names them and where they are.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import MethodType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lazydag.array.array import Array


class Method:
    """A method that is a function whose first argument is the array.

    Parameters
    ----------
    module : str
        Where the function is, in ``lazydag.array.functions``; by default, what NumPy's
        function of that name becomes for lazy arrays.
    """

    def __init__(self, module: str = "") -> None:
        self._module = module
        self._name = ""
        self._function: Callable[..., Any] | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, array: Any, owner: type) -> Callable[..., Array]:
        """Return the function, bound to the array if there is one."""
        function = self._function
        if function is None:
            function = self._function = self._find()
        return function if array is None else MethodType(function, array)

    def _find(self) -> Callable[..., Any]:
        place = f"lazydag.array.functions.{self._module or 'numpys'}"
        module = import_module(place)
        if self._module:
            function = getattr(module, self._name)
        else:
            function = module.FOR_NUMPY[getattr(np, self._name)]
        found: Callable[..., Any] = function
        return found


class Computed:
    """A method of NumPy's arrays that needs the values."""

    def __init__(self, why: str = "array") -> None:
        self._why = why
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, array: Any, owner: type) -> Callable[..., Any]:
        """Return the method of the values, which are computed when it is called."""
        if array is None:
            found: Callable[..., Any] = getattr(np.ndarray, self._name)
            return found

        def method(*args: Any, **kwargs: Any) -> Any:
            return getattr(array.values_for(self._why), self._name)(*args, **kwargs)

        return method


class Methods:
    """Methods and attributes that NumPy's arrays have."""

    __slots__ = ()

    sum = Method("reductions")
    prod = Method("reductions")
    mean = Method("moments")
    var = Method("moments")
    std = Method("moments")
    min = Method("reductions")
    max = Method("reductions")
    any = Method("reductions")
    all = Method("reductions")
    argmin = Method("reductions")
    argmax = Method("reductions")
    clip = Method("elementwise")
    round = Method("elementwise")
    nonzero = Method("finding")
    repeat = Method("repeating")
    dot = Method()
    argpartition = Method()
    argsort = Method()
    choose = Method()
    cumprod = Method()
    cumsum = Method()
    diagonal = Method()
    put = Method()
    searchsorted = Method()
    take = Method()
    trace = Method()

    astype = Method("methods")
    byteswap = Method("methods")
    compress = Method("methods")
    conj = Method("methods")
    conjugate = Method("methods")
    copy = Method("methods")
    fill = Method("methods")
    flatten = Method("methods")
    partition = Method("methods")
    ravel = Method("methods")
    reshape = Method("methods")
    resize = Method("methods")
    retile = Method("blocked")
    setflags = Method("methods")
    sort = Method("methods")
    squeeze = Method("methods")
    swapaxes = Method("methods")
    transpose = Method("methods")
    view = Method("methods")

    item = Computed("item")
    tolist = Computed("item")
    dump = Computed()
    dumps = Computed()
    tobytes = Computed()
    tofile = Computed()

    def __copy__(self: Any) -> Any:
        return self.copy()

    def __deepcopy__(self: Any, memo: Any) -> Any:
        return self.copy()

    @classmethod
    def __class_getitem__(cls, item: Any) -> Any:
        """Return NumPy's own, for annotations."""
        return np.ndarray[item]

"""NumPy's ufuncs for lazy arrays: called, and by their methods."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from lazydag.array.array import Array, operand
from lazydag.array.eager import by_numpy, is_for_numpy
from lazydag.array.functions.beyond import ufunc_methods as methods
from lazydag.array.functions.beyond.contractions import CONTRACTIONS, along
from lazydag.array.functions.beyond.register import NUMPYS
from lazydag.array.functions.made import binary_call, unary_call
from lazydag.array.nodes.dtypes import as_dtype
from lazydag.array.nodes.folds import NO_VALUE
from lazydag.array.nodes.record import record, record_both, record_in
from lazydag.array.nodes.rows import ROWS, SECONDS
from lazydag.array.outputs import mask_node, masked, write
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.node import Node
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType

_SCALARS = (bool, int, float, complex, np.generic)
_ORDERS = (None, "C", "F", "A", "K", "c", "f", "a", "k")


def _of_all_dtypes(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that NumPy's ufunc stands in for, for elements that it has."""

    @wraps(method)
    def call(self: Ufunc, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except DTypeError as error:
            values = (*args, *kwargs.values())
            if "out" in kwargs or not is_for_numpy(error, values):
                raise
            refusal = error
        numpys = getattr(self._numpys, method.__name__)
        return by_numpy(numpys, refusal, args, kwargs)

    return call


class Ufunc:
    """A ufunc of NumPy for lazy arrays.

    Numbers alone are computed at once, as NumPy does; all else is recorded.

    Parameters
    ----------
    numpys : numpy.ufunc
        The ufunc itself, whose attributes this one has.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.add([1, 2], [3, 4])
    Array([4, 6])
    >>> np.add.outer([1, 2], [3, 4]).tolist()
    [[4, 5], [5, 6]]
    >>> np.add.nin, np.add.identity
    (2, 0)
    """

    def __init__(self, numpys: np.ufunc) -> None:
        self._numpys = numpys
        self.__name__ = self.__qualname__ = numpys.__name__
        self.__doc__ = numpys.__doc__
        self._direct = _direct(numpys)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._numpys, name)  # nin, nout, types, identity, signature

    def __repr__(self) -> str:
        return f"<ufunc '{self.__name__}'>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Apply the ufunc, as NumPy's does with the same arguments."""
        direct = self._direct
        if direct is None or kwargs or len(args) != self._numpys.nin:
            return self._call(*args, **kwargs)
        if args[0].__class__ is not Array:
            return self._call(*args)
        try:
            return direct(*args)
        except DTypeError:  # perhaps of elements that only NumPy has
            return self._call(*args)

    def _call(
        self,
        *args: Any,
        out: Any = None,
        where: Any = True,
        casting: Any = "same_kind",
        order: Any = "K",
        dtype: Any = None,
        subok: bool = True,
        signature: Any = None,
        **core: Any,
    ) -> Any:
        del subok
        inputs, outs = self._sorted(args, out)
        if order not in _ORDERS:
            raise ValueError(f"order must be one of 'C', 'F', 'A', or 'K', not {order}")
        loop = signature or core.pop("sig", None)
        named = {"dtype": dtype, "signature": loop}
        options = {k: v for k, v in named.items() if v is not None}
        options |= {"casting": casting, **core}
        if outs is None and all(isinstance(x, _SCALARS) for x in inputs):
            return self._numpys(*inputs, **options)
        try:
            asked = self._signature(loop, dtype)
            results = self._results(inputs, asked, casting, core)
        except DTypeError as error:
            if outs is not None or not is_for_numpy(error, inputs):
                raise
            refusal = error
        else:
            return self._given(results, outs, where, casting)
        return by_numpy(self._numpys, refusal, inputs, options)

    @_of_all_dtypes
    def reduce(
        self,
        array: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = NO_VALUE,
        where: Any = True,
    ) -> Any:
        """Apply the ufunc between the elements along axes."""
        mask = mask_node(where)
        return methods.reduce(
            self._numpys, array, axis, dtype, out, keepdims, initial, mask
        )

    @_of_all_dtypes
    def accumulate(
        self, array: Any, axis: int = 0, dtype: Any = None, out: Any = None
    ) -> Any:
        """Return the result of `reduce` for every beginning of an axis."""
        return methods.accumulate(self._numpys, array, axis, dtype, out)

    @_of_all_dtypes
    def reduceat(
        self,
        array: Any,
        indices: Any,
        axis: int = 0,
        dtype: Any = None,
        out: Any = None,
    ) -> Any:
        """Reduce from each index to the next."""
        return methods.reduceat(self._numpys, array, indices, axis, dtype, out)

    @_of_all_dtypes
    def outer(self, a: Any, b: Any, /, **options: Any) -> Any:
        """Apply the ufunc to all pairs of elements of `a` and `b`."""
        return self(*methods.paired(self._numpys, a, b), **options)

    def at(self, a: Any, indices: Any, b: Any = None, /) -> None:
        """Apply the ufunc in place to some elements, as often as each is named."""
        methods.at(self._numpys, a, indices, b)

    def _sorted(self, args: tuple[Any, ...], out: Any) -> tuple[Any, Any]:
        """Return inputs, and a tuple of outputs or None."""
        nin, nargs = self._numpys.nin, self._numpys.nargs
        if not nin <= len(args) <= nargs:
            raise TypeError(
                f"{self.__name__}() takes from {nin} to {nargs} positional arguments "
                f"but {len(args)} were given"
            )
        if len(args) > nin:
            if out is not None:
                raise TypeError("cannot specify 'out' as both a positional and keyword")
            out = args[nin:]
        if out is ...:  # an array, which results of ours are anyway
            out = None
        outs = out if isinstance(out, tuple | None) else (out,)
        if outs is None or all(each is None for each in outs):
            return args[:nin], None
        missing = self._numpys.nout - len(outs)
        if missing and len(args) == nin:
            raise ValueError(
                f"The 'out' tuple must have exactly {self._numpys.nout} entries"
            )
        return args[:nin], (*outs, *[None] * missing)

    def _signature(self, signature: Any, dtype: Any) -> Any:
        """Return a dtype or None for each operand and result, or None."""
        nin, nout = self._numpys.nin, self._numpys.nout
        if dtype is not None:
            if signature is not None:
                raise TypeError("cannot specify both 'signature' and 'dtype'")
            return (*[None] * nin, *[as_dtype(dtype)] * nout)
        if isinstance(signature, str):
            signature = tuple(signature.replace("->", ""))
        if signature is None:
            return None
        found = tuple(None if s is None else as_dtype(s) for s in signature)
        return (*[None] * nin, *found) if len(found) == nout else found

    def _results(
        self,
        inputs: tuple[Any, ...],
        signature: tuple[DType | None, ...] | None,
        casting: Any,
        core: dict[str, Any],
    ) -> list[Node]:
        name = self.__name__
        contraction = CONTRACTIONS.get(name)
        if contraction is not None:
            return [along(self._numpys, contraction, inputs, signature, **core)]
        if core:
            raise TypeError(
                f"{name}() got an unexpected keyword argument '{next(iter(core))}'"
            )
        row, operands = ROWS[name], [operand(x) for x in inputs]
        if name in SECONDS:
            return list(record_both(row, SECONDS[name], *operands))
        if signature is not None:
            return [record_in(row, signature, casting, *operands)]
        return [record(row, *operands)]

    def _given(
        self,
        results: list[Node],
        outs: tuple[Any, ...] | None,
        where: Any,
        casting: Any,
    ) -> Any:
        """Return arrays of the results, or those that they were written into."""
        mask = mask_node(where)
        if mask is not None and self._numpys.signature is not None:
            raise UsageError(
                f"{self.__name__} has no where=", caller_location(), "Leave it out."
            )
        found = [
            _one(self.__name__, node, out, mask, casting)
            for node, out in zip(results, outs or [None] * len(results), strict=True)
        ]
        return found[0] if len(found) == 1 else tuple(found)


def _direct(numpys: np.ufunc) -> Callable[..., Array] | None:
    """Return what calls the ufunc without keywords, if it has one result and a row."""
    row = ROWS.get(numpys.__name__)
    if row is None or numpys.nout > 1:
        return None
    return unary_call(row) if numpys.nin == 1 else binary_call(row)


def _one(name: str, node: Node, out: Any, mask: Node | None, casting: Any) -> Any:
    if out is not None:
        return write(out, node, name, casting, mask)
    return Array(node if mask is None else masked(mask, node))


#: The lazy ufunc of each of NumPy's.
UFUNCS: dict[np.ufunc, Ufunc] = {
    numpys: Ufunc(numpys)
    for numpys in (getattr(np, name) for name in (*ROWS, *CONTRACTIONS))
}
NUMPYS.update(UFUNCS)

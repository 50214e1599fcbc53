"""`kernel`: a person's scalar function, applied element by element."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lazydag.array import engine
from lazydag.array.array import Array, operand
from lazydag.array.nodes.broadcast import broadcast_shape
from lazydag.array.nodes.dtypes import default_dtype
from lazydag.array.nodes.record import materialise, promotion_type, shape_of
from lazydag.errors import UsageError
from lazydag.ir.attrs import CallAttrs, UserKernel
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import DType


class Kernel:
    """A scalar function that takes arrays, element by element.

    Made by `kernel`, which says what it may hold.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        name = getattr(function, "__name__", type(function).__name__)
        self._kernel = UserKernel(name, function)
        self._dtypes: dict[tuple[DType, ...], DType] = {}
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Array:
        """Return the function of each element of the broadcast arrays."""
        source = caller_location()
        if not args:
            raise UsageError(f"{self._kernel.name} takes at least one array", source)
        operands = [operand(value) for value in args]
        verb = f"apply {self._kernel.name} to {{}}"
        shape = broadcast_shape(verb, operands, [shape_of(o) for o in operands])
        dtypes = tuple(default_dtype(promotion_type(o)) for o in operands)
        found = self._dtypes.get(dtypes)
        if found is None:
            found = engine.user_kernel_dtype(self._kernel, dtypes)
            self._dtypes[dtypes] = found
        nodes = [
            materialise(o, dtype, shape, source)
            for o, dtype in zip(operands, dtypes, strict=True)
        ]
        attrs = CallAttrs(self._kernel, found)
        return Array(make(OPS["call"], *nodes, attrs=attrs, source=source))

    def __repr__(self) -> str:
        return f"<kernel {self._kernel.name}>"


def kernel(function: Callable[..., Any], /) -> Kernel:
    """Make an elementwise function of a scalar function with loops and branches.

    The function is compiled by Numba, and fused with what is around it.

    Parameters
    ----------
    function : callable
        Takes and returns numbers. What Numba compiles can be in it: loops, branches,
        ``math``, calls of functions that Numba has compiled.

    Returns
    -------
    Kernel
        Takes arrays whose shapes broadcast, and numbers.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> @ld.kernel
    ... def collatz(n):
    ...     steps = 0
    ...     while n != 1:
    ...         n = n // 2 if n % 2 == 0 else 3 * n + 1
    ...         steps += 1
    ...     return steps
    >>> collatz(np.array([1, 6, 27])).tolist()
    [0, 8, 111]
    """
    return Kernel(function)

"""`compute`: values for several arrays at once."""

from __future__ import annotations

from typing import Any, overload

from lazydag.array.array import Array, node_of
from lazydag.array.force import values_of
from lazydag.array.scopes import settle_scope


@overload
def compute(array: Any, /) -> Array: ...
@overload
def compute(first: Any, second: Any, /, *more: Any) -> tuple[Array, ...]: ...


def compute(*arrays: Any) -> Array | tuple[Array, ...]:
    """Compute the values of arrays, all together, and return the arrays.

    What they share is computed once. An array that has a value keeps it.

    Parameters
    ----------
    *arrays : array_like
        Lazy arrays; others are made so.

    Returns
    -------
    Array or tuple of Array
        The arrays themselves, which now hold their values.

    Raises
    ------
    TraceError
        In a jitted function, if they depend on its arguments.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.arange(4.0)
    >>> total, mean = ld.compute(x.sum(), x.mean())
    >>> float(total), float(mean)
    (6.0, 1.5)
    """
    found = tuple(a if isinstance(a, Array) else Array(node_of(a)) for a in arrays)
    settle_scope()
    waiting = list({id(a): a for a in found if not a.is_computed}.values())
    if waiting:
        values = values_of([a.node for a in waiting])
        for array, value in zip(waiting, values, strict=True):
            array.keep(value)
    return found[0] if len(found) == 1 else found

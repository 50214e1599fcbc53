"""What arrays are: their shape and kind, and whether they share elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.reductions import all
from lazydag.array.nodes.move import as_shape, normal_axes
from lazydag.array.nodes.paths import look


@stands_for(np.shape)
def shape(a: Any) -> tuple[int, ...]:
    """Return the number of elements along each axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.shape(np.zeros((2, 3))), np.shape([1, 2])
    ((2, 3), (2,))
    """
    return a.shape if isinstance(a, Array) else np.shape(a)


@stands_for(np.ndim)
def ndim(a: Any) -> int:
    """Return the number of axes."""
    return len(shape(a))


@stands_for(np.size)
def size(a: Any, axis: Any = None) -> int:
    """Return the number of elements, along axes if they are named."""
    if not isinstance(a, Array):
        return np.size(a, axis)
    axes = range(a.ndim) if axis is None else normal_axes(a.node, as_shape(axis))
    count = 1
    for each in axes:
        count *= a.shape[each]
    return count


@stands_for(np.isscalar)
def isscalar(element: Any) -> bool:
    """Tell whether `element` is a number: a result without axes is one in NumPy."""
    if isinstance(element, Array):
        return not element.shape and element.owner is element
    return np.isscalar(element)


@stands_for(np.iterable)
def iterable(y: Any) -> bool:
    """Tell whether one can iterate over `y`."""
    return bool(y.shape) if isinstance(y, Array) else np.iterable(y)


@stands_for(np.isfortran)
def isfortran(a: Any) -> bool:
    """Tell whether the first axis runs fastest, and not the last one."""
    flags = a.flags
    return bool(flags.f_contiguous and not flags.c_contiguous)


@stands_for(np.iscomplexobj)
def iscomplexobj(x: Any) -> bool:
    """Tell whether the elements are of a complex type."""
    return x.dtype.kind == "c" if isinstance(x, Array) else np.iscomplexobj(x)


@stands_for(np.isrealobj)
def isrealobj(x: Any) -> bool:
    """Tell whether the elements are of a type that is not complex."""
    return not iscomplexobj(x)


@stands_for(np.common_type)
def common_type(*arrays: Any) -> Any:
    """Return the inexact type that all elements can be converted to."""
    return np.common_type(*(np.empty(0, as_array(a).dtype) for a in arrays))


@stands_for(np.min_scalar_type)
def min_scalar_type(a: Any, /) -> Any:
    """Return the narrowest type of a number; an array's is its own."""
    if isinstance(a, Array):
        return np.min_scalar_type(a.values_for("item")) if isscalar(a) else a.dtype
    return np.min_scalar_type(a)


@stands_for(np.array_equiv)
def array_equiv(a1: Any, a2: Any) -> Any:
    """Whether the elements are equal after stretching one array to the other.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.array_equiv([1, 2], [[1, 2], [1, 2]])
    Array(True)
    """
    x, y = Array(node_of(a1)), Array(node_of(a2))
    try:
        np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        return False
    return all(x == y)


@stands_for(np.may_share_memory)
def may_share_memory(a: Any, b: Any, /, max_work: int = 0) -> bool:
    """Tell whether both show elements of one array."""
    del max_work
    if isinstance(a, Array) and isinstance(b, Array):
        return a.owner is b.owner
    return _is_known(a, b) and np.may_share_memory(np.asarray(a), np.asarray(b))


@stands_for(np.shares_memory)
def shares_memory(a: Any, b: Any, /, max_work: int = -1) -> bool:
    """Tell whether both show some of the same elements.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> x = np.zeros(4)
    >>> np.shares_memory(x[::2], x[1::2]), np.shares_memory(x, x[1:])
    (False, True)
    """
    del max_work
    if isinstance(a, Array) and isinstance(b, Array):
        return a.owner is b.owner and np.intersect1d(_places(a), _places(b)).size > 0
    return _is_known(a, b) and np.shares_memory(np.asarray(a), np.asarray(b))


def _is_known(a: Any, b: Any) -> bool:
    """Tell whether the elements lie in memory already, which can be NumPy's."""
    unknown = [x for x in (a, b) if isinstance(x, Array) and not x.is_computed]
    return not unknown


def _places(array: Array) -> np.ndarray[Any, Any]:
    """Return the positions of the elements among the owner's."""
    owner = array.owner
    places = np.arange(owner.size).reshape(owner.shape)
    return places if array._link is None else look(array._link.path(), places)

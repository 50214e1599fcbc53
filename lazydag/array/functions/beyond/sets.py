"""Arrays as sets. Most of them compute values: these decide the shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import finding
from lazydag.array.functions.beyond.lanes import as_array, known
from lazydag.array.functions.beyond.register import stands_for
from lazydag.errors import UsageError
from lazydag.ir.source import caller_location


@stands_for(np.unique)
def unique(  # NumPy's signature
    ar: Any,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    sorted: bool = True,
) -> Any:
    """Distinct elements, or distinct parts along an axis, sorted.

    Computes the values: they decide the shape.

    Parameters
    ----------
    ar : array_like
        Any shape.
    return_index : bool
        Also return where each is first.
    return_inverse : bool
        Also return which of them each element is.
    return_counts : bool
        Also return how often each comes.
    axis : int, optional
        Compare parts along this axis; elements by default.
    equal_nan : bool
        Whether all NaN count as one.
    sorted : bool
        Whether the result has to be sorted.

    Returns
    -------
    Array or tuple of Array
        The distinct elements, and what else was asked for.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.unique([3, 1, 3], return_counts=True)
    (Array([1, 3]), Array([1, 2]))
    """
    wanted: Any = {
        "return_index": return_index,
        "return_inverse": return_inverse,
        "return_counts": return_counts,
    }
    options: Any = {"axis": axis, "equal_nan": equal_nan}
    if not sorted and np.lib.NumpyVersion(np.__version__) >= "2.3.0":
        options["sorted"] = False
    found: Any = np.unique(_values(ar), **wanted, **options)
    return tuple(map(known, found)) if isinstance(found, tuple) else known(found)


@stands_for(np.intersect1d)
def intersect1d(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    """Elements that are in both arrays, sorted.

    Computes the values: they decide the shape.

    Parameters
    ----------
    ar1, ar2 : array_like
        Taken as one row each.
    assume_unique : bool
        Whether each of them has distinct elements only.
    return_indices : bool
        Also return where each element is first in both.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.intersect1d([1, 3, 4], [3, 1, 2])
    Array([1, 3])
    """
    options: Any = {"assume_unique": assume_unique, "return_indices": return_indices}
    found = np.intersect1d(_values(ar1), _values(ar2), **options)
    return tuple(map(known, found)) if return_indices else known(found)


@stands_for(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Array:
    """Elements that are in at least one of the arrays, sorted.

    Computes the values: they decide the shape.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.union1d([1, 3], [3, 2])
    Array([1, 2, 3])
    """
    return known(np.union1d(_values(ar1), _values(ar2)))


@stands_for(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Array:
    """Elements of the first array that are not in the second, sorted.

    Computes the values: they decide the shape.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.setdiff1d([1, 3, 4], [3])
    Array([1, 4])
    """
    return known(np.setdiff1d(_values(ar1), _values(ar2), assume_unique))


@stands_for(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: bool = False) -> Array:
    """Elements that are in one of the arrays only, sorted.

    Computes the values: they decide the shape.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.setxor1d([1, 3], [3, 2])
    Array([1, 2])
    """
    return known(np.setxor1d(_values(ar1), _values(ar2), assume_unique))


@stands_for(np.isin)
def isin(
    element: Any,
    test_elements: Any,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    kind: str | None = None,
) -> Array:
    """Whether each element is among the others.

    Parameters
    ----------
    element : array_like
        Any shape.
    test_elements : array_like
        What to look for.
    assume_unique : bool
        Without meaning here.
    invert : bool
        Whether it is not among them.
    kind : {"sort", "table"}, optional
        NumPy's method; without meaning here.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.isin([1, 2, 3], [3, 1])
    Array([ True, False,  True])
    """
    del assume_unique
    if kind not in (None, "sort", "table"):
        raise UsageError(
            f"Invalid kind: '{kind}'",
            caller_location(),
            "Please use None, 'sort' or 'table'.",
        )
    return finding.isin(element, test_elements, invert=invert)


def _values(x: Any) -> np.ndarray[Any, Any]:
    return as_array(x).values_for("shape")

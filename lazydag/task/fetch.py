"""`fetch`: trees of tasks and lazy arrays become trees of values."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array import Array, compute
from lazydag.array.pytree import build, flatten
from lazydag.runtime.dynamic import Task


def fetch(value: Any, /) -> Any:
    """Return a value with results in place of tasks and lazy arrays.

    Parameters
    ----------
    value
        A task, a lazy array, or anything; lists, tuples, dicts, named tuples and
        dataclasses of such, also NumPy arrays of objects and pandas tables and columns.

    Returns
    -------
    object
        The same, with what the tasks returned, and NumPy arrays for lazy arrays, which
        are computed together.

    Raises
    ------
    Exception
        What the first task raised that failed; see `Task.result`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.fetch({"a": ld.spawn(abs, -1), "b": [ld.arange(3) + 1, "text"]})
    {'a': 1, 'b': [array([1, 2, 3]), 'text']}
    """
    leaves, tree = flatten(value)
    arrays = [leaf for leaf in leaves if isinstance(leaf, Array)]
    if arrays:
        compute(*arrays)
    return build(tree, [_fetch_leaf(leaf) for leaf in leaves])


def _fetch_leaf(leaf: Any) -> Any:
    if isinstance(leaf, Task):
        return leaf.result()
    if isinstance(leaf, Array):
        return np.asarray(leaf)
    if isinstance(leaf, np.ndarray) and leaf.dtype == object:
        found = np.empty(leaf.size, object)
        found[:] = [fetch(item) for item in leaf.flat]
        return found.reshape(leaf.shape)
    if hasattr(leaf, "infer_objects") and hasattr(leaf, "map"):
        # A pandas DataFrame or Series: columns of numbers become such.
        return leaf.map(fetch).infer_objects()
    return leaf

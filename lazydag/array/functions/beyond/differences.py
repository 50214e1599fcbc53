"""Differences between neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.cumulative import diff
from lazydag.array.functions.shapes import concatenate


@stands_for(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Array:
    """Differences between consecutive elements, in C order, with ends put on.

    Parameters
    ----------
    ary : array_like
        Taken as one row.
    to_end, to_begin : array_like, optional
        What comes after and before the differences.

    Returns
    -------
    Array
        One element fewer than `ary` has, and the ends.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.ediff1d([1, 4, 9], to_begin=0)
    Array([0, 3, 5])
    """
    row = Array(node_of(ary)).reshape(-1)
    parts = [to_begin, diff(row), to_end]
    found = [Array(node_of(p)).reshape(-1) for p in parts if p is not None]
    return concatenate([each.astype(row.dtype) for each in found])

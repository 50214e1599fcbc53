"""Counts of points in boxes: histograms of several axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.counting import (
    bins_of,
    edges_of,
    ends_of,
    ndim_of,
    weight_nodes,
)
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.functions.shapes import stack
from lazydag.array.nodes.library import calls
from lazydag.errors import ShapeError, UsageError
from lazydag.ir.source import caller_location
from lazydag.ir.statistics import EDGES_GIVEN


@stands_for(np.histogram2d)
def histogram2d(  # NumPy's signature
    x: Any,
    y: Any,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Any = None,
) -> tuple[Array, Array, Array]:
    """Count the points of a plane that fall into boxes.

    Parameters
    ----------
    x, y : array_like
        Coordinates, one axis each, of one length.
    bins : int, array_like or a pair of them
        How many bins along both axes or each, or their edges.
    range : pair of (float, float), optional
        From where to where bins go along each axis.
    density : bool, optional
        Return the density, whose integral is 1.
    weights : array_like, optional
        What each point counts.

    Returns
    -------
    counts, xedges, yedges : Array
        The counts, with one row for each bin along x.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.histogram2d([0.0, 1.0, 1.0], [0.0, 2.0, 2.0], bins=2)[0]
    Array([[1., 0.],
           [0., 2.]])
    """
    points = as_array(x), as_array(y)
    if points[0].shape[:1] != points[1].shape[:1]:
        raise ShapeError("x and y must have the same length.", caller_location())
    if ndim_of(bins) and len(bins) not in (1, 2):
        bins = [as_array(bins)] * 2
    counts, (xedges, yedges) = histogramdd(points, bins, range, density, weights)
    return counts, xedges, yedges


@stands_for(np.histogramdd)
def histogramdd(
    sample: Any,
    bins: Any = 10,
    range: Any = None,
    density: Any = None,
    weights: Any = None,
) -> tuple[Array, tuple[Array, ...]]:
    """Count the points that fall into boxes.

    Parameters
    ----------
    sample : array_like
        One row for each point; or a sequence with an array for each axis.
    bins : int or sequence
        How many bins along all axes or each, or arrays of their edges.
    range : sequence of (float, float) or None, optional
        From where to where bins go along each axis.
    density : bool, optional
        Return the density, whose integral is 1.
    weights : array_like, optional
        What each point counts.

    Returns
    -------
    counts : Array
        In f64, with one axis for each coordinate.
    edges : tuple of Array
        Edges along each axis.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> counts, edges = np.histogramdd([[0.0, 0.0], [1.0, 2.0]], bins=(1, 2))
    >>> counts
    Array([[1., 1.]])
    """
    points = _points(sample)
    ndim = points.shape[1]
    each = list(bins) if ndim_of(bins) else [bins] * ndim
    if len(each) != ndim:
        raise UsageError(
            "The dimension of bins must be equal to the dimension of the sample x.",
            caller_location(),
        )
    ranges = [None] * ndim if range is None else list(range)
    if len(ranges) != ndim:
        raise UsageError(
            "range argument must have one entry per dimension", caller_location()
        )
    given = [edges_of(b) for b in each if ndim_of(b)]
    numbers = tuple(EDGES_GIVEN if ndim_of(b) else bins_of(b) for b in each)
    nodes = [edges.node for edges in given]
    heavy = weight_nodes(weights, points.shape[:1])
    counts, *edges = calls(
        "histogramdd",
        ndim + 1,
        points.node,
        *nodes,
        *heavy,
        bins=numbers,
        ranges=tuple(map(ends_of, ranges)),
        density=bool(density),
    )
    known = iter(given)
    return Array(counts), tuple(
        next(known) if n == EDGES_GIVEN else Array(e)
        for n, e in zip(numbers, edges, strict=True)
    )


def _points(sample: Any) -> Array:
    if getattr(sample, "ndim", 0) == 2:
        return as_array(sample)
    if isinstance(sample, Sequence) and any(ndim_of(each) for each in sample):
        return stack([as_array(each) for each in sample], axis=1)
    return as_array(sample).reshape(-1, 1)

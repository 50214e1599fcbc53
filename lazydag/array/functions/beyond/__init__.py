"""Functions of NumPy that the array API standard has not.

In: what people call as `lazydag.numpy.f`, or as `numpy.f` of a lazy array. Out: arrays.
Each module registers its functions with `stands_for`; this is the list of them.
"""

from lazydag.array.functions.beyond import (
    averages,
    boxes,
    counting,
    cumulative,
    differences,
    einsum,
    factorisations,
    fourier,
    grids,
    joins,
    matrix_sizes,
    medians,
    ordering,
    pads,
    products,
    quantiles,
    ranges,
    repeats,
    searching,
    sets,
    solving,
    splits,
    triangles,
    ufuncs,
    views,
)
from lazydag.array.functions.beyond.register import NUMPYS

__all__ = [
    "NUMPYS",
    "averages",
    "boxes",
    "counting",
    "cumulative",
    "differences",
    "einsum",
    "factorisations",
    "fourier",
    "grids",
    "joins",
    "matrix_sizes",
    "medians",
    "ordering",
    "pads",
    "products",
    "quantiles",
    "ranges",
    "repeats",
    "searching",
    "sets",
    "solving",
    "splits",
    "triangles",
    "ufuncs",
    "views",
]

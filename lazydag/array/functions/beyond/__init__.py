"""Functions of NumPy that the array API standard has not.

In: what people call as `lazydag.numpy.f`, or as `numpy.f` of a lazy array. Out: arrays.
Each module registers its functions with `stands_for`; this is the list of them.
"""

from lazydag.array.functions.beyond import differences, ufuncs
from lazydag.array.functions.beyond.register import NUMPYS

__all__ = ["NUMPYS", "differences", "ufuncs"]

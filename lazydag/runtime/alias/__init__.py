"""Which bytes tasks touch, and which tasks therefore wait for which.

In: NumPy arrays and views of any strides, parts of matrices, and how each task accesses
them, in sequential order.
Out: the edges of the task graph, as arrays.
"""

from lazydag.runtime.alias.overlap import Overlap, compare, covers, overlaps
from lazydag.runtime.alias.parts import Diagonal, Lower, Part, Upper
from lazydag.runtime.alias.recorder import Recorder
from lazydag.runtime.alias.region import Region

__all__ = [
    "Diagonal",
    "Lower",
    "Overlap",
    "Part",
    "Recorder",
    "Region",
    "Upper",
    "compare",
    "covers",
    "overlaps",
]

"""Control flow for arrays: loops and branches that stay one operation of the graph.

In: functions of arrays. Out: arrays, which stand for what the loop or branch gives.
"""

from lazydag.array.control.branches import cond, switch
from lazydag.array.control.loops import fori_loop, while_loop
from lazydag.array.control.scans import scan
from lazydag.array.control.stencils import stencil
from lazydag.array.control.tiles import map_tiles

__all__ = [
    "cond",
    "fori_loop",
    "map_tiles",
    "scan",
    "stencil",
    "switch",
    "while_loop",
]

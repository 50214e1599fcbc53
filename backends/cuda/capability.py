"""What GPUs compute: known from a kernel's body alone, without a GPU."""

from __future__ import annotations

from lazydag.backends.cuda.grids import is_grid
from lazydag.ir.graph import Graph


def runs(body: Graph) -> bool:
    """Tell whether a device computes a kernel's body, by a grid or by a library."""
    return is_grid(body)

"""Stencils: many sweeps over arrays, a tile of rows and sweeps at a time.

In come the attributes of a stencil and how its sources lie. Out comes what makes the
sweeps: kernels for ranges of rows over arrays with margins, in tiles that stay in the
caches for several sweeps.
"""

from lazydag.compiler.stencils.sweeps import Sweeps, plan_sweeps

__all__ = ["Sweeps", "plan_sweeps"]

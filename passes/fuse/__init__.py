"""Fuse: kernels out of elementwise ops, broadcasts, views and reductions.

In: a SIMPLIFIED graph with split reductions. Out: a FUSED graph, in which only kernels
compute, and views between them cost nothing.
"""

from __future__ import annotations

from lazydag.passes.fuse.fuse import Fuse

__all__ = ["Fuse"]

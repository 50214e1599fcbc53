"""Place: a device for every kernel, and copies between memory spaces.

In: a TILED graph. Out: a PLACED graph, in which every kernel has a device and reads
what lies in that device's space; outputs lie where the user's arrays do.
"""

from __future__ import annotations

from lazydag.passes.place.place import Place
from lazydag.passes.place.ways import CanRun, Offer, Way

__all__ = ["CanRun", "Offer", "Place", "Way"]

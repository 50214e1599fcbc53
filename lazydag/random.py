"""Random numbers: ``lazydag.random``."""

from numpy.random import SeedSequence

from lazydag.array.random import Generator, Philox, default_rng

__all__ = ["Generator", "Philox", "SeedSequence", "default_rng"]

"""Special functions, which NumPy has not: ``lazydag.special.erf``."""

from lazydag.array.functions.special import erf

__all__ = ["erf"]

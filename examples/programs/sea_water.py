"""The density of sea water: the international equation of state of 1980, by UNESCO.

N. P. Fofonoff, R. C. Millard, *Algorithms for computation of fundamental properties of
seawater*, UNESCO Technical Papers in Marine Science 44 (1983).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import lazydag.numpy as np
from lazydag import jit

Array: TypeAlias = Any


@jit
def sea_water(s: Array, t: Array, p: Array) -> Array:
    """Return the density in kg/m³ from practical salinity, °C and bar."""
    return at_surface(s, t) / (1.0 - p / bulk_modulus(s, t, p))


def at_surface(s: Array, t: Array) -> Array:
    """Return the density under one atmosphere."""
    pure = (
        999.842594
        + 6.793952e-2 * t
        - 9.095290e-3 * t**2
        + 1.001685e-4 * t**3
        - 1.120083e-6 * t**4
        + 6.536332e-9 * t**5
    )
    linear = (
        8.24493e-1
        - 4.0899e-3 * t
        + 7.6438e-5 * t**2
        - 8.2467e-7 * t**3
        + 5.3875e-9 * t**4
    )
    root = -5.72466e-3 + 1.0227e-4 * t - 1.6546e-6 * t**2
    return pure + linear * s + root * s * np.sqrt(s) + 4.8314e-4 * s**2


def bulk_modulus(s: Array, t: Array, p: Array) -> Array:
    """Return the secant bulk modulus in bar."""
    root = s * np.sqrt(s)
    surface = (
        19652.21
        + 148.4206 * t
        - 2.327105 * t**2
        + 1.360477e-2 * t**3
        - 5.155288e-5 * t**4
        + (54.6746 - 0.603459 * t + 1.09987e-2 * t**2 - 6.1670e-5 * t**3) * s
        + (7.944e-2 + 1.6483e-2 * t - 5.3009e-4 * t**2) * root
    )
    a = (
        3.239908
        + 1.43713e-3 * t
        + 1.16092e-4 * t**2
        - 5.77905e-7 * t**3
        + (2.2838e-3 - 1.0981e-5 * t - 1.6078e-6 * t**2) * s
        + 1.91075e-4 * root
    )
    b = (
        8.50935e-5
        - 6.12293e-6 * t
        + 5.2787e-8 * t**2
        + (-9.9348e-7 + 2.0816e-8 * t + 9.1697e-10 * t**2) * s
    )
    return surface + a * p + b * p**2

"""Special functions, which NumPy has not."""

from __future__ import annotations

from typing import Any

import numpy as np

from lazydag.array.array import Array, apply
from lazydag.array.nodes.rows import Row
from lazydag.ir.ops import OPS

# any ufunc from floats to floats has the rule for dtypes
_ERF = Row("erf", np.cbrt, OPS["erf"], "Error function.", "apply erf to {}")


def erf(x: Any, /) -> Array:
    """Error function: 2/sqrt(pi) times the integral of exp(-t²) from 0 to x.

    Examples
    --------
    >>> import lazydag as ld
    >>> float(ld.special.erf(0.0))
    0.0
    """
    return apply(_ERF, x)

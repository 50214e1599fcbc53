"""Windows for spectra: numbers that NumPy computes when they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.leaves import leaf

_DOC = """The {title} window of `M` elements.

Parameters
----------
M : int
    How many; none if it is less than 1.

Examples
--------
>>> import lazydag.numpy as np
>>> np.{name}(3).round(6)
Array([{values}])
"""


def _number(value: Any) -> Any:
    return as_array(value).values_for("shape")[()]


def _window(numpys: Callable[..., Any], title: str, values: str) -> None:
    def function(M: Any) -> Array:
        return Array(leaf(numpys(_number(M))))

    function.__doc__ = _DOC.format(title=title, name=numpys.__name__, values=values)
    stands_for(numpys)(function)


_window(np.hanning, "Hann", "0., 1., 0.")
_window(np.hamming, "Hamming", "0.08, 1.  , 0.08")
_window(np.blackman, "Blackman", "-0.,  1., -0.")
_window(np.bartlett, "Bartlett", "0., 1., 0.")


@stands_for(np.kaiser)
def kaiser(M: Any, beta: Any) -> Array:
    """Return the Kaiser window of `M` elements.

    Parameters
    ----------
    M : int
        How many; none if it is less than 1.
    beta : float
        How narrow it is: 0 is a rectangle.

    Examples
    --------
    >>> import lazydag.numpy as np
    >>> np.kaiser(3, 0.0)
    Array([1., 1., 1.])
    """
    return Array(leaf(np.kaiser(_number(M), _number(beta))))

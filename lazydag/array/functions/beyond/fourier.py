"""Fourier transforms with the arguments of `numpy.fft`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.functions import transforms
from lazydag.array.functions.beyond.lanes import as_array
from lazydag.array.functions.beyond.out import into
from lazydag.array.functions.beyond.register import stands_for
from lazydag.array.nodes.move import as_shape

_ALONG = """{does}

Parameters
----------
a : array_like
    Any shape.
n : int, optional
    Length along the axis: longer input is cut, shorter one padded by zeros.
axis : int
    Along which.
norm : {{"backward", "ortho", "forward"}}, optional
    Which direction is scaled; "backward" by default.
out : array, optional
    Where to write the result.

Examples
--------
>>> import lazydag.numpy as np
>>> np.fft.{name}([1.0, 2.0, 4.0]).shape
{shape}
"""

_OVER = """{does}

Parameters
----------
a : array_like
    Any shape.
s : sequence of int, optional
    Lengths along the axes; -1 leaves one as it is.
axes : sequence of int, optional
    Along which; {axes} by default.
norm : {{"backward", "ortho", "forward"}}, optional
    Which direction is scaled; "backward" by default.
out : array, optional
    Where to write the result.

Examples
--------
>>> import lazydag.numpy as np
>>> np.fft.{name}(np.ones((2, 4))).shape
{shape}
"""


def _along(name: str, does: str, shape: str) -> None:
    """Register the transform along one axis."""
    standard: Callable[..., Array] = getattr(transforms, name)

    def function(
        a: Any,
        n: int | None = None,
        axis: int = -1,
        norm: str | None = None,
        out: Any = None,
    ) -> Any:
        found = standard(a, n=n, axis=axis, norm=norm or "backward")
        return into(out, name, found)

    function.__doc__ = _ALONG.format(does=does, name=name, shape=shape)
    stands_for(getattr(np.fft, name))(function)


def _over(name: str, does: str, shape: str) -> None:
    """Register the transforms over several axes, and over the last two."""

    def function(
        a: Any,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = None,
        norm: str | None = None,
        out: Any = None,
    ) -> Any:
        return into(out, f"{name}n", _transformed(f"{name}n", a, s, axes, norm))

    def in_a_plane(
        a: Any,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = (-2, -1),
        norm: str | None = None,
        out: Any = None,
    ) -> Any:
        return into(out, f"{name}2", _transformed(f"{name}n", a, s, axes, norm))

    rows = (function, "n", "all"), (in_a_plane, "2", "the last two")
    for each, end, known in rows:
        each.__doc__ = _OVER.format(does=does, name=name + end, shape=shape, axes=known)
        stands_for(getattr(np.fft, name + end))(each)


def _transformed(name: str, a: Any, s: Any, axes: Any, norm: str | None) -> Array:
    array = as_array(a)
    if s is not None:
        lengths = as_shape(s)
        axes = tuple(range(-len(lengths), 0)) if axes is None else as_shape(axes)
        if len(axes) == len(lengths):
            pairs = zip(lengths, axes, strict=True)
            s = tuple(array.shape[at] if n == -1 else n for n, at in pairs)
    standard: Callable[..., Array] = getattr(transforms, name)
    return standard(array, s=s, axes=axes, norm=norm or "backward")


_along("fft", "Discrete Fourier transform along an axis.", "(3,)")
_along("ifft", "Inverse of `fft`.", "(3,)")
_along("rfft", "The first half of `fft` of real numbers.", "(2,)")
_along("irfft", "Inverse of `rfft`.", "(4,)")
_along("hfft", "Transform of a symmetric signal: real.", "(4,)")
_along("ihfft", "Inverse of `hfft`.", "(2,)")
_over("fft", "`fft` along several axes.", "(2, 4)")
_over("ifft", "Inverse of `fft` along several axes.", "(2, 4)")
_over("rfft", "The first half of `fft` of real numbers, along several axes.", "(2, 3)")
_over("irfft", "Inverse of `rfft` along several axes.", "(2, 6)")

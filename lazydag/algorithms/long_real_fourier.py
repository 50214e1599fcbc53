"""The Fourier transform of one long lane of real numbers, and its inverse.

Neighbours are the parts of complex numbers, which are half as many. Their transform,
and its mirror image, make that of the real numbers; and the other way about.

References
----------
H. V. Sorensen, D. L. Jones, M. T. Heideman and C. S. Burrus, *Real-valued fast Fourier
transform algorithms*, IEEE Transactions on Acoustics, Speech, and Signal Processing 35
(1987), 849-863.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.long_fourier import long_transform, root_powers
from lazydag.algorithms.pencils import TILE, pencils
from lazydag.algorithms.pocketfft import seconds
from lazydag.algorithms.python import releases_gil
from lazydag.algorithms.scratch import empty
from lazydag.runtime.dynamic import Options, spawn
from lazydag.runtime.regions import In, Out

Array: TypeAlias = NDArray[Any]

# The scale of a transform over that of one of half the length.
_SCALES: Final = {"backward": 1.0, "ortho": 0.5**0.5, "forward": 0.5}


def long_real_transform(x: Array, out: Array, norm: str) -> None:
    """Spawn the transform ``rfft`` of a lane of an even length."""
    half = x.size // 2
    z = empty((half,), out.dtype)
    long_transform(_together(x).view(out.dtype), z, "fft", norm)
    scale = _SCALES[norm]
    spawn(ends, In(z[:1]), Out(out[:1]), Out(out[half:]), scale)
    _join(z, out, "fft", scale)


def long_real_inverse(x: Array, out: Array, norm: str) -> None:
    """Spawn the transform ``irfft`` to a lane of an even length."""
    half = out.size // 2
    z = empty((half,), x.dtype)
    scale = 1 / _SCALES[norm]
    spawn(beginning, In(x[:1]), In(x[half : half + 1]), Out(z[:1]), scale)
    _join(x, z, "ifft", scale)
    long_transform(z, out.view(x.dtype), "ifft", norm)


def _join(z: Array, out: Array, name: str, scale: float) -> None:
    """Spawn what joins elements and their mirror images, all but the first."""
    half = min(z.size, out.size)
    for (part,) in pencils((half - 1,), (), out.itemsize):
        start, stop = part.start + 1, part.stop + 1
        mirrored = In(z[half - stop + 1 : half - start + 1])
        cost = Options(cost=seconds(stop - start, 2))
        own, to = In(z[start:stop]), Out(out[start:stop])
        spawn(join, own, mirrored, to, start, scale, half, name, options=cost)


def _together(x: Array) -> Array:
    """Return a vector whose elements are neighbours."""
    if x.strides == (x.itemsize,):
        return x
    copy = empty(x.shape, x.dtype)
    for part in pencils(x.shape, (), x.itemsize):
        spawn(_copy, In(x[part]), Out(copy[part]))
    return copy


@releases_gil
def _copy(x: Array, out: Array) -> None:
    np.copyto(out, x)


def ends(z: Array, first: Array, last: Array, scale: float) -> None:
    """Compute the sum of all elements, and that with alternating signs."""
    first[0] = (z[0].real + z[0].imag) * scale
    last[0] = (z[0].real - z[0].imag) * scale


def beginning(first: Array, last: Array, z: Array, scale: float) -> None:
    """Compute what `ends` was given."""
    even, odd = first[0].real + last[0].real, first[0].real - last[0].real
    z[0] = complex(even, odd) * (0.5 * scale)


@releases_gil
def join(
    z: Array,
    mirrored: Array,
    out: Array,
    first: int,
    scale: float,
    half: int,
    name: str,
) -> None:
    """Compute elements of the transform from those of the transform of pairs, or back.

    Parameters
    ----------
    z, mirrored
        Elements from number `first` on, and from the end backwards.
    name
        Which way: ``"fft"`` or ``"ifft"``.
    """
    turn = 1j if name == "ifft" else -1j
    step = TILE // out.itemsize
    for start in range(0, z.size, step):
        own = z[start : start + step]
        other = np.conj(mirrored[z.size - start - own.size : z.size - start][::-1])
        odd = own - other
        odd *= _roots(step, half, name, out.dtype)[: own.size]
        odd *= 0.5 * scale * turn * np.exp(turn * np.pi * ((first + start) / half))
        other += own
        other *= 0.5 * scale
        np.add(other, odd, out=out[start : start + step])


@lru_cache(maxsize=4)
def _roots(count: int, half: int, name: str, dtype: np.dtype[Any]) -> Array:
    """Return the first roots of unity of order ``2 half``."""
    return root_powers(count, 1, 2 * half, name).astype(dtype)

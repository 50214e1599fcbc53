"""Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any, TypeAlias

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.functions.made import on_device, public, refused
from lazydag.array.functions.repeating import roll
from lazydag.array.nodes.broadcast import cast
from lazydag.array.nodes.dtypes import inexact
from lazydag.array.nodes.library import call
from lazydag.array.nodes.move import as_shape, normal_axis
from lazydag.errors import DTypeError, ShapeError
from lazydag.ir.node import Node, array_type
from lazydag.ir.source import caller_location

Transform: TypeAlias = Callable[..., Array]

_DOC = """{does}

Parameters
----------
x : array_like
    {takes}
n : int, optional
    Length along the axis of {what}: longer input is cut, shorter one padded by
    zeros.
axis : int
    Along which.
norm : {{"backward", "ortho", "forward"}}
    Which direction is scaled: the inverse by ``1/n``, both by ``1/sqrt(n)``, or the
    other one.

Examples
--------
>>> import numpy as np, lazydag as ld
>>> x = np.array([1.0, 2.0, 4.0, 8.0])
>>> print(np.allclose(ld.fft.{name}(x), np.fft.{name}(x)))
True
"""

_DOC_N = """{does}

Parameters
----------
x : array_like
    {takes}
s : sequence of int, optional
    Lengths along the axes of {what}.
axes : sequence of int, optional
    Along which; {which}.
norm : {{"backward", "ortho", "forward"}}
    Which direction is scaled.

Examples
--------
>>> import numpy as np, lazydag as ld
>>> x = np.array([[1.0, 2.0, 5.0], [4.0, 8.0, 1.0]])
>>> print(np.allclose(ld.fft.{name}(x), np.fft.{name}(x)))
True
"""

_ALL = "all by default, or as many last ones as `s` has"
_LAST_TWO = "the last two by default"
_ANY = "Real or complex numbers."
_REAL = "Real numbers."
_HALF = "Complex numbers: the first half of a symmetric signal."


def _along(name: str, does: str, takes: str, what: str) -> Transform:
    """Return the public transform along one axis."""

    def function(
        x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward"
    ) -> Array:
        return Array(_transformed(name, node_of(x), n, axis, norm))

    doc = _DOC.format(does=does, takes=takes, what=what, name=name)
    return public(function, name, doc)


def _over(
    name: str, does: str, takes: str, *, last: str, others: str, plane: bool = False
) -> Transform:
    """Return the public transform over several axes: `last` along the last of them.

    One axis, or one that is named twice, is transformed step by step: what gives
    complex numbers of real ones comes first, its inverse comes last.
    """
    known = (-2, -1) if plane else None

    def function(
        x: Any,
        /,
        *,
        s: Sequence[int] | None = None,
        axes: Sequence[int] | None = known,
        norm: str = "backward",
    ) -> Array:
        node = node_of(x)
        ranks = _lengths(node, s, axes)
        if len({axis for _, axis in ranks}) == len(ranks) > 1:
            return Array(_together(f"{last}n", node, ranks, norm))
        steps = [(others, n, axis) for n, axis in ranks]
        if steps:
            steps[-1] = (last, *steps[-1][1:])
        if last != "irfft":
            steps.reverse()
        for each, n, axis in steps:
            node = _transformed(each, node, n, axis, norm)
        return Array(node)

    what = "the result" if name.startswith("irfft") else "the input"
    which = _LAST_TWO if plane else _ALL
    doc = _DOC_N.format(does=does, takes=takes, what=what, name=name, which=which)
    return public(function, name, doc)


fft = _along("fft", "Discrete Fourier transform along an axis.", _ANY, "the input")
ifft = _along("ifft", "Inverse of `fft`.", _ANY, "the input")
rfft = _along("rfft", "The first half of `fft` of real numbers.", _REAL, "the input")
irfft = _along("irfft", "Inverse of `rfft`.", _HALF, "the result")
hfft = _along("hfft", "Transform of a symmetric signal: real.", _HALF, "the result")
ihfft = _along("ihfft", "Inverse of `hfft`.", _REAL, "the input")
fftn = _over("fftn", "`fft` along several axes.", _ANY, last="fft", others="fft")
ifftn = _over("ifftn", "Inverse of `fftn`.", _ANY, last="ifft", others="ifft")
rfftn = _over(
    "rfftn",
    "The first half of `fftn` of real numbers.",
    _REAL,
    last="rfft",
    others="fft",
)
irfftn = _over("irfftn", "Inverse of `rfftn`.", _HALF, last="irfft", others="ifft")
fft2 = _over(
    "fft2", "`fft` along two axes.", _ANY, last="fft", others="fft", plane=True
)
ifft2 = _over(
    "ifft2", "Inverse of `fft2`.", _ANY, last="ifft", others="ifft", plane=True
)
rfft2 = _over(
    "rfft2",
    "The first half of `fft2` of real numbers.",
    _REAL,
    last="rfft",
    others="fft",
    plane=True,
)
irfft2 = _over(
    "irfft2", "Inverse of `rfft2`.", _HALF, last="irfft", others="ifft", plane=True
)


def fftfreq(
    n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None
) -> Array:
    """Frequencies of the elements of an `fft` of `n` samples at distances `d`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.fft.fftfreq(4)
    Array([ 0.  ,  0.25, -0.5 , -0.25])
    """
    found = Array(value=np.fft.fftfreq(index(n), d))
    return on_device(found if dtype is None else found.astype(dtype), device)


def rfftfreq(
    n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None
) -> Array:
    """Frequencies of the elements of an `rfft` of `n` samples at distances `d`.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.fft.rfftfreq(4)
    Array([0.  , 0.25, 0.5 ])
    """
    found = Array(value=np.fft.rfftfreq(index(n), d))
    return on_device(found if dtype is None else found.astype(dtype), device)


def fftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Array:
    """Move the frequency zero to the middle of axes; of all by default.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.fft.fftshift([0.0, 0.25, -0.5, -0.25])
    Array([-0.5 , -0.25,  0.  ,  0.25])
    """
    return _shifted(x, axes, lambda length: length // 2)


def ifftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> Array:
    """Move the frequency zero from the middle of axes to their beginning.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.fft.ifftshift([-0.5, -0.25, 0.0, 0.25])
    Array([ 0.  ,  0.25, -0.5 , -0.25])
    """
    return _shifted(x, axes, lambda length: -(length // 2))


def _shifted(x: Any, axes: Any, by: Callable[[int], int]) -> Array:
    array = Array(node_of(x))
    at = tuple(range(array.ndim)) if axes is None else as_shape(axes)
    for axis in at:
        here = normal_axis(array.node, axis)
        array = roll(array, by(array.shape[here]), axis=here)
    return array


def _transformed(name: str, node: Node, n: Any, axis: int, norm: str) -> Node:
    at = normal_axis(node, axis)
    length = None if n is None else index(n)
    wanted = node.type.shape[at] if length is None else length
    node = _checked(name, node, (wanted,), norm)
    return call(name, node, n=length, axis=at, norm=norm)


def _together(
    name: str, node: Node, ranks: Sequence[tuple[int | None, int]], norm: str
) -> Node:
    """Return the transform over several axes, each of them once."""
    sizes = array_type(node).sizes
    lengths = [sizes[axis] if n is None else n for n, axis in ranks]
    if name == "irfftn" and ranks[-1][0] is None:
        lengths[-1] = 2 * (lengths[-1] - 1)
    node = _checked(name, node, lengths, norm)
    return call(
        name, node, s=tuple(lengths), axes=tuple(a for _, a in ranks), norm=norm
    )


def _checked(name: str, node: Node, lengths: Sequence[Any], norm: str) -> Node:
    """Return the operand of a transform in a type that it takes."""
    if norm not in ("backward", "ortho", "forward"):
        raise refused(f"norm={norm!r}", "It is 'backward', 'ortho' or 'forward'.")
    source = caller_location()
    if min(lengths) < 1:
        what = f"a transform of {min(lengths)} elements of {node.type}"
        raise ShapeError(what, source)
    if name in ("rfft", "rfftn", "ihfft") and node.type.dtype.kind == "c":
        raise DTypeError(
            f"{name} of {node.type}, which is not real", source, "Use fft, or x.real."
        )
    return cast(node, inexact(node.type.dtype), source)


def _lengths(node: Node, s: Any, axes: Any) -> list[tuple[int | None, int]]:
    """Return the length wanted along each axis."""
    ndim = len(node.type.shape)
    if s is not None and axes is None:
        raise refused("s= without axes=", "Name the axes too.")
    at = tuple(range(ndim)) if axes is None else as_shape(axes)
    wanted = (None,) * len(at) if s is None else as_shape(s)
    if len(wanted) != len(at):
        raise ShapeError(f"{len(wanted)} lengths for {len(at)} axes", caller_location())
    return [(n, normal_axis(node, axis)) for n, axis in zip(wanted, at, strict=True)]

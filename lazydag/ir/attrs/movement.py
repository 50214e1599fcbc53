"""Attributes of ops that say where elements lie, or move them there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShapeAttrs:
    """The shape to broadcast or reshape to."""

    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransposeAttrs:
    """Axis `axes[i]` of the source becomes axis `i`."""

    axes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SliceAttrs:
    """Elements ``start + i * step`` for ``i < count``, for each axis."""

    starts: tuple[int, ...]
    counts: tuple[int, ...]
    steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PinAttrs:
    """On which device an array is to lie.

    Parameters
    ----------
    device : str
        Its name, such as ``"gpu:0"``, or a kind of which any will do: ``"gpu"``.
    made : bool
        Whether what computes the array runs there, too, and what is computed for that
        alone. Else it may be made elsewhere, and moved.
    """

    device: str
    made: bool = True


@dataclass(frozen=True, slots=True)
class RetileAttrs:
    """Into which tiles an array is cut from here on, and whose memory holds them.

    Parameters
    ----------
    tile : tuple of int
        Extents of a tile, one for each axis.
    distribution : str
        ``"rows"`` or ``"columns"`` for a band of them on each worker; ``"2x3"`` for a
        grid of workers, to which tiles are dealt in turn along each axis; empty if it
        does not matter.
    """

    tile: tuple[int, ...]
    distribution: str = ""


@dataclass(frozen=True, slots=True)
class GatherAttrs:
    """Which axes are indexed, one for each array of positions.

    Parameters
    ----------
    axes : tuple of int
        Ascending.
    at : int
        How many of the other axes come before those of the positions.
    """

    axes: tuple[int, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class ScatterAttrs:
    """Where elements are written, and how.

    Parameters
    ----------
    region : SliceAttrs
        The part of the base that positions count in.
    axes, at
        As those of `GatherAttrs`, for that part.
    how : str
        ``"set"``, or the name of the ufunc that makes the new element of the old one
        and the value.
    """

    region: SliceAttrs
    axes: tuple[int, ...]
    at: int = 0
    how: str = "set"


@dataclass(frozen=True, slots=True)
class ConcatAttrs:
    """Axis along which the sources are joined."""

    axis: int

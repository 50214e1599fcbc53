"""Regions: exact sets of bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import DTypeError, ShapeError
from lazydag.runtime.address import address_of
from lazydag.runtime.alias import segments as seg
from lazydag.runtime.alias.axes import Axes, extent, is_nested, nbytes_of, normalised
from lazydag.runtime.alias.parts import Diagonal, Lower, Part, Upper, triangle
from lazydag.runtime.alias.spaces import Space, mapping_of

_NOWHERE: Axes = ((1, 0),)


@dataclass(frozen=True, slots=True)
class Region:
    """A set of bytes of one space, in normal form.

    Equal regions have the same bytes. Regions with the same bytes are equal however
    the bytes were described, but for overlapping windows with gaps and for triangles of
    matrices of different shapes.

    Parameters
    ----------
    space
        What `start` counts in: the process's memory, a mapped file, or any name.
    start
        Place of the first byte of the box.
    axes
        The box around all bytes; see `lazydag.runtime.alias.axes`.
    pieces
        The bytes inside the box, as segments (int64 pairs relative to `start`), if they
        are not all of it.
    exact
        Whether these are the bytes, not more.
    """

    space: Space
    start: int
    axes: Axes
    pieces: bytes = b""
    exact: bool = True

    @classmethod
    def of(cls, array: NDArray[Any], part: Part = None) -> Region:
        """Return the bytes of an array, or of a part of a matrix.

        Parameters
        ----------
        array
            An array or a view of any strides. Of a structured one the bytes of its
            fields count, without the padding between them.
        part
            A triangle or a diagonal; all of the array by default.

        Raises
        ------
        DTypeError
            If the array holds Python objects.
        ShapeError
            If a part is asked for of what is not a matrix.

        Notes
        -----
        Takes some microseconds; a triangle O(rows). A triangle or a selection of fields
        of more than 262,144 pieces is taken as the box around it.

        Examples
        --------
        >>> a = np.zeros((4, 6))
        >>> Region.of(a.T) == Region.of(a[::-1])
        True
        >>> Region.of(a[:, ::2]).nbytes
        96
        >>> from lazydag.runtime.alias import Lower
        >>> Region.of(a[:4, :4], Lower()).nbytes
        80
        """
        dtype = array.dtype
        if dtype.hasobject:
            raise DTypeError(
                f"cannot tell which bytes a task touches in an array of {dtype}",
                remedy="Use a numeric dtype, or depend on the whole object.",
            )
        if part is not None and array.ndim != 2:
            raise ShapeError(
                f"cannot take the {part} of an array of shape {list(array.shape)}",
                remedy="Triangles and diagonals are those of matrices: give two axes.",
            )
        space, shift = mapping_of(array)
        if isinstance(part, Diagonal):
            array, part = np.asarray(array).diagonal(part.k), None
        place = address_of(array) + shift
        start, axes = normalised(dtype.itemsize, array.shape, array.strides)
        if axes == _NOWHERE:
            return EMPTY
        box = cls(space, place + start, axes)
        if part is None and dtype.fields is None:
            return box
        return box._narrowed(array, place, part)

    @classmethod
    def dense(cls, space: Space, start: int, stop: int) -> Region:
        """Return the bytes ``[start, stop)`` of a space."""
        return cls(space, start, ((1, stop - start),)) if start < stop else EMPTY

    def _narrowed(self, array: NDArray[Any], place: int, part: Part) -> Region:
        """Return the bytes of the box that belong to some fields, or to a triangle."""
        shape, strides = array.shape, array.strides
        items = [(place + offset, size) for offset, size in _item(array.dtype)]
        if isinstance(part, Lower | Upper):
            found = [triangle(part, *item, shape, strides) for item in items]
        else:
            boxes = [_box(*item, shape, strides) for item in items]
            if len(boxes) == 1:
                return Region(self.space, *boxes[0])
            found = [seg.of_box(*box) for box in boxes]
        pieces = seg.union(found)
        if pieces is None:
            return Region(self.space, self.start, self.axes, exact=False)
        if not len(pieces):
            return EMPTY
        if (box := _as_box(pieces)) is not None:
            return Region(self.space, *box)
        return Region(
            self.space, self.start, self.axes, (pieces - self.start).tobytes()
        )

    @property
    def is_empty(self) -> bool:
        """Whether there are no bytes."""
        return self.axes == _NOWHERE

    @property
    def is_dense(self) -> bool:
        """Whether the bytes are contiguous."""
        return len(self.axes) == 1 and not self.pieces

    @property
    def is_nested(self) -> bool:
        """Whether the bytes are a box whose runs are disjoint and in order."""
        return not self.pieces and is_nested(self.axes)

    @property
    def nbytes(self) -> int:
        """Number of bytes; an upper bound for overlapping windows with gaps."""
        if self.pieces:
            pieces = self._pieces()
            return int(np.sum(pieces[:, 1] - pieces[:, 0]))
        return nbytes_of(self.axes)

    def span(self) -> tuple[int, int]:
        """Return the first byte and the one past the last, ``[start, stop)``."""
        if self.pieces:
            pieces = self._pieces()
            return int(pieces[0, 0]), int(pieces[-1, 1])
        return self.start, self.start + extent(self.axes)

    def segments(self) -> seg.Segments | None:
        """Return the bytes as sorted segments, or `None` if those are too many."""
        return self._pieces() if self.pieces else seg.of_box(self.start, self.axes)

    def _pieces(self) -> seg.Segments:
        pairs = np.frombuffer(self.pieces, np.int64).reshape(-1, 2)
        return pairs + self.start


#: No bytes at all.
EMPTY = Region((), 0, _NOWHERE)


def _box(
    place: int, itemsize: int, shape: tuple[int, ...], strides: tuple[int, ...]
) -> tuple[int, Axes]:
    start, axes = normalised(itemsize, shape, strides)
    return place + start, axes


def _item(dtype: np.dtype[Any]) -> list[tuple[int, int]]:
    """Return the offsets and sizes of what an element holds, without padding."""
    if dtype.fields is None:
        return [(0, dtype.itemsize)]
    found: list[tuple[int, int]] = []
    for field, offset, *_ in dtype.fields.values():
        found += [(offset + inner, size) for inner, size in _item(field)]
    merged: list[tuple[int, int]] = []
    for offset, size in sorted(found):
        if merged and offset <= sum(merged[-1]):
            begin, length = merged[-1]
            merged[-1] = begin, max(length, offset + size - begin)
        elif size:
            merged.append((offset, size))
    return merged


def _as_box(pieces: seg.Segments) -> tuple[int, Axes] | None:
    """Return evenly spaced segments of one length as a box."""
    lengths, gaps = pieces[:, 1] - pieces[:, 0], np.diff(pieces[:, 0])
    if np.ptp(lengths) or (len(gaps) and np.ptp(gaps)):
        return None
    run, start = (1, int(lengths[0])), int(pieces[0, 0])
    return start, ((run, (int(gaps[0]), len(pieces))) if len(gaps) else (run,))

"""Frames: arrays with margins, in which every element has all its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazydag.ir.boundaries import fill_of, sources
from lazydag.runtime import View

_LINE_NBYTES = 64
_PAGE_NBYTES = 4096


@dataclass(frozen=True, slots=True)
class Run:
    """Elements in the margin of an axis that are made of others in the same way.

    Parameters
    ----------
    first, count : int
        Where they begin, and how many there are.
    sources : tuple of int
        What the first is made of.
    step : int
        How far apart the sources of neighbouring elements are.
    """

    first: int
    count: int
    sources: tuple[int, ...]
    step: int = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """How an array lies in a buffer, with margins.

    Elements have the numbers that they have in the array; margins are below 0 and from
    the length on. The first element of a row begins a cache line.

    Parameters
    ----------
    slot : int
        Of the buffer.
    shape : tuple of int
        Of the array.
    widths : tuple of int
        Of the margins along each axis.
    """

    slot: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    widths: tuple[int, ...]

    @property
    def _inset_nbytes(self) -> int:
        return _rounded(self.widths[-1] * self.dtype.itemsize)

    @property
    def strides(self) -> tuple[int, ...]:
        """Bytes from one element to the next along each axis."""
        last = len(self.shape) - 1
        end = self.shape[last] + self.widths[last]
        step = self._inset_nbytes + _rounded(end * self.dtype.itemsize)
        if step % _PAGE_NBYTES == 0:
            step += _LINE_NBYTES  # rows would push each other out of the caches
        found = [self.dtype.itemsize]
        for axis in range(last, 0, -1):
            found.append(step)
            step *= self.shape[axis - 1] + 2 * self.widths[axis - 1]
        return tuple(reversed(found))

    @property
    def nbytes(self) -> int:
        """Bytes of the buffer."""
        return self.start(self.shape[0] + self.widths[0])

    def start(self, row: int) -> int:
        """Return the byte at which a row begins, that is an index of the first axis."""
        if len(self.shape) == 1:
            return self._inset_nbytes + row * self.dtype.itemsize
        return (row + self.widths[0]) * self.strides[0]

    def view(
        self,
        starts: Sequence[int],
        counts: Sequence[int],
        steps: Sequence[int] | None = None,
    ) -> View:
        """Return elements of the array or its margins."""
        strides = self.strides
        places = [s + w for s, w in zip(starts, self.widths, strict=True)]
        places[-1] = starts[-1]
        moved = sum(p * s for p, s in zip(places, strides, strict=True))
        offset = self._inset_nbytes + moved
        if steps is not None:
            strides = tuple(s * k for s, k in zip(strides, steps, strict=True))
        return View(self.slot, self.dtype, tuple(counts), strides, offset)

    def whole(self, row: int, rows: int, moved: Sequence[int] | None = None) -> View:
        """Return rows of the array, or as far away as `moved` says."""
        starts = [0] * len(self.shape) if moved is None else list(moved)
        starts[0] += row
        return self.view(starts, (rows, *self.shape[1:]))

    def rows_in_margins(self, row: int, rows: int) -> View:
        """Return rows with their margins."""
        inner = list(zip(self.shape[1:], self.widths[1:], strict=True))
        starts = (row, *(-w for _, w in inner))
        return self.view(starts, (rows, *(n + 2 * w for n, w in inner)))

    def runs(self, axis: int, boundary: str) -> Iterator[Run]:
        """Yield the runs of both margins of an axis; none of constants."""
        length, width = self.shape[axis], self.widths[axis]
        for margin in (range(-width, 0), range(length, length + width)):
            yield from _runs(margin, boundary, length)

    def fill(self, buffer: NDArray[np.uint8], boundary: Sequence[str]) -> None:
        """Write the margins that are constant."""
        view = self.view([-w for w in self.widths], self._outer())
        array: NDArray[Any] = np.ndarray(
            view.shape, view.dtype, buffer.data, view.offset, view.strides
        )
        for axis in reversed(range(len(self.shape))):
            value = fill_of(boundary[axis])
            width = self.widths[axis]
            if value is not None and width:
                lanes = np.moveaxis(array, axis, 0)
                lanes[:width] = lanes[-width:] = np.array(value).astype(self.dtype)

    def _outer(self) -> tuple[int, ...]:
        return tuple(n + 2 * w for n, w in zip(self.shape, self.widths, strict=True))


def _rounded(nbytes: int) -> int:
    return -(-nbytes // _LINE_NBYTES) * _LINE_NBYTES


def _runs(margin: range, boundary: str, length: int) -> Iterator[Run]:
    """Yield runs as long as they can be; elements made of two are alone."""
    run: Run | None = None
    for index in margin:
        found = sources(boundary, index, length)
        if not found:
            return
        grown = None if run is None else _grown(run, found)
        if run is not None and grown is None:
            yield run
        run = Run(index, 1, found) if grown is None else grown
    if run is not None:
        yield run


def _grown(run: Run, found: tuple[int, ...]) -> Run | None:
    """Return a run with one element more, if that goes on as it began."""
    if len(found) > 1 or len(run.sources) > 1:
        return None
    step = found[0] - (run.sources[0] + (run.count - 1) * run.step)
    if step not in (-1, 0, 1) or (run.count > 1 and step != run.step):
        return None
    return Run(run.first, run.count + 1, run.sources, step)

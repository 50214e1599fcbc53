"""From bands of sweeps to task graphs over frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from lazydag.backends.cpu.sweeps import sweeps_address
from lazydag.compiler.stencils.bands import FAR, Rows, Tile
from lazydag.compiler.stencils.choose import Choice
from lazydag.compiler.stencils.lines import Table
from lazydag.compiler.stencils.plan import Arrays, Kernels
from lazydag.runtime import Access, KernelTask, Mode, TaskGraph, address_of

#: Tasks of one graph, about; longer programs run such graphs again and again.
_MOST_TASKS = 4096
_WORD_NBYTES = 8


@dataclass(frozen=True, slots=True)
class Band:
    """Sweeps that are made in one go: the numbers of the first and the last.

    The first band of all begins with 0, the sweep that fills the frames.
    """

    first: int
    last: int
    number: int

    @property
    def sweeps(self) -> int:
        """How many there are."""
        return self.last - self.first + 1


@dataclass(slots=True, eq=False)
class Cutting:
    """Makes the task graphs of a stencil.

    Parameters
    ----------
    rows : Rows or None
        The rows that are cut; None if each band is one task.
    segments : int
        Into how many segments a band is cut.
    """

    arrays: Arrays
    kernels: Kernels
    choice: Choice
    rows: Rows | None
    segments: int
    name: str
    # Of the bands that do the same to the same frames there is one table.
    _tables: dict[tuple[object, ...], Table] = field(default_factory=dict)

    def bands(self) -> list[Band]:
        """Return the bands, in their order."""
        steps, each = self.arrays.attrs.steps, self.choice.sweeps
        firsts = range(1, steps + 1, each)
        return [
            Band(0 if not i else first, min(first + each - 1, steps), i)
            for i, first in enumerate(firsts)
        ]

    def graphs(self) -> tuple[list[TaskGraph], int]:
        """Return the task graphs to run one after the other, and bytes for blocks."""
        groups = list(self._groups())
        tables = [self._table(band) for group in groups for band in group]
        pitch = max(table.most_words for table in tables) * _WORD_NBYTES
        known: dict[tuple[object, ...], list[KernelTask]] = {}
        keys = [tuple(self._key(band) for band in group) for group in groups]
        for key, group in zip(keys, groups, strict=True):
            if key not in known:
                known[key] = [t for band in group for t in self._tasks(band, pitch)]
        nbytes = 2 * pitch * max(len(self._tiles(band)) for band in self.bands()[:2])
        slots = self.arrays.slots(nbytes)
        graphs = {key: TaskGraph(slots, tuple(known[key]), self.name) for key in known}
        return [graphs[key] for key in keys], nbytes

    def _groups(self) -> Iterator[list[Band]]:
        """Yield the bands of each graph: an even number, so that graphs are equal."""
        bands = self.bands()
        per_graph = max(2, _MOST_TASKS // len(self._tiles(bands[0])) // 2 * 2)
        # The first band fills the frames: it and the next are a graph of their own.
        starts = [0, *range(2, len(bands), per_graph)]
        for start, stop in zip(starts, [*starts[1:], len(bands)], strict=True):
            yield bands[start:stop]

    def _key(self, band: Band) -> tuple[object, ...]:
        is_last = band.last == self.arrays.attrs.steps
        return band.first == 0, band.first % 2, band.sweeps, is_last, band.number % 2

    def _tiles(self, band: Band) -> list[Tile]:
        if self.rows is None:
            return [Tile(-FAR, -FAR, FAR)]
        cuts = self.rows.cuts(self.segments, odd=bool(band.number % 2))
        return list(self.rows.tiles(cuts, self.choice.height))

    def _table(self, band: Band) -> Table:
        key = self._key(band)
        if key not in self._tables:
            self._tables[key] = self._filled(band)
        return self._tables[key]

    def _filled(self, band: Band) -> Table:
        kernels, rows = self.kernels, self.rows
        table = Table(self.arrays.shape[0], rows is not None and rows.is_ring)
        for number in range(band.first, band.last + 1):
            skew = 0 if rows is None else (number - band.first) * rows.radius
            for each in kernels.sweep(number) if number else kernels.first():
                table.add(each, skew)
        return table

    def _tasks(self, band: Band, pitch: int) -> Iterator[KernelTask]:
        table = self._table(band)
        words = table.words()
        head = [address_of(words), len(words), self.arrays.block_slot]
        tiles = self._tiles(band)
        for number, tile in enumerate(tiles):
            place = (2 * number + band.number % 2) * pitch
            block = [*head, place, tile.begin, tile.floor, tile.end, tile.slope]
            yield KernelTask(
                self.name,
                sweeps_address(),
                np.array([block], np.int64),
                tuple(self._accesses(band, tile)),
                cost=self._seconds(band) / len(tiles),
                meanings=table.meanings,
                owner=(table, words),
            )

    def _seconds(self, band: Band) -> float:
        return self.choice.seconds * band.sweeps * self.arrays.shape[0]

    def _accesses(self, band: Band, tile: Tile) -> Iterator[Access]:
        arrays, count = self.arrays, self.arrays.shape[0]
        yield from (Access(v.slot, Mode.IN) for v in arrays.sources)
        for lower, upper in self._touched(band, tile):
            for (source, _), frame in arrays.frames.items():
                is_written = source < arrays.carries or band.first == 0
                mode = Mode.INOUT if is_written else Mode.IN
                yield Access(frame.slot, mode, frame.start(lower), frame.start(upper))
            if band.last == arrays.attrs.steps:
                for view in arrays.results:
                    assert view.strides is not None
                    ends = max(lower, 0), min(upper, count)
                    start, stop = (row * view.strides[0] for row in ends)
                    yield Access(view.slot, Mode.OUT, start, stop)

    def _touched(self, band: Band, tile: Tile) -> Sequence[tuple[int, int]]:
        if self.rows is None:
            width = self.arrays.attrs.radius[0]
            return [(-width, self.arrays.shape[0] + width)]
        skew = (band.sweeps - 1) * self.rows.radius
        return list(self.rows.touched(tile, skew))

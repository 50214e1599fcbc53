"""Edges from accesses: which task waits for which."""

from __future__ import annotations

from array import array as compact
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.address import address_of
from lazydag.runtime.alias.history import History
from lazydag.runtime.alias.index import Index
from lazydag.runtime.alias.overlap import meeting
from lazydag.runtime.alias.parts import Part
from lazydag.runtime.alias.region import Region
from lazydag.runtime.mode import Mode

_IN: Final = Mode.IN


class Recorder:
    """Edges that make any schedule of tasks equal to running them in order.

    Read after write, write after read and write after write, by the bytes accessed.
    Arrays have to live as long as the recorder does.

    Notes
    -----
    A region is compared with those around it when it is first seen; from then on an
    access is a few dictionary lookups. Every edge is a conflict. Edges to a task are
    left out where they follow from those to later tasks: to the last that wrote all of
    the region, and to those that touched it since.

    Examples
    --------
    >>> a = np.zeros((4, 4))
    >>> recorder = Recorder()
    >>> number = recorder.number
    >>> recorder.add(0, [(number(a), Mode.OUT)])
    >>> recorder.add(1, [(number(a[:2]), Mode.INOUT)])
    >>> recorder.add(2, [(number(a[2:]), Mode.INOUT)])
    >>> recorder.add(3, [(number(a[:, 0]), Mode.IN)])
    >>> [array.tolist() for array in recorder.edges()]
    [[0, 0, 1, 2], [1, 2, 3, 3]]
    """

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._regions: list[Region] = []
        self._histories: list[History] = []
        self._index = Index()
        self._assumed: list[tuple[int, int]] = []
        self._tasks = compact("q")
        self._counts = compact("q")
        self._sources = compact("q")

    def number(self, array: NDArray[Any], part: Part = None) -> int:
        """Return the number of the region of an array, from 0 in order of first sight.

        Raises
        ------
        DTypeError, ShapeError
            See `Region.of`.
        """
        key = (address_of(array), array.shape, array.strides, array.dtype, part)
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = self.number_of(Region.of(array, part))
        return found

    def number_of(self, region: Region) -> int:
        """Return the number of a region."""
        found = self._numbers.get(region)
        if found is None:
            found = self._numbers[region] = len(self._regions)
            self._regions.append(region)
            self._histories.append(self._begin(found, region))
        return found

    def _begin(self, number: int, region: Region) -> History:
        """Compare a new region with those that it may have bytes in common with."""
        history = History(region.nbytes)
        if region.is_empty:
            return _Nothing(0)
        for other, known in sorted(self._index.add(number, region).items()):
            found = known or meeting(region, self._regions[other])
            if found is not None:
                history.relate(self._histories[other], found)
                if not found.is_sure:
                    self._assumed.append((other, number))
        return history

    def add(self, task: int, accesses: Iterable[tuple[int, Mode]]) -> None:
        """Record a task and how it accesses which regions, by their numbers.

        Parameters
        ----------
        task
            Greater than all before.
        """
        if self._tasks and task <= self._tasks[-1]:
            raise ValueError(f"task {task} comes after task {self._tasks[-1]}")
        found: set[int] = set()
        histories = self._histories
        for number, mode in accesses:
            if mode is _IN:
                histories[number].read(task, found)
            else:
                histories[number].write(task, found)
        found.discard(task)
        self._tasks.append(task)
        self._counts.append(len(found))
        self._sources.extend(sorted(found))

    def edges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the edges so far: the earlier tasks, and those that wait for them.

        Ascending in the task that waits, then in the earlier one.
        """
        tasks, counts, sources = (
            np.array(column, np.int64)
            for column in (self._tasks, self._counts, self._sources)
        )
        return sources, np.repeat(tasks, counts)

    def assumed(self) -> list[tuple[Region, Region]]:
        """Return the pairs of regions that count as overlapping for want of proof."""
        return [(self._regions[i], self._regions[k]) for i, k in self._assumed]


class _Nothing(History):
    """The history of no bytes."""

    def read(self, task: int, found: set[int]) -> None:
        """Nobody waits."""

    def write(self, task: int, found: set[int]) -> None:
        """Nobody waits."""

"""The state of one run: the words that its workers share."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from lazydag.errors import UsageError
from lazydag.runtime.address import address_of
from lazydag.runtime.engine import words
from lazydag.runtime.engine.words import LINE
from lazydag.runtime.tables import Tables
from lazydag.runtime.words import Words, new_words

# Records that a ring can hold; later ones replace the oldest.
RING_CAPACITY_MIN = 8
RING_CAPACITY_MAX = 4096
# And while somebody listens, who wants to have all.
RING_CAPACITY_HEARD = 1 << 20


class Raised:
    """Takes what Python tasks raise, while they run.

    Called by the engine with the address of the worker's desk.
    """

    __slots__ = ("by_rank", "interrupt", "job")

    def __init__(self, job: int) -> None:
        self.job = job
        self.by_rank: dict[int, BaseException] = {}
        # Ctrl-C, SystemExit: ends the run, whatever its tasks' failures do.
        self.interrupt: BaseException | None = None

    def __call__(self, desk: int) -> None:
        """Keep the exception that lies on a desk."""
        error = _object_at(desk + words.DESK_VALUE)
        if _word_at(desk + words.DESK_TRACEBACK).value:
            error.__traceback__ = _object_at(desk + words.DESK_TRACEBACK)
        self.by_rank[_word_at(desk + words.DESK_TASK).value] = error
        if not isinstance(error, Exception):
            self.interrupt = self.interrupt or error
            _word_at(self.job + words.STOP).value = words.STOP_CANCELLED


_word_at = ctypes.c_int64.from_address


def _object_at(address: int) -> Any:
    return ctypes.py_object.from_address(address).value


class RunState:
    """The words of one run, as `lazydag.runtime.engine.words` lays them out.

    Parameters
    ----------
    tables
        The graph.
    nslots
        Number of buffer addresses.
    workers
        Number of workers that may take part, the caller included.
    fail_fast
        Whether the first failure stops the run.
    capacity
        Records that a ring can hold, a power of two.

    Attributes
    ----------
    address
        Of the job's words.
    view
        The job's words.
    raised
        What its Python tasks raised.
    runs
        How often the state was used.
    """

    __slots__ = (
        "_desks",
        "_memory",
        "address",
        "bases",
        "capacity",
        "raised",
        "runs",
        "table",
        "tables",
        "view",
        "workers",
    )

    def __init__(
        self,
        tables: Tables,
        nslots: int,
        workers: int,
        *,
        fail_fast: bool,
        capacity: int,
    ) -> None:
        self.tables = tables
        self.workers = workers
        self.capacity = capacity
        self.runs = 0
        sizes = _sizes(tables, nslots, workers, self.capacity)
        ends = np.cumsum([-(-size // LINE) * LINE for size in sizes.values()]).tolist()
        self._memory = new_words(ends[-1] >> 3)
        self.address = address_of(self._memory)
        starts = zip(sizes, [0, *ends], strict=False)
        place = {name: self.address + start for name, start in starts}
        self.view = (ctypes.c_int64 * (words.JOB >> 3)).from_address(self.address)
        self.bases = (ctypes.c_int64 * nslots).from_address(place["bases"])
        self.table = place["bases"]
        self._desks = place["desks"]
        self.raised = Raised(self.address)
        values = _constants(tables, place) | {
            words.BASES_OBJECT: id(self.table),
            words.ON_ERROR: id(self.raised),
            words.DESK_NBYTES: sizes["desks"] // workers,
            words.NWORKERS: workers,
            words.RING_MASK: self.capacity - 1,
            words.LIMIT: min(tables.width, workers) - 1,
            words.FAIL_FAST: int(fail_fast),
        }
        for at, value in values.items():
            self._memory[at >> 3] = value
        self._copy_degrees(place["counters"])
        for worker, ring in enumerate(self.desks()):
            ring[words.DESK_WORKER >> 3] = worker

    def bind(self, bases: list[ctypes.c_int64 | int]) -> None:
        """Set the addresses of the slots' buffers.

        Raises
        ------
        UsageError
            If there is not exactly one address per slot.
        """
        try:
            self.bases[:] = bases
        except ValueError:
            what = f"{len(bases)} addresses for {len(self.bases)} slots"
            raise UsageError(what, remedy="Give one address per slot.") from None
        self.runs += 1

    @property
    def is_clean(self) -> bool:
        """Whether no task failed and nobody stopped the run, so it can be reused."""
        view = self.view
        return not (view[words.STOP >> 3] or view[words.FAILED >> 3])

    def desks(self) -> Words:
        """Return the desks with their rings, one row per worker."""
        nbytes = self.view[words.DESK_NBYTES >> 3]
        first = (self._desks - self.address) >> 3
        desks = self._memory[first : first + (self.workers * nbytes >> 3)]
        return desks.reshape(self.workers, -1)

    def grids(self) -> tuple[Words, Words]:
        """Return for each grid the first tile not taken, and how many are over."""
        first = (self.view[words.GRID_COUNTERS >> 3] - self.address) >> 3
        size = words.GRID_COUNTER >> 3
        counters = self._memory[first : first + self.tables.ngrids * size]
        by_grid = counters.reshape(-1, size)
        return by_grid[:, words.GRID_NEXT >> 3], by_grid[:, words.GRID_DONE >> 3]

    def failures(self) -> list[list[int]]:
        """Return rank, tile, code and worker of each failure, as they came."""
        count = self.view[words.FAILED >> 3]
        first = (self.view[words.FAILURES >> 3] - self.address) >> 3
        table = self._memory[first : first + count * (words.FAILURE >> 3)]
        failures: list[list[int]] = table.reshape(-1, words.FAILURE >> 3).tolist()
        return failures

    def poisoned(self) -> Words:
        """Return the ranks of the tasks that depend on one that failed."""
        first = (self.view[words.POISONED >> 3] - self.address) >> 3
        count = len(self.tables.order)
        bits = self._memory[first : first + count // 64 + 1].view(np.uint8)
        return np.flatnonzero(np.unpackbits(bits, count=count, bitorder="little"))

    def _copy_degrees(self, address: int) -> None:
        degrees = self.tables.degrees
        ctypes.memmove(address, address_of(degrees), degrees.nbytes)


def _sizes(tables: Tables, nslots: int, workers: int, capacity: int) -> dict[str, int]:
    """Return the parts of a state, in their order, and their sizes in bytes."""
    ntasks = len(tables.order)
    return {
        "job": words.JOB,
        "sets": 8 * len(tables.roots),
        "counters": 4 * ntasks,
        "grids": words.GRID_COUNTER * tables.ngrids,
        "poisoned": ntasks // 64 * 8 + 8,
        "broken": ntasks // 64 * 8 + 8,
        "bases": 8 * nslots,
        "desks": (words.DESK_RECORDS + capacity * words.RECORD) * workers,
        # Never touched unless tasks fail: the system gives pages only then.
        "failures": words.FAILURE * ntasks,
        "end": 0,
    }


def _constants(tables: Tables, place: dict[str, int]) -> dict[int, int]:
    native = _ready_set(words.NATIVE, tables.native, place["sets"])
    gated_at = place["sets"] + 8 * sum(tables.native)
    gated = _ready_set(words.GATED, tables.gated, gated_at)
    constants = {
        words.ROWS: address_of(tables.rows),
        words.SUCCESSORS: address_of(tables.successors),
        words.DEGREES: address_of(tables.degrees),
        words.COUNTERS: place["counters"],
        words.GRIDS: address_of(tables.grids),
        words.GRID_COUNTERS: place["grids"],
        words.NGRIDS: tables.ngrids,
        words.NTASKS: len(tables.order),
        words.BASES: place["bases"],
        words.DESKS: place["desks"],
        words.POISONED: place["poisoned"],
        words.BROKEN: place["broken"],
        words.FAILURES: place["failures"],
        words.ROOTS: address_of(tables.roots),
        words.SETS: place["sets"],
        words.SETS_WORDS: len(tables.roots),
        words.ROOT_RANGES: tables.root_ranges,
    }
    return constants | native | gated


def _ready_set(at: int, levels: tuple[int, ...], address: int) -> dict[int, int]:
    values = {at + words.LEVELS: len(levels)}
    for level, size in enumerate(levels):
        values[at + words.LEVEL + 8 * level] = address
        address += 8 * size
    return values


def ring_capacity(ntasks: int, most: int = RING_CAPACITY_MAX) -> int:
    """Return how many records a worker's ring should hold, a power of two."""
    # A worker has a record per task, and one more for each tick within one.
    wanted = 1 << (2 * ntasks - 1).bit_length()
    return min(max(wanted, RING_CAPACITY_MIN), most)

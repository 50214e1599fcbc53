"""The state of one run: the words that its workers share."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import UsageError
from lazydag.runtime import layout
from lazydag.runtime.clock import CLOCK, CLOCK_ID, RELAX

# Worker 0 looks at Python's signals this often.
SLICE_NS = 50_000_000
# Records that a ring can hold; later ones replace the oldest.
RING_CAPACITY_MIN = 8
RING_CAPACITY_MAX = 4096


def words(count: int) -> NDArray[np.int64]:
    """Return `count` zero words aligned to a cache line."""
    raw = np.zeros(count + layout.LINE_WORDS, np.int64)
    skip = (-raw.ctypes.data // 8) % layout.LINE_WORDS
    return raw[skip : skip + count]


class RunState:
    """The words of one run, as `lazydag.runtime.layout` lays them out.

    Parameters
    ----------
    table
        The graph's task table.
    deps
        The graph's dependency table.
    nslots
        Number of buffer addresses.
    workers
        Number of workers that may take part, the caller included.
    owner
        Whose workers these are: two of one number would share a ring.
    """

    __slots__ = (
        "address",
        "bases",
        "calls",
        "capacity",
        "keep",
        "owner",
        "runs",
        "view",
        "walked",
        "workers",
    )

    def __init__(
        self,
        table: NDArray[np.int64],
        deps: NDArray[np.int64],
        nslots: int,
        workers: int,
        owner: object,
    ) -> None:
        ntasks = len(table) // layout.TASK_WORDS
        self.workers = workers
        self.owner = owner
        self.capacity = _capacity(ntasks)
        self.runs = 0
        self.walked = False
        self.calls: list[tuple[int, int, int]] = []
        counters = layout.HEADER_WORDS
        bases = counters + layout.COUNTER_WORDS * ntasks
        rings = bases + -(-nslots // layout.LINE_WORDS) * layout.LINE_WORDS
        memory = words(rings + workers * layout.ring_words(self.capacity))
        self.address = memory.ctypes.data
        self.keep = (memory, table, deps)
        self.view = (ctypes.c_int64 * len(memory)).from_address(self.address)
        self.bases = (ctypes.c_int64 * nslots).from_address(self.address + 8 * bases)
        memory[layout.TASKS] = table.ctypes.data
        memory[layout.DEPS] = deps.ctypes.data
        memory[layout.COUNTERS] = self.address + 8 * counters
        memory[layout.BASES] = self.address + 8 * bases
        memory[layout.RINGS] = self.address + 8 * rings
        memory[layout.RING_CAPACITY] = self.capacity
        memory[layout.WORKERS] = workers
        memory[layout.CLOCK] = CLOCK
        memory[layout.CLOCK_ID] = CLOCK_ID
        memory[layout.RELAX] = RELAX
        memory[layout.SLICE_NS] = SLICE_NS

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
        self.walked = False
        if self.calls:
            self.calls = []

    def begin(self, first: int, last: int) -> None:
        """Let the driver walk the tasks ``first <= t < last`` next."""
        view = self.view
        view[layout.FIRST] = first
        view[layout.LAST] = last
        if self.walked:
            view[layout.PHASE] = layout.PHASE_NEXT
        self.walked = True

    def rings(self) -> NDArray[np.int64]:
        """Return the rings, one row per worker."""
        size = layout.ring_words(self.capacity)
        memory = self.keep[0]
        return memory[len(memory) - self.workers * size :].reshape(self.workers, size)


def _capacity(ntasks: int) -> int:
    # A worker has a record per task, and one more for each tick within one.
    wanted = 1 << (2 * ntasks - 1).bit_length()
    return min(max(wanted, RING_CAPACITY_MIN), RING_CAPACITY_MAX)

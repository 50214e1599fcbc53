"""The layout of a run's state: what the executor and the native driver share.

All offsets count int64 words. A run's state is one block of memory, aligned to
64 bytes, in four parts: a header, the counters of every task, the table of buffer
addresses, and one event ring per worker. The task table and the dependency table are
constant; they belong to the graph and are pointed at by the header.

The driver
----------
``int32 drive(int64 *state, int64 worker)`` is called by every worker of a run, from
Python, with the GIL released. Worker 0 is the caller's thread. Words named *atomic*
below are read and written atomically, sequentially consistent where not said
otherwise. The driver keeps these rules:

1. **Entry.** Worker `OPENER` stands for the caller's thread too: it does what worker 0
   does at `PHASE_FIRST` and `PHASE_NEXT` in this rule and returns `TICK`. The executor
   calls it with the GIL held, before it wakes others, so that they find the run open.
   Worker 0 looks at `PHASE`. At `PHASE_FIRST` it sets every `RING_HEAD` to
   0 and `START_NS` to now; at `PHASE_FIRST` and `PHASE_NEXT` it sets `NEXT` and `DONE`
   of the tasks ``FIRST <= t < LAST`` to 0, then `OPEN` to 1 and `PHASE` to
   `PHASE_OPEN`. At `PHASE_OPEN` it goes on with 2, at `PHASE_CLOSING` with 4. Any other
   worker adds 1 to `INSIDE`, and if it then reads `OPEN` as 0, takes 1 off again and
   returns `LEFT`. So a late worker touches nothing but these two words.
2. **Walk.** A worker visits the tasks ``FIRST <= t < LAST`` in order. A task whose
   `NEXT` has reached `NTILES` is passed by. Else the worker waits until every task in
   its dependencies has ``DONE >= NTILES`` (acquire), takes ranges of `GRAIN` tiles by
   atomic add on `NEXT`, and calls ``int32 kernel(blocks + tile * STRIDE, bases)`` for
   each. At last it adds the number of tiles it ran to `DONE` (release) and appends one
   record to its ring. Worker 0 also waits, after its walk, until all are done.
3. **Stop.** Before every tile and while waiting a worker reads `STOP`; anything but
   `STOP_NO` ends its walk. A kernel that returns something other than 0 ends it too:
   the worker that changes `STOP` from `STOP_NO` to `STOP_FAILED` (compare and swap)
   then writes `FAILED_TASK`, `FAILED_TILE` and `FAILED_CODE`. Python writes
   `STOP_CANCELLED`. Nothing clears `STOP`: such a state is not used again.
4. **Leave.** Other workers take 1 off `INSIDE` and return `LEFT`. Worker 0 sets `PHASE`
   to `PHASE_CLOSING` and `OPEN` to 0, waits until `INSIDE` is 0, sets `END_NS` to now
   and `PHASE` to `PHASE_FIRST`, and returns `STOPPED` if `STOP` is set, else
   `FINISHED`. After that no other worker touches the state.
5. **Tick.** After each range of tiles and now and then while waiting, in rule 2 as in
   rule 4, worker 0 reads the clock, and returns `TICK` if it has been inside for more
   than `SLICE_NS`. Python then looks at its signals and calls again. Without a clock
   it returns after `TICK_RANGES` ranges, or as many rounds of waiting.
6. **Waiting** is `SPINS` rounds of the processor's pause instruction, then one call of
   `RELAX` (such as ``sched_yield``) a round.

`CLOCK` is the address of ``int32 clock(int32 id, int64 time[2])``, which writes seconds
and nanoseconds as ``clock_gettime`` does, or 0: then all times are 0. `RELAX` is the
address of ``int32 relax(void)`` or 0.

Rings hold the last `RING_CAPACITY` records (a power of two): record ``h`` is in place
``h & (RING_CAPACITY - 1)``, and `RING_HEAD` counts all records ever appended in a run.
"""

from __future__ import annotations

from typing import Final

LINE_WORDS: Final = 8

# ---- header: constant during a run
TASKS: Final = 0  # address of the task table
DEPS: Final = 1  # address of the dependency table: task numbers
COUNTERS: Final = 2  # address of the counters
BASES: Final = 3  # address of the table of buffer addresses
RINGS: Final = 4  # address of the rings
RING_CAPACITY: Final = 5  # records in a ring, a power of two
WORKERS: Final = 6  # number of rings
CLOCK: Final = 7  # address of the clock function, or 0
CLOCK_ID: Final = 8  # its first argument
RELAX: Final = 9  # address of the function that yields the processor, or 0
SLICE_NS: Final = 10  # worker 0 looks up after so long

# ---- header: written by worker 0 only
PHASE: Final = 16
FIRST: Final = 17  # first task of the segment
LAST: Final = 18  # one past its last task
START_NS: Final = 19  # when the run began
END_NS: Final = 20  # when its last segment ended

# ---- header: atomic, each on a line of its own
OPEN: Final = 24  # 1 while other workers may enter
INSIDE: Final = 32  # other workers that are inside
STOP: Final = 40
FAILED_TASK: Final = 48  # written by the worker that set STOP
FAILED_TILE: Final = 49
FAILED_CODE: Final = 50
HEADER_WORDS: Final = 56

# ---- a row of the task table, indexed by the task's number in the graph
KERNEL: Final = 0  # address
BLOCKS: Final = 1  # address of the first tile's argument block
NTILES: Final = 2  # 0 for a Python call, which is always done
STRIDE: Final = 3  # words from one tile's block to the next
GRAIN: Final = 4  # tiles taken at a time
DEPS_BEGIN: Final = 5  # range of the dependency table
DEPS_END: Final = 6
TASK_WORDS: Final = 8

# ---- the counters of a task, atomic
NEXT: Final = 0  # first tile not yet taken
DONE: Final = 8  # tiles finished
COUNTER_WORDS: Final = 16

# ---- a ring: its head on a line of its own, then the records
RING_HEAD: Final = 0
RING_RECORDS: Final = 8
RECORD_TASK: Final = 0
RECORD_TILES: Final = 1
RECORD_START_NS: Final = 2
RECORD_END_NS: Final = 3
RECORD_WORDS: Final = 4

# ---- the worker that only opens the run
OPENER: Final = -1

# ---- values of PHASE
PHASE_FIRST: Final = 0
PHASE_NEXT: Final = 1
PHASE_OPEN: Final = 2
PHASE_CLOSING: Final = 3

# ---- values of STOP
STOP_NO: Final = 0
STOP_FAILED: Final = 1
STOP_CANCELLED: Final = 2

# ---- what drive returns
FINISHED: Final = 0
STOPPED: Final = 1
TICK: Final = 2
LEFT: Final = 3

# ---- waiting
SPINS: Final = 2000
CLOCK_ROUNDS: Final = 64  # rounds of waiting between two looks at the clock
TICK_RANGES: Final = 4096  # a slice without a clock


def ring_words(capacity: int) -> int:
    """Return the words of one ring of `capacity` records."""
    return RING_RECORDS + RECORD_WORDS * capacity

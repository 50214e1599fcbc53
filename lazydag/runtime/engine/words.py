"""Where everything lies: the words of a pool, of a job, and of what they point to.

All offsets and sizes are in bytes. Words that workers write while others read them have
a cache line (64 bytes) of their own.

A *pool* is what the helping threads of an executor share; a *job* is one run of one
graph. The thread that started a run *leads* its job as worker 0; *helpers* are workers
from 1 on and serve every open job in turn. Open jobs stand in the pool's *slots*.
"""

from __future__ import annotations

from typing import Final

LINE: Final = 64
NONE: Final = 1 << 62  # no task: worse than all others

# ---- a place where threads sleep
SLEEPERS: Final = 0  # threads that announced to sleep and that nobody has woken
TOKENS: Final = LINE  # wake-ups that were sent and not yet taken
PLACE_TIME: Final = 2 * LINE  # two words: the time of a timed wait
PLACE_ZERO: Final = 2 * LINE + 16  # a word that is always 0
PLACE_MUTEX: Final = 3 * LINE  # memory of a pthread mutex
PLACE_CONDITION: Final = 5 * LINE  # memory of a pthread condition variable
PLACE: Final = 7 * LINE

# ---- a slot: an open job, as far as helpers need to know before they enter
SLOT_JOB: Final = 0  # address of the job; 0 while the slot is shut
SLOT_INSIDE: Final = LINE  # helpers that are inside, or looking in
SLOT_PLACE: Final = 2 * LINE  # where the leader sleeps
SLOT: Final = SLOT_PLACE + PLACE
SLOTS: Final = 64

# ---- a pool: constant
CLOCK: Final = 0  # one of the clocks below
CLOCK_FUNCTION: Final = 8
CLOCK_ID: Final = 16
YIELD_FUNCTION: Final = 24  # gives up the processor
WAIT: Final = 32  # one of the waits below
WAIT_FUNCTION: Final = 40
WAKE_FUNCTION: Final = 48
LOCK_FUNCTION: Final = 56
UNLOCK_FUNCTION: Final = 64
REALTIME_FUNCTION: Final = 72  # clock_gettime, for absolute times of waits
FUTEX: Final = 80  # number of the system call
SPINS: Final = 88  # rounds of waiting with the processor's pause instruction
YIELDS: Final = 96  # and, after them, rounds that yield
LEAD_TICKS: Final = 104  # a leader looks up this often
HELP_TICKS: Final = 112  # a helper turns to the next job this often
SLEEP_NS: Final = 120  # a leader sleeps no longer
PYTHON_HOOK: Final = 128  # calls Python tasks instead of what follows, or 0
PYTHON_ENSURE: Final = 136  # PyGILState_Ensure
PYTHON_RELEASE: Final = 144
PYTHON_CALL: Final = 152  # PyObject_CallOneArg
PYTHON_DECREF: Final = 160
PYTHON_FETCH: Final = 168  # PyErr_Fetch
PYTHON_NORMALIZE: Final = 176
PYTHON_CLEAR: Final = 184
PYTHON_INT: Final = 192  # PyLong_FromLongLong
# ---- a pool: shared
OPEN: Final = 256  # the slots with open jobs, as bits
FREE: Final = OPEN + LINE  # the slots that nobody uses, as bits
QUIT: Final = OPEN + 2 * LINE  # 1: helpers end
DYNAMIC: Final = OPEN + 3 * LINE  # helpers that Python wants to have
HELPERS: Final = OPEN + 4 * LINE  # the place where helpers sleep
NAP: Final = HELPERS + PLACE  # a place where nobody is ever woken
FIRST_SLOT: Final = NAP + PLACE
POOL: Final = FIRST_SLOT + SLOTS * SLOT

CLOCK_CYCLES: Final = 0  # the processor's cycle counter
CLOCK_GETTIME: Final = 1  # clock_gettime(CLOCK_ID, two words)
CLOCK_COUNTER: Final = 2  # QueryPerformanceCounter(word)

WAIT_FUTEX: Final = 0
WAIT_PTHREAD: Final = 1
WAIT_ADDRESS: Final = 2  # WaitOnAddress

# ---- a ready set: bitmaps over bitmaps; bit i of a level: word i below is not empty
LEVELS: Final = 0  # number of levels; 0 if the set is never used
LEVEL: Final = 8  # address of the words of each level, the tasks' own first
MOST_LEVELS: Final = 5
READY_SET: Final = LEVEL + 8 * MOST_LEVELS

# ---- a job: constant during a run
ROWS: Final = 0  # address of the tasks' rows, best rank first
SUCCESSORS: Final = 8  # address of the successors, 4 bytes each
DEGREES: Final = 16  # address of the in-degrees, 4 bytes each
COUNTERS: Final = 24  # address of predecessors still missing, 4 bytes each
GRIDS: Final = 32  # address of the grids' rows
GRID_COUNTERS: Final = 40  # address of their counters
NGRIDS: Final = 48
NTASKS: Final = 56
BASES: Final = 64  # address of the table of buffer addresses
BASES_OBJECT: Final = 72  # that address as a Python int
ON_ERROR: Final = 80  # Python callable that takes what Python tasks raise
DESKS: Final = 88  # address of the desk of worker 0; the others' follow
DESK_NBYTES: Final = 96
NWORKERS: Final = 104  # number of desks
RING_MASK: Final = 112  # records in a ring, a power of two, less 1
POISONED: Final = 120  # address of bits: tasks that depend on one that failed
BROKEN: Final = 128  # address of bits: tasks that failed
FAILURES: Final = 136  # address of the table of failures
LIMIT: Final = 144  # helpers that can be of use; with 0 the leader is alone
ROOTS: Final = 152  # address of the ready sets as a run begins
SETS: Final = 160  # address of the ready sets' words
SETS_WORDS: Final = 168
ROOT_RANGES: Final = 176  # ranges of tiles that are ready as a run begins
FAIL_FAST: Final = 184  # 1: the first failure stops the run
NATIVE: Final = 192  # ready set of all but
GATED: Final = NATIVE + READY_SET  # those that hold the GIL
# ---- a job: the leader's
PHASE: Final = 320
OWN_SLOT: Final = 328  # number of its slot, or -1
OWN_PLACE: Final = 336  # where its leader sleeps, or 0 if nobody can help
START: Final = 344  # time at which the run began
END: Final = 352
# ---- a job: shared
REMAINING: Final = 384  # tasks not yet counted as finished
STOP: Final = REMAINING + LINE
GATE: Final = REMAINING + 2 * LINE  # 1 + the worker that runs a gated task, or 0
FAILED: Final = REMAINING + 3 * LINE  # number of failures
JOB: Final = REMAINING + 4 * LINE

PHASE_SHUT: Final = 0
PHASE_OPEN: Final = 1
PHASE_CLOSING: Final = 2

STOP_NO: Final = 0
STOP_FAILED: Final = 1
STOP_CANCELLED: Final = 2

# ---- a task's row
KERNEL: Final = 0  # address of the kernel, or 0: a Python callable
BLOCK: Final = 8  # address of the first tile's argument block, or of the callable's
FIRST: Final = 16  # first successor; the next row has the end
SHAPE: Final = 24  # 1 + the number of its grid, or one of these
ROW: Final = 32
SHAPE_ONE: Final = 0  # a single tile
SHAPE_EMPTY: Final = -1  # nothing to run

# ---- a successor's code: its rank, shifted, and what must be known of it
CODE_ONLY: Final = 1  # it has no other predecessor
CODE_GATED: Final = 2
CODE_GRID: Final = 4
CODE_SHIFT: Final = 3

# ---- a grid's row, and its counters
GRID_NTILES: Final = 0
GRID_STRIDE: Final = 8  # bytes from one tile's block to the next
GRID_GRAIN: Final = 16  # tiles taken at a time
GRID: Final = 32
GRID_NEXT: Final = 0  # first tile that nobody has taken
GRID_DONE: Final = 8  # tiles that are over
GRID_COUNTER: Final = LINE

# ---- a failure
FAILURE_TASK: Final = 0
FAILURE_TILE: Final = 8
FAILURE_CODE: Final = 16
FAILURE_WORKER: Final = 24
FAILURE: Final = 32
CODE_RAISED: Final = 1  # what a Python task that raised "returns"

# ---- a desk: what one worker of a job keeps, and its ring of events
DESK_WORKER: Final = 0
DESK_HEAD: Final = 8  # records ever written in this run
DESK_LAST: Final = 16  # when the last task ended; 0 if the worker waited since
DESK_DONE: Final = 24  # tasks finished and not yet counted
DESK_DUE: Final = 32  # when to look up
DESK_SCRATCH: Final = 40  # two words for the clock
DESK_BUSY: Final = 56  # a helper's time in tasks since it began
DESK_TYPE: Final = 64  # an exception on its way to Python: type, value, traceback
DESK_VALUE: Final = 72
DESK_TRACEBACK: Final = 80
DESK_TASK: Final = 88  # rank of the task that runs
DESK_HELD: Final = 96  # 1 + what PyGILState_Ensure said, while the worker has the GIL
DESK_RECORDS: Final = 128
RECORD_TASK: Final = 0
RECORD_TILES: Final = 8
RECORD_START: Final = 16
RECORD_END: Final = 24
RECORD: Final = 32

# ---- what the entries return
FINISHED: Final = 0
STOPPED: Final = 1
TICK: Final = 2  # look at signals, and come back
BYE: Final = 3
DYNAMIC_WORK: Final = 4

# ---- what work came to
WORK_NOTHING: Final = 0
WORK_FINE: Final = 1  # tasks that take less time than sharing them
WORK_DONE: Final = 2
WORK_LATE: Final = 3

# ---- a graph being frozen: addresses of arrays of words, and sizes
EDGES: Final = 0  # number of edges
SOURCES: Final = 8  # of each edge, by the caller's numbers
DESTINATIONS: Final = 16
TASKS: Final = 24  # number of tasks
PREDECESSORS: Final = 32  # of each task, one after the other
STARTS: Final = 40  # where each task's begin, and where the last one's end
OUT_DEGREES: Final = 48
COSTS: Final = 56  # above 0
DISTANCES: Final = 64  # cost of the most costly path from each task on
ORDER: Final = 72  # the tasks by rank
POSITIONS: Final = 80  # rank of each task
FLAGS: Final = 88  # by rank: what successors' codes say besides the rank
CURSORS: Final = 96  # by rank: where the next successor goes
CODES: Final = 104  # the successors, 4 bytes each
STACK: Final = 112  # one word a task
GRAPH: Final = 128

"""The threads that help: they serve open jobs, and whatever else has work for them.

A helper spends its life in the engine, where it works or sleeps without the GIL. It
comes back to Python when the pool is closed, or when `Pool.rouse` calls for it: then it
calls what was given to `Pool.serve`.
"""

from __future__ import annotations

import ctypes
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from lazydag.runtime.address import address_of
from lazydag.runtime.engine import words
from lazydag.runtime.engines import Engine
from lazydag.runtime.fork import after_fork
from lazydag.runtime.system import (
    PoolWords,
    clock_words,
    initialise_place,
    interpreter_words,
    wait_words,
)
from lazydag.runtime.ticks import Clock
from lazydag.runtime.words import Words, new_words

Drain: TypeAlias = Callable[[], None]

# A leader comes back to Python this often, to look at signals, and dozes half as long.
LEAD_NS = 50_000_000
SLEEP_NS = 25_000_000
# A helper turns to the next job this often.
HELP_NS = 2_000_000
# Waiting, in rounds, before a thread sleeps: some 50 µs.
SPINS = 1000
# When the pool is closed, how long to wait for helpers that are in Python.
PATIENCE_SECONDS = 0.2
YIELDS = 50


@dataclass(eq=False, slots=True)
class _Crew:
    """What the threads of one pool share; it does not keep the pool alive."""

    engine: Engine
    memory: Words
    drain: Drain | None = None
    threads: list[threading.Thread] = field(default_factory=list)
    # Helpers that are in Python.
    outside: set[int] = field(default_factory=set)
    # Held to start threads, and to close: no thread starts after.
    starting: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    @property
    def address(self) -> int:
        return address_of(self.memory)


class Pool:
    """Helping threads, started when first needed.

    Parameters
    ----------
    helpers
        How many.
    engine
        What they run.
    waits
        How they wait; by default what suits the system best.
    """

    def __init__(
        self, helpers: int, engine: Engine, waits: PoolWords | None = None
    ) -> None:
        self.helpers = helpers
        self.engine = engine
        self._waits = wait_words() if waits is None else waits
        self._open(closed=False)
        after_fork(self._forget)

    def _open(self, *, closed: bool) -> None:
        memory = _pool_words(self.engine, self._waits)
        self.address = address_of(memory)
        self.clock = Clock(self.engine, self.address)
        memory[words.LEAD_TICKS >> 3] = LEAD_NS * self.clock.ticks_per_ns
        memory[words.HELP_TICKS >> 3] = HELP_NS * self.clock.ticks_per_ns
        self._crew = _Crew(self.engine, memory, closed=closed)
        at = self.address + words.HELPERS + words.SLEEPERS
        self._sleepers = ctypes.c_int64.from_address(at)
        self._wanted = ctypes.c_int64.from_address(self.address + words.DYNAMIC)
        self._finalizer = weakref.finalize(self, _close, self._crew)

    def start(self) -> None:
        """Start the threads, unless they run or the pool is closed."""
        crew = self._crew
        if len(crew.threads) < self.helpers and not crew.closed:
            with crew.starting:
                while len(crew.threads) < self.helpers and not crew.closed:
                    _start(crew, len(crew.threads) + 1)

    def serve(self, drain: Drain) -> None:
        """Have helpers that are roused call `drain`, with the GIL held.

        It must not raise.
        """
        self._crew.drain = drain

    def rouse(self, count: int = 1) -> None:
        """Have `count` more helpers call what they serve, asleep or busy.

        Those that are busy come after some milliseconds. Cheap while as many as there
        are have been called and have not come yet.
        """
        if self._wanted.value < self.helpers:
            self.start()
            self.engine.rouse(self.address, count, self.helpers)

    def parked(self) -> int:
        """Return how many helpers sleep."""
        return self._sleepers.value

    def close(self) -> None:
        """End the threads and wait for them; runs then use their callers alone."""
        self._finalizer()

    def _forget(self) -> None:
        """Begin anew in a forked child, which does not have the threads."""
        closed, drain = self._crew.closed, self._crew.drain
        self._finalizer.detach()
        self._open(closed=closed)
        self._crew.drain = drain


def helper_name(index: int) -> str:
    """Return the name of the thread that is worker `index` of runs, from 1."""
    return f"lazydag-worker-{index}"


def _pool_words(engine: Engine, waits: PoolWords) -> Words:
    memory = new_words(words.POOL >> 3)
    values = {
        **(interpreter_words() | clock_words() if engine.is_native else {}),
        **waits,
        words.SPINS: SPINS if engine.is_native else 0,
        words.YIELDS: YIELDS,
        words.SLEEP_NS: SLEEP_NS,
        words.PYTHON_HOOK: engine.hook,
        words.FREE: -1,
    }
    for at, value in values.items():
        memory[at >> 3] = value
    if memory[words.WAIT >> 3] == words.WAIT_PTHREAD:
        address = address_of(memory)
        initialise_place(address + words.HELPERS)
        initialise_place(address + words.NAP)
        for slot in range(words.SLOTS):
            first = address + words.FIRST_SLOT + slot * words.SLOT
            initialise_place(first + words.SLOT_PLACE)
    return memory


def _start(crew: _Crew, index: int) -> None:
    # A daemon, but joined at exit by the pool's finalizer: the interpreter joins
    # others before it runs exit handlers, and would wait for a sleeping one forever.
    thread = threading.Thread(
        target=_help, args=(crew, index), name=helper_name(index), daemon=True
    )
    crew.threads.append(thread)
    try:
        thread.start()
    except RuntimeError as error:
        # Ctrl-C while `start` waits; otherwise the system has no more threads, and
        # runs do without.
        if isinstance(error.__context__, KeyboardInterrupt):
            raise error.__context__ from None


def _help(crew: _Crew, index: int) -> None:
    help_jobs, address = crew.engine.help_jobs, crew.address
    while help_jobs(address, index) == words.DYNAMIC_WORK:
        drain = crew.drain
        if drain is not None:
            crew.outside.add(index)
            drain()
            crew.outside.discard(index)


def _close(crew: _Crew) -> None:
    with crew.starting:
        crew.closed = True
    crew.engine.quit_pool(crew.address)
    own = threading.current_thread()
    end = time.monotonic() + PATIENCE_SECONDS
    for index, thread in enumerate(crew.threads, 1):
        while thread is not own and thread.is_alive():
            # What a person's function does may take forever.
            if index in crew.outside and time.monotonic() > end:
                break
            thread.join(0.01)

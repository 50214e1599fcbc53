"""The threads that help a run.

A worker is parked on a lock. A run claims idle workers and hands them its state; each
enters the driver, leaves it when the run has no more tiles, and is idle again. A run
that finds no idle worker goes on with its caller's thread alone, so runs never wait for
each other.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from lazydag.runtime import layout
from lazydag.runtime.fork import after_fork
from lazydag.runtime.state import RunState

Drive: TypeAlias = Callable[[int, int], int]


@dataclass(eq=False, slots=True)
class _Crew:
    """What the threads of one pool share; it does not keep the pool alive."""

    drive: Drive
    # Sets add and pop atomically: no lock.
    idle: set[_Worker] = field(default_factory=set)
    all: list[_Worker] = field(default_factory=list)
    closed: bool = False
    # Held to start threads, and to close: no thread starts after.
    starting: threading.Lock = field(default_factory=threading.Lock)


@dataclass(eq=False, slots=True)
class _Worker:
    crew: _Crew
    index: int
    wake: threading.Lock = field(default_factory=threading.Lock)
    # The run that it shall help next, and the one that it helps.
    state: RunState | None = None
    helped: RunState | None = None
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.wake.acquire()
        # A daemon, but joined at exit by the pool's finalizer: the interpreter joins
        # others before it runs exit handlers, and would wait for a parked one forever.
        name = f"lazydag-worker-{self.index}"
        self.thread = threading.Thread(target=self.loop, name=name, daemon=True)
        self.crew.all.append(self)
        try:
            self.thread.start()
        except RuntimeError as error:
            # Ctrl-C while `start` waits; otherwise the system has no more threads,
            # and runs do without.
            if isinstance(error.__context__, KeyboardInterrupt):
                raise error.__context__ from None
            return
        self.crew.idle.add(self)

    def is_parked(self) -> bool:
        """Whether the worker waits for a call, as far as can be seen."""
        if self.thread is None or not self.thread.is_alive():
            return False
        return self.state is None and self.helped is None

    def is_leaving(self) -> bool:
        """Whether the run that it helped is over: it waits for the GIL to tell."""
        helped = self.helped
        if helped is None or self.state is not None:
            return False
        return helped.view[layout.OPEN] == 0

    def loop(self) -> None:
        crew = self.crew
        while not crew.closed:
            self.wake.acquire()
            self.helped, self.state = self.state, None
            if self.helped is not None:
                crew.drive(self.helped.address, self.index)
                self.helped = None
            if self.state is None:
                crew.idle.add(self)

    def call(self, state: RunState | None) -> None:
        """Hand over a run, or wake the worker for nothing."""
        self.state = state
        try:
            self.wake.release()
        except RuntimeError:
            return  # it is on its way


class Workers:
    """A pool of helping threads, started when first needed.

    Parameters
    ----------
    count
        Most threads, without those that start runs.
    drive
        The driver, called as ``drive(state address, worker)`` with workers from 1 on.
    """

    def __init__(self, count: int, drive: Drive) -> None:
        self._count = count
        self._crew = _Crew(drive)
        self._finalizer = weakref.finalize(self, _close, self._crew)
        after_fork(self._forget)

    def help(self, state: RunState, count: int) -> None:
        """Hand a run to at most `count` idle workers.

        A worker that arrives after the end of the run finds it closed, and leaves.
        """
        crew = self._crew
        if len(crew.all) < self._count and not crew.closed:
            self._start()
        for handed in range(count):
            try:
                worker = crew.idle.pop()
            except KeyError:
                self._call_leaving(state, count - handed)
                return
            worker.call(state)

    def _call_leaving(self, state: RunState, count: int) -> None:
        # A caller that starts run after run may not let go of the GIL in between.
        leaving = [worker for worker in self._crew.all if worker.is_leaving()]
        for worker in leaving[:count]:
            worker.call(state)

    def recover(self) -> None:
        """Find workers that an interrupt took from the idle ones but left parked.

        One that another run takes at this moment may be found too: the later of the two
        runs gets its help.
        """
        crew = self._crew
        crew.idle.update(worker for worker in crew.all if worker.is_parked())

    def close(self) -> None:
        """End the threads and wait for them; runs then use their callers alone."""
        self._finalizer()

    def _start(self) -> None:
        crew = self._crew
        with crew.starting:
            if not crew.closed:
                for index in range(len(crew.all) + 1, self._count + 1):
                    _Worker(crew, index).start()

    def _forget(self) -> None:
        """Drop the threads, which a forked child does not have."""
        closed = self._crew.closed
        self._finalizer.detach()
        self._crew = _Crew(self._crew.drive, closed=closed)
        self._finalizer = weakref.finalize(self, _close, self._crew)


def _close(crew: _Crew) -> None:
    with crew.starting:
        crew.closed = True
    own = threading.current_thread()
    for worker in crew.all:
        thread = worker.thread
        while thread is not None and thread is not own and thread.is_alive():
            worker.call(None)
            # One that is busy looks again after its run.
            thread.join(0.01)
    crew.idle.clear()

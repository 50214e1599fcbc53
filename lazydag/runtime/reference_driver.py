"""The driver in Python: what a native one does, to read and to test against.

It holds the GIL except inside of kernels, and one lock stands for all atomics. Where no
native driver is at hand (the reference and null backends) graphs run through it.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from lazydag.runtime import layout
from lazydag.runtime.clock import CLOCK

Words = ctypes.Array[ctypes.c_int64]

KERNEL_TYPE = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)

_atomic = threading.Lock()


class _Halt(Exception):  # noqa: N818 - not an error: the end of a walk
    """`STOP` is set."""


class _Late(Exception):  # noqa: N818 - not an error: the end of a slice
    """Worker 0 should look up."""


def drive(state: int, worker: int) -> int:
    """Walk the tasks of a run; see `lazydag.runtime.layout` for the rules.

    Parameters
    ----------
    state
        Address of the run's state.
    worker
        0 for the caller of the run, `OPENER` for it before it calls others.
    """
    walker = _Walker(_at(state, layout.HEADER_WORDS), worker)
    if worker == layout.OPENER:
        walker.enter()
        return layout.TICK
    return walker.lead() if worker == 0 else walker.help()


def _at(address: int, count: int) -> Words:
    return (ctypes.c_int64 * count).from_address(address)


def _add(words: Words, offset: int, value: int) -> int:
    with _atomic:
        before = words[offset]
        words[offset] = before + value
        return before


@dataclass
class _Walker:
    state: Words
    worker: int

    def __post_init__(self) -> None:
        self.due = time.perf_counter_ns() + self.state[layout.SLICE_NS]

    def enter(self) -> None:
        """Open the run, unless it is open or closing."""
        state = self.state
        if state[layout.PHASE] == layout.PHASE_FIRST:
            for worker in range(state[layout.WORKERS]):
                self.ring(worker)[layout.RING_HEAD] = 0
            state[layout.START_NS] = _now()
        if state[layout.PHASE] in {layout.PHASE_FIRST, layout.PHASE_NEXT}:
            self.open()

    def lead(self) -> int:
        """Do the work of worker 0."""
        state = self.state
        self.enter()
        try:
            if state[layout.PHASE] == layout.PHASE_OPEN:
                self.work()
            return self.close()
        except _Late:
            return layout.TICK

    def help(self) -> int:
        """Do the work of another worker."""
        _add(self.state, layout.INSIDE, 1)
        try:
            if self.state[layout.OPEN]:
                self.walk()
        except _Halt:
            pass
        finally:
            _add(self.state, layout.INSIDE, -1)
        return layout.LEFT

    def open(self) -> None:
        for number in self.numbers():
            counters = self.counters(number)
            counters[layout.NEXT] = counters[layout.DONE] = 0
        self.state[layout.PHASE] = layout.PHASE_OPEN
        self.state[layout.OPEN] = 1

    def work(self) -> None:
        try:
            self.walk()
            for number in self.numbers():
                self.wait_done(number)
        except _Halt:
            return

    def close(self) -> int:
        state = self.state
        state[layout.PHASE] = layout.PHASE_CLOSING
        state[layout.OPEN] = 0
        while state[layout.INSIDE]:
            self.idle()
        state[layout.END_NS] = _now()
        state[layout.PHASE] = layout.PHASE_FIRST
        return layout.STOPPED if state[layout.STOP] else layout.FINISHED

    def walk(self) -> None:
        for number in self.numbers():
            task = self.task(number)
            if self.counters(number)[layout.NEXT] < task[layout.NTILES]:
                self.wait_dependencies(task)
                self.visit(number, task)

    def wait_dependencies(self, task: Words) -> None:
        begin, end = task[layout.DEPS_BEGIN], task[layout.DEPS_END]
        for number in _at(self.state[layout.DEPS], end)[begin:end]:
            self.wait_done(number)

    def visit(self, number: int, task: Words) -> None:
        start, ran = _now(), 0
        try:
            for tile in self.tiles(number, task):
                self.run(number, task, tile)
                ran += 1
        finally:
            if ran:
                _add(self.counters(number), layout.DONE, ran)
                self.record(number, ran, start, _now())

    def tiles(self, number: int, task: Words) -> Iterator[int]:
        """Yield the tiles that this worker takes."""
        ntiles, grain = task[layout.NTILES], task[layout.GRAIN]
        while (first := _add(self.counters(number), layout.NEXT, grain)) < ntiles:
            yield from range(first, min(first + grain, ntiles))
            if first + grain < ntiles:
                self.look()

    def run(self, number: int, task: Words, tile: int) -> None:
        state = self.state
        if state[layout.STOP]:
            raise _Halt
        block = task[layout.BLOCKS] + 8 * tile * task[layout.STRIDE]
        code = KERNEL_TYPE(task[layout.KERNEL])(block, state[layout.BASES])
        if code == 0:
            return
        with _atomic:
            if state[layout.STOP] == layout.STOP_NO:
                state[layout.STOP] = layout.STOP_FAILED
                state[layout.FAILED_TASK] = number
                state[layout.FAILED_TILE] = tile
                state[layout.FAILED_CODE] = code
        raise _Halt

    def wait_done(self, number: int) -> None:
        ntiles = self.task(number)[layout.NTILES]
        while self.counters(number)[layout.DONE] < ntiles:
            if self.state[layout.STOP]:
                raise _Halt
            self.idle()

    def idle(self) -> None:
        time.sleep(0)
        self.look()

    def look(self) -> None:
        if self.worker == 0 and time.perf_counter_ns() > self.due:
            raise _Late

    def record(self, number: int, ran: int, start: int, end: int) -> None:
        ring = self.ring(self.worker)
        head = ring[layout.RING_HEAD]
        place = head & (self.state[layout.RING_CAPACITY] - 1)
        at = layout.RING_RECORDS + layout.RECORD_WORDS * place
        ring[at : at + layout.RECORD_WORDS] = [number, ran, start, end]
        ring[layout.RING_HEAD] = head + 1

    def numbers(self) -> range:
        return range(self.state[layout.FIRST], self.state[layout.LAST])

    def task(self, number: int) -> Words:
        size = layout.TASK_WORDS
        return _at(self.state[layout.TASKS] + 8 * size * number, size)

    def counters(self, number: int) -> Words:
        size = layout.COUNTER_WORDS
        return _at(self.state[layout.COUNTERS] + 8 * size * number, size)

    def ring(self, worker: int) -> Words:
        size = layout.ring_words(self.state[layout.RING_CAPACITY])
        return _at(self.state[layout.RINGS] + 8 * size * worker, size)


def _now() -> int:
    return time.perf_counter_ns() if CLOCK else 0

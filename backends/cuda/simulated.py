"""A driver without a GPU: it does what streams and events demand, as late as it may.

What is put on a stream is done when somebody waits for an event behind it, and then
only what has to be done before, in an order that is drawn. A missing wait gives wrong
results, and is found as well: every access to a byte must come before or after each
conflicting one by the order of streams, events and waits of the host alone.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import RLock, local
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.driver import Driver
from lazydag.backends.cuda.rows import rows_of
from lazydag.backends.cuda.touched import Operand, Reach
from lazydag.runtime import address_of
from lazydag.runtime.alias import Region, overlaps
from lazydag.runtime.alias.axes import Axes

Clock: TypeAlias = dict[int, int]

#: What the driver returns if something is wrong.
FAULT: Final = 700
_HOST: Final = 0

# All devices copy from and to the pages of one host.
_PINNED: Final[dict[int, int]] = {}

#: Copies of fewer bytes go by way of the driver's own pages.
LARGE_NBYTES: Final = 1 << 20

_POINTER = ctypes.c_void_p
_LAUNCH = ctypes.CFUNCTYPE(
    ctypes.c_int32, _POINTER, *[ctypes.c_uint32] * 7, _POINTER, _POINTER, _POINTER
)
_COPY = ctypes.CFUNCTYPE(ctypes.c_int32, _POINTER, _POINTER, ctypes.c_size_t, _POINTER)
_PAIR = ctypes.CFUNCTYPE(ctypes.c_int32, _POINTER, _POINTER)
_WAIT = ctypes.CFUNCTYPE(ctypes.c_int32, _POINTER, _POINTER, ctypes.c_uint32)
_ONE = ctypes.CFUNCTYPE(ctypes.c_int32, _POINTER)


@dataclass(frozen=True, slots=True)
class Touch:
    """An access to the bytes ``[start, stop)``.

    Parameters
    ----------
    axes
        Which bytes those are, if they are not all; see `lazydag.runtime.alias.axes`.
    """

    start: int
    stop: int
    writes: bool
    axes: Axes = ()


@dataclass(frozen=True, slots=True)
class Function:
    """A kernel: what it does with its words, and to which memory."""

    name: str
    run: Callable[[int], None]
    words: int
    operands: tuple[Operand, ...]


@dataclass(slots=True, eq=False)
class _Work:
    """Something on a stream.

    Parameters
    ----------
    clock
        What has been done before it begins, as numbers of works by stream.
    """

    name: str
    stream: int
    number: int
    clock: Clock
    touches: tuple[Touch, ...]
    run: Callable[[], None]
    is_done: bool = False


@dataclass(slots=True)
class SimulatedDriver:
    """Streams, events, memory and functions of a GPU that is none.

    Parameters
    ----------
    seed
        Draws the order in which work is done.

    Attributes
    ----------
    faults
        What was wrong, in words.
    pinned
        Bytes of pages of the host that do not move, by address.
    pageable_nbytes
        Of copies from and to other pages of the host, which a GPU would wait for.
    """

    seed: int = 0
    faults: list[str] = field(default_factory=list)
    pinned: dict[int, int] = field(default_factory=lambda: _PINNED)
    pageable_nbytes: int = 0
    _lock: RLock = field(default_factory=RLock)
    _numbers: count[int] = field(default_factory=lambda: count(3))
    _clocks: dict[int, Clock] = field(default_factory=lambda: {_HOST: {}, 1: {}, 2: {}})
    _events: dict[int, Clock | None] = field(default_factory=dict)
    _recorded_on: dict[int, int] = field(default_factory=dict)
    _works: list[_Work] = field(default_factory=list)
    _memory: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    _functions: dict[int, Function] = field(default_factory=dict)
    _keep: list[Any] = field(default_factory=list)
    _inside: local = field(default_factory=local)

    def table(self) -> Driver:
        """Return its functions, which live as long as it does."""
        made = (
            _ONE(self._enter),
            _LAUNCH(self._launch),
            _COPY(self._copy),
            _PAIR(self._record),
            _WAIT(self._wait),
            _ONE(self._synchronize),
            _PAIR(self._copy_rows),
        )
        self._keep += made
        return Driver(*(ctypes.cast(f, ctypes.c_void_p).value or 0 for f in made))

    # ------------------------------------------------------------ handles

    def stream(self) -> int:
        """Return a new stream."""
        number = next(self._numbers)
        self._clocks[number] = {}
        return number

    def event(self) -> int:
        """Return a new event."""
        number = next(self._numbers)
        self._events[number] = None
        return number

    def works_between(self, start: int, stop: int) -> int:
        """Return how many works of a stream two events of it have between them."""
        stream = self._recorded_on[stop]
        assert self._recorded_on[start] == stream
        first, last = (self._recorded(event) for event in (start, stop))
        return last.get(stream, 0) - first.get(stream, 0)

    def function(self, function: Function) -> int:
        """Return the handle of a kernel."""
        number = next(self._numbers)
        self._functions[number] = function
        return number

    def allocate(self, nbytes: int) -> int:
        """Return the address of memory of the device, filled with nonsense."""
        memory = np.full(max(1, nbytes), 0xA5, np.uint8)
        self._memory[address_of(memory)] = memory
        return address_of(memory)

    def entered(self) -> int:
        """Return the context that this thread is in; 0 for none."""
        return getattr(self._inside, "context", None) or 0

    def holds(self, address: int) -> bool:
        """Tell whether an address is in memory of the device."""
        each = [*self._memory.items()]
        return any(start <= address < start + m.nbytes for start, m in each)

    def free(self, address: int) -> None:
        """Give memory back; nothing that is not done yet may use it."""
        memory = self._memory.pop(address)
        whole = Touch(address, address + memory.nbytes, writes=True)
        for work in self._works:
            if not work.is_done and any(_meet(whole, each) for each in work.touches):
                self.faults.append(f"{work.name} uses memory that is given back")

    def call(
        self,
        name: str,
        stream: int,
        touches: Sequence[Touch],
        run: Callable[[], None],
        after: Sequence[int],
        recorded: Sequence[int],
    ) -> None:
        """Put a call on a stream, between events.

        Raises
        ------
        RuntimeError
            If a hazard was found.
        """
        with self._lock:
            before = len(self.faults)
            for event in after:
                _join(self._clocks[stream], self._recorded(event))
            self._put(name, stream, tuple(touches), run)
            for event in recorded:
                self._events[event] = dict(self._clocks[stream])
            if len(self.faults) > before:
                raise RuntimeError(self.faults[-1])

    def settle(self) -> None:
        """Do all work that is left; the host knows of it then."""
        with self._lock:
            for stream, clock in self._clocks.items():
                if stream != _HOST:
                    while self._fails(clock):
                        pass
                    _join(self._clocks[_HOST], clock)

    def _fails(self, clock: Clock) -> bool:
        """Do all that comes before a clock, until something fails: that is a fault."""
        try:
            self._do(clock)
        except Exception as error:  # noqa: BLE001 -- all else is done, too
            self.faults.append(f"{type(error).__name__}: {error}")
            return True
        return False

    # ------------------------------------------------------------ the driver

    def _enter(self, context: int) -> int:
        self._inside.context = context
        return 0

    def _check_context(self) -> None:
        if not self.entered():
            raise ValueError("a thread calls the driver that has not entered a device")

    def _launch(self, handle: int, *rest: Any) -> int:
        stream, parameters = rest[7], rest[8]
        return self._guarded(lambda: self._put_launch(handle, stream, parameters))

    def _put_launch(self, handle: int, stream: int, parameters: int) -> None:
        function = self._functions[handle]
        pointer = ctypes.cast(parameters, ctypes.POINTER(ctypes.c_void_p))[0]
        raw = ctypes.string_at(pointer or 0, 8 * function.words)
        words = np.frombuffer(raw, np.int64).copy()
        touches = tuple(
            _touch(each, int(words[each.word])) for each in function.operands
        )

        def run() -> None:
            function.run(address_of(words))

        self._put(function.name, stream, touches, run)

    def _copy(
        self, target: int | None, source: int | None, nbytes: int, stream: int
    ) -> int:
        target, source = target or 0, source or 0  # of nothing
        touches = (
            Touch(target, target + nbytes, writes=True),
            Touch(source, source + nbytes, writes=False),
        )

        if nbytes >= LARGE_NBYTES:
            for address in (source, target):
                is_fixed = self._is_within(address, nbytes)
                self.pageable_nbytes += 0 if is_fixed else nbytes

        def run() -> None:
            ctypes.memmove(target, source, nbytes)

        return self._guarded(lambda: self._put("copy", stream, touches, run))

    def _copy_rows(self, described: int, stream: int) -> int:
        rows = rows_of(described)
        touches = tuple(
            _touch_of_rows(start, pitch, rows.count, rows.nbytes, writes=writes)
            for start, pitch, writes in (
                (rows.target, rows.target_pitch, True),
                (rows.source, rows.source_pitch, False),
            )
        )

        def run() -> None:
            for row in range(rows.count):
                target = rows.target + row * rows.target_pitch
                source = rows.source + row * rows.source_pitch
                ctypes.memmove(target, source, rows.nbytes)

        return self._guarded(lambda: self._put("copy", stream, touches, run))

    def _is_within(self, address: int, nbytes: int) -> bool:
        """Tell whether bytes are the device's, or pinned."""
        own = {start: memory.nbytes for start, memory in self._memory.items()}
        return any(
            start <= address and address + nbytes <= start + size
            for start, size in (*own.items(), *self.pinned.items())
        )

    def _record(self, event: int, stream: int) -> int:
        def record() -> None:
            self._events[event] = dict(self._clocks[stream])
            self._recorded_on[event] = stream

        return self._guarded(record)

    def _wait(self, stream: int, event: int, _flags: int) -> int:
        def wait() -> None:
            _join(self._clocks[stream], self._recorded(event))

        return self._guarded(wait)

    def _synchronize(self, event: int) -> int:
        def synchronize() -> None:
            reached = self._recorded(event)
            self._do(reached)
            _join(self._clocks[_HOST], reached)

        return self._guarded(synchronize)

    # ------------------------------------------------------------ order

    def _guarded(self, action: Callable[[], None]) -> int:
        """Do something under the lock; what goes wrong is a fault."""
        with self._lock:
            before = len(self.faults)
            try:
                self._check_context()
                action()
            except Exception as error:  # noqa: BLE001 -- the caller is native code
                self.faults.append(f"{type(error).__name__}: {error}")
            return FAULT if len(self.faults) > before else 0

    def _recorded(self, event: int) -> Clock:
        found = self._events[event]
        if found is None:
            raise ValueError(f"event {event} is waited for, and was never recorded")
        return found

    def _put(
        self,
        name: str,
        stream: int,
        touches: tuple[Touch, ...],
        run: Callable[[], None],
    ) -> None:
        """Put work on a stream, and look whether its order is known."""
        clock = self._clocks[stream]
        _join(clock, self._clocks[_HOST])
        number = clock.get(stream, 0) + 1
        work = _Work(name, stream, number, dict(clock), touches, run)
        for other in self._works:
            if other.number > clock.get(other.stream, 0) and _conflict(work, other):
                self.faults.append(
                    f"{name} on stream {stream} does not wait for {other.name} "
                    f"on stream {other.stream}"
                )
        clock[stream] = number
        self._works.append(work)

    def _do(self, reached: Clock) -> None:
        """Do all that comes before a clock, in any order that is allowed."""
        due = [w for w in self._works if w.number <= reached.get(w.stream, 0)]
        waiting = [w for w in due if not w.is_done]
        draw = random.Random(f"{self.seed} {len(self._works)}")
        while waiting:
            free = [w for w in waiting if not any(_before(x, w) for x in waiting)]
            work = draw.choice(free)
            waiting.remove(work)
            work.is_done = True
            work.run()


def touch_of(reach: Reach) -> Touch:
    """Return the bytes of an array of a call."""
    region = Region.of(reach.array)
    return Touch(*region.span(), reach.mode.writes, region.axes)


def _touch_of_rows(
    start: int, pitch: int, count: int, nbytes: int, *, writes: bool
) -> Touch:
    stop = start + (count - 1) * pitch + nbytes
    return Touch(start, stop, writes, ((1, nbytes), (pitch, count)))


def _touch(operand: Operand, address: int) -> Touch:
    return Touch(address + operand.start, address + operand.stop, operand.mode.writes)


def _before(one: _Work, other: _Work) -> bool:
    return one is not other and one.number <= other.clock.get(one.stream, 0)


def _join(clock: Clock, other: Clock) -> None:
    for stream, number in other.items():
        clock[stream] = max(clock.get(stream, 0), number)


def _conflict(one: _Work, other: _Work) -> bool:
    return any(_meet(a, b) for a in one.touches for b in other.touches)


def _meet(one: Touch, other: Touch) -> bool:
    if not (one.writes or other.writes):
        return False
    if max(one.start, other.start) >= min(one.stop, other.stop):
        return False
    return not (one.axes or other.axes) or overlaps(_bytes_of(one), _bytes_of(other))


def _bytes_of(touch: Touch) -> Region:
    return Region("memory", touch.start, touch.axes or ((1, touch.stop - touch.start),))


__all__: Sequence[str] = [
    "FAULT",
    "Function",
    "SimulatedDriver",
    "Touch",
    "touch_of",
]

"""A driver without a GPU: it does what streams and events demand, as late as it may.

A missing wait gives wrong results, and is found as well: see
`lazydag.backends.cuda.simulated_streams`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import RLock, local
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.driver import Driver
from lazydag.backends.cuda.hazards import (
    Touch,
    touch_of_operand,
    touches_of_copy,
    touches_of_rows,
)
from lazydag.backends.cuda.rows import rows_of
from lazydag.backends.cuda.simulated_streams import SimulatedStreams
from lazydag.backends.cuda.touched import Operand
from lazydag.runtime import address_of

#: What the driver returns if something is wrong.
FAULT: Final = 700

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
class Function:
    """A kernel: what it does with its words, and to which memory."""

    name: str
    run: Callable[[int], None]
    words: int
    operands: tuple[Operand, ...]


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
    _streams: SimulatedStreams = field(init=False)
    _lock: RLock = field(default_factory=RLock)
    _numbers: count[int] = field(default_factory=lambda: count(1))
    _memory: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    _functions: dict[int, Function] = field(default_factory=dict)
    _keep: list[Any] = field(default_factory=list)
    _inside: local = field(default_factory=local)

    def __post_init__(self) -> None:
        self._streams = SimulatedStreams(self.seed, self.faults)

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
        return self._streams.stream()

    def event(self) -> int:
        """Return a new event."""
        return self._streams.event()

    def works_between(self, start: int, stop: int) -> int:
        """Return how many works of a stream two events of it have between them."""
        return self._streams.works_between(start, stop)

    def function(self, function: Function) -> int:
        """Return the handle of a kernel."""
        number = next(self._numbers)
        self._functions[number] = function
        return number

    def entered(self) -> int:
        """Return the context that this thread is in; 0 for none."""
        return getattr(self._inside, "context", None) or 0

    # ------------------------------------------------------------ memory

    def allocate(self, nbytes: int) -> int:
        """Return the address of memory of the device, filled with nonsense."""
        memory = np.full(max(1, nbytes), 0xA5, np.uint8)
        self._memory[address_of(memory)] = memory
        return address_of(memory)

    def holds(self, address: int) -> bool:
        """Tell whether an address is in memory of the device."""
        each = [*self._memory.items()]
        return any(start <= address < start + m.nbytes for start, m in each)

    def free(self, address: int) -> None:
        """Give memory back; nothing that is not done yet may use it."""
        memory = self._memory.pop(address)
        whole = Touch(address, address + memory.nbytes, writes=True)
        for name in self._streams.unfinished(whole):
            self.faults.append(f"{name} uses memory that is given back")

    def _is_within(self, address: int, nbytes: int) -> bool:
        """Tell whether bytes are the device's, or pinned."""
        own = {start: memory.nbytes for start, memory in self._memory.items()}
        return any(
            start <= address and address + nbytes <= start + size
            for start, size in (*own.items(), *self.pinned.items())
        )

    # ------------------------------------------------------------ calls

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
                self._streams.wait(stream, event)
            self._streams.put(name, stream, tuple(touches), run)
            for event in recorded:
                self._streams.record(event, stream)
            if len(self.faults) > before:
                raise RuntimeError(self.faults[-1])

    def settle(self) -> None:
        """Do all work that is left; the host knows of it then."""
        with self._lock:
            self._streams.settle()

    # ------------------------------------------------------------ the driver

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

    def _check_context(self) -> None:
        if not self.entered():
            raise ValueError("a thread calls the driver that has not entered a device")

    def _enter(self, context: int) -> int:
        self._inside.context = context
        return 0

    def _launch(self, handle: int, *rest: Any) -> int:
        stream, parameters = rest[7], rest[8]
        return self._guarded(lambda: self._put_launch(handle, stream, parameters))

    def _put_launch(self, handle: int, stream: int, parameters: int) -> None:
        function = self._functions[handle]
        pointer = ctypes.cast(parameters, ctypes.POINTER(ctypes.c_void_p))[0]
        raw = ctypes.string_at(pointer or 0, 8 * function.words)
        words = np.frombuffer(raw, np.int64).copy()
        touches = tuple(
            touch_of_operand(each, int(words[each.word])) for each in function.operands
        )

        def run() -> None:
            function.run(address_of(words))

        self._streams.put(function.name, stream, touches, run)

    def _copy(
        self, target: int | None, source: int | None, nbytes: int, stream: int
    ) -> int:
        target, source = target or 0, source or 0  # of nothing
        touches = touches_of_copy(target, source, nbytes)
        if nbytes >= LARGE_NBYTES:
            for address in (source, target):
                is_fixed = self._is_within(address, nbytes)
                self.pageable_nbytes += 0 if is_fixed else nbytes

        def run() -> None:
            ctypes.memmove(target, source, nbytes)

        return self._guarded(lambda: self._streams.put("copy", stream, touches, run))

    def _copy_rows(self, described: int, stream: int) -> int:
        rows = rows_of(described)
        touches = touches_of_rows(rows)

        def run() -> None:
            for row in range(rows.count):
                target = rows.target + row * rows.target_pitch
                source = rows.source + row * rows.source_pitch
                ctypes.memmove(target, source, rows.nbytes)

        return self._guarded(lambda: self._streams.put("copy", stream, touches, run))

    def _record(self, event: int, stream: int) -> int:
        return self._guarded(lambda: self._streams.record(event, stream))

    def _wait(self, stream: int, event: int, _flags: int) -> int:
        return self._guarded(lambda: self._streams.wait(stream, event))

    def _synchronize(self, event: int) -> int:
        return self._guarded(lambda: self._streams.synchronize(event))

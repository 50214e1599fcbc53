"""The order of work on streams that are simulated, and what is wrong with it.

What is put on a stream is done when somebody waits for an event behind it, and then
only what has to be done before, in an order that is drawn. Every access to a byte must
come before or after each conflicting one by the order of streams, events and waits of
the host alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Final, TypeAlias

from lazydag.backends.cuda.hazards import Touch

#: How many works of each stream have been done.
Clock: TypeAlias = dict[int, int]
HOST: Final = 0


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

    def is_before(self, other: _Work) -> bool:
        """Tell whether another work waits for this one."""
        return self is not other and self.number <= other.clock.get(self.stream, 0)

    def conflicts(self, other: _Work) -> bool:
        """Tell whether the order of both matters."""
        return any(a.meets(b) for a in self.touches for b in other.touches)


@dataclass(slots=True)
class SimulatedStreams:
    """Streams and events; callers see to it that one thread at a time is here.

    Parameters
    ----------
    seed
        Draws the order in which work is done.
    faults
        Hazards are added to it, in words.
    """

    seed: int
    faults: list[str]
    _numbers: count[int] = field(default_factory=lambda: count(3))
    _clocks: dict[int, Clock] = field(default_factory=lambda: {HOST: {}, 1: {}, 2: {}})
    _events: dict[int, Clock | None] = field(default_factory=dict)
    _recorded_on: dict[int, int] = field(default_factory=dict)
    _works: list[_Work] = field(default_factory=list)

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

    def unfinished(self, touch: Touch) -> Iterator[str]:
        """Yield the names of work that is not done yet and conflicts with an access."""
        for work in self._works:
            if not work.is_done and any(touch.meets(each) for each in work.touches):
                yield work.name

    def put(
        self,
        name: str,
        stream: int,
        touches: tuple[Touch, ...],
        run: Callable[[], None],
    ) -> None:
        """Put work on a stream, and look whether its order is known."""
        clock = self._clocks[stream]
        _join(clock, self._clocks[HOST])
        number = clock.get(stream, 0) + 1
        work = _Work(name, stream, number, dict(clock), touches, run)
        for other in self._works:
            if other.number > clock.get(other.stream, 0) and work.conflicts(other):
                self.faults.append(
                    f"{name} on stream {stream} does not wait for {other.name} "
                    f"on stream {other.stream}"
                )
        clock[stream] = number
        self._works.append(work)

    def record(self, event: int, stream: int) -> None:
        """Let an event occur when all that is on a stream is done."""
        self._events[event] = dict(self._clocks[stream])
        self._recorded_on[event] = stream

    def wait(self, stream: int, event: int) -> None:
        """Let what is put on a stream from now on come after an event."""
        _join(self._clocks[stream], self._recorded(event))

    def synchronize(self, event: int) -> None:
        """Do what an event waits for; the host knows of it then."""
        reached = self._recorded(event)
        self._do(reached)
        _join(self._clocks[HOST], reached)

    def settle(self) -> None:
        """Do all work that is left; the host knows of it then."""
        for stream, clock in self._clocks.items():
            if stream != HOST:
                while self._fails(clock):
                    pass
                _join(self._clocks[HOST], clock)

    def _fails(self, clock: Clock) -> bool:
        """Do all that comes before a clock, until something fails: that is a fault."""
        try:
            self._do(clock)
        except Exception as error:  # noqa: BLE001 -- all else is done, too
            self.faults.append(f"{type(error).__name__}: {error}")
            return True
        return False

    def _recorded(self, event: int) -> Clock:
        found = self._events[event]
        if found is None:
            raise ValueError(f"event {event} is waited for, and was never recorded")
        return found

    def _do(self, reached: Clock) -> None:
        """Do all that comes before a clock, in any order that is allowed."""
        due = [w for w in self._works if w.number <= reached.get(w.stream, 0)]
        waiting = [w for w in due if not w.is_done]
        draw = random.Random(f"{self.seed} {len(self._works)}")
        while waiting:
            free = [w for w in waiting if not any(x.is_before(w) for x in waiting)]
            work = draw.choice(free)
            waiting.remove(work)
            work.is_done = True
            work.run()


def _join(clock: Clock, other: Clock) -> None:
    for stream, number in other.items():
        clock[stream] = max(clock.get(stream, 0), number)

"""How far work is that is under way."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from lazydag.ir.text.units import format_count
from lazydag.runtime.dynamic.metering import TaskMeter
from lazydag.runtime.sink import Meter

# Work that begins this soon after other work goes on with it: a loop of short runs is
# one long work.
_GAP_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Status:
    """How far some work is.

    Parameters
    ----------
    name
        What has been running longest.
    done, total
        Tiles, calls and tasks.
    left
        Those of the total that are known not to be done.
    busy
        Workers at work.
    seconds
        Since it began.
    """

    name: str
    done: int
    total: int
    busy: int
    seconds: float

    @property
    def per_second(self) -> float:
        """The mean rate so far."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def left_seconds(self) -> float | None:
        """How long the rest takes at that rate, if that can be told."""
        if not self.done or self.done >= self.total:
            return None
        return (self.total - self.done) / self.per_second


class Meters:
    """Watches all work of the process.

    Parameters
    ----------
    standing
        Meters of work that comes and goes, and is never begun or ended; by default
        that of spawned tasks.
    """

    def __init__(self, standing: Sequence[Meter] | None = None) -> None:
        self._lock = threading.Lock()
        self._open: list[Meter] = []
        self._standing = [
            _Standing(meter)
            for meter in ((TaskMeter(),) if standing is None else standing)
        ]
        # Whether any of those had work at the last look.
        self._are_active = False
        self._ended = 0
        self._began = 0.0
        self._idle_since = float("-inf")

    def begin(self, meter: Meter) -> None:
        """Work begins."""
        now = time.monotonic()
        with self._lock:
            self._go_on(now)
            self._open.append(meter)

    def end(self, meter: Meter) -> None:
        """Work has ended; its counters are not read again."""
        with self._lock:
            if meter in self._open:
                self._open.remove(meter)
                self._ended += meter.done()
                self._idle_since = time.monotonic()

    def status(self) -> Status | None:
        """Return how far the work is, None if there is none."""
        now = time.monotonic()
        with self._lock:
            active = [each for each in self._standing if each.meter.busy()]
            if active:
                self._go_on(now)
            for each in self._standing:
                each.look(is_active=each in active)
            self._are_active = bool(active)
            if self._is_idle(now):
                return None
            meters = [*self._open, *(each.meter for each in active)]
            done = self._ended + sum(each.ended for each in self._standing)
            done += sum(meter.done() for meter in self._open)
            left = sum(meter.total() - meter.done() for meter in meters)
            return Status(
                name=meters[0].name if meters else "",
                done=done,
                total=done + max(0, left),
                busy=sum(meter.busy() for meter in meters),
                seconds=now - self._began,
            )

    def _go_on(self, now: float) -> None:
        """Note that there is work; count anew if the work before ended long ago."""
        if self._is_idle(now):
            self._began, self._ended = now, 0
            for each in self._standing:
                each.ended = 0
        self._idle_since = now

    def _is_idle(self, now: float) -> bool:
        """Whether there has been no work for a while."""
        if self._open or self._are_active:
            return False
        return now - self._idle_since > _GAP_SECONDS


class _Standing:
    """Work that is never begun or ended: it counts while workers are busy with it."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.ended = 0
        self._before = meter.done()

    def look(self, *, is_active: bool) -> None:
        """Count what has ended since the last look, if workers are busy with it."""
        done = self.meter.done()
        if is_active:
            self.ended += done - self._before
        self._before = done


def status_line(status: Status, width: int, *, plain: bool = False) -> str:
    """Return a status as a line of at most `width` characters, with a bar.

    Examples
    --------
    >>> status = Status("cholesky", done=630, total=1000, busy=2, seconds=6.3)
    >>> status_line(status, 70, plain=True)
    'cholesky  63% |########....| 630/1000  100/s  0:06 + 0:04  2 busy'
    """
    left = status.left_seconds
    counts = f"{_counted(status.done)}/{_counted(status.total)}"
    time_left = "" if left is None else f" + {_clock(left)}"
    tail = (
        f"{counts}  {_counted(round(status.per_second))}/s  "
        f"{_clock(status.seconds)}{time_left}  {status.busy} busy"
    )
    share = status.done / max(status.total, 1)
    head = f"{status.name[:_NAME_WIDTH]} {share:4.0%}".strip()
    room = min(_MOST_BAR, width - len(head) - len(tail) - len(" || "))
    if room < _LEAST_BAR:
        return f"{head} {tail}"[:width]
    full, empty = "#." if plain else "█·"
    filled = round(share * room)
    return f"{head} |{full * filled}{empty * (room - filled)}| {tail}"


_NAME_WIDTH, _LEAST_BAR, _MOST_BAR = 24, 4, 30


def _counted(number: int) -> str:
    return str(number) if number < 10_000 else format_count(number).replace(" ", "")


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

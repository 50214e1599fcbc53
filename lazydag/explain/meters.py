"""How far work is that is under way."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from lazydag.ir.text.units import format_count
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
    """Watches all work of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[Meter] = []
        self._ended = 0
        self._began = 0.0
        self._idle_since = float("-inf")

    def begin(self, meter: Meter) -> None:
        """Work begins."""
        now = time.monotonic()
        with self._lock:
            if not self._open and now - self._idle_since > _GAP_SECONDS:
                self._began, self._ended = now, 0
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
            if not self._open and now - self._idle_since > _GAP_SECONDS:
                return None
            return Status(
                name=self._open[0].name if self._open else "",
                done=self._ended + sum(meter.done() for meter in self._open),
                total=self._ended + sum(meter.total() for meter in self._open),
                busy=sum(meter.busy() for meter in self._open),
                seconds=now - self._began,
            )


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

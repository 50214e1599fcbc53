"""`lazydag.progress`: one line of the terminal that tells how far long work is.

This module is loaded with lazydag; what does the work is loaded when it is asked for.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from types import TracebackType
from typing import Self, TextIO

from lazydag.errors import UsageError
from lazydag.explain.terminal import is_plain

_EVERY_SECONDS = 0.1
# Shorter work is over before one has read the line.
_SHOWN_AFTER_SECONDS = 0.5
_WIDTH = 80


class progress:  # noqa: N801 -- used as a verb: with ld.progress()
    """Show how far the work in a context is, on one line of stderr.

    The line has what is run, how much of it is done (tiles, calls and tasks), how many
    are done a second, the time so far and the time it still takes, and how many workers
    are busy. It appears when work takes more than half a second, is drawn ten times a
    second by a thread of its own, and is wiped away at the end.

    Parameters
    ----------
    force
        Show it even where stderr is no terminal, but a file or a pipe.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> from lazydag.explain import progress
    >>> with progress():
    ...     float(ld.sum(ld.asarray(np.ones(1000)) * 2.0))
    2000.0
    """

    def __init__(self, *, force: bool = False) -> None:
        self._force = force
        self._line: _Line | None = None

    def __enter__(self) -> Self:
        if self._line is not None:
            raise UsageError("a progress bar is entered twice")
        if self._force or sys.stderr.isatty():
            self._line = _Line(sys.stderr)
            self._line.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._line is not None:
            self._line.stop()


class _Line:
    """The line on a stream, and the thread that draws it."""

    def __init__(self, stream: TextIO) -> None:
        from lazydag.explain.meters import Meters  # noqa: PLC0415

        self._stream = stream
        self._is_plain = is_plain(stream)
        self._meters = Meters()
        self._ended = threading.Event()
        self._drawn = 0
        self._pid = os.getpid()
        self._thread = threading.Thread(
            target=self._run, name="lazydag-progress", daemon=True
        )

    def start(self) -> None:
        from lazydag.runtime import sink  # noqa: PLC0415

        sink.watch(self._meters)
        self._thread.start()

    def stop(self) -> None:
        from lazydag.runtime import sink  # noqa: PLC0415

        sink.unwatch(self._meters)
        if os.getpid() != self._pid:
            return  # a forked child, without the thread
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended.wait(_EVERY_SECONDS):
                self._draw(self._text())
            self._draw("")
        except (OSError, ValueError):
            pass  # the stream is closed: nobody looks

    def _text(self) -> str:
        from lazydag.explain.meters import status_line  # noqa: PLC0415

        status = self._meters.status()
        if status is None or status.seconds < _SHOWN_AFTER_SECONDS:
            return ""
        # In the last column some terminals begin a new line.
        return status_line(status, self._width() - 1, plain=self._is_plain)

    def _width(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _WIDTH
        except (OSError, ValueError):
            return shutil.get_terminal_size((_WIDTH, 24)).columns

    def _draw(self, text: str) -> None:
        """Replace what was drawn, without any codes that a terminal may not know."""
        if not text and not self._drawn:
            return
        blanks = " " * max(0, self._drawn - len(text))
        self._stream.write(f"\r{text}{blanks}" if text else f"\r{blanks}\r")
        self._stream.flush()
        self._drawn = len(text)

"""`lazydag.trace`: what is run, as a file for Perfetto and as a chart for terminals.

This module is loaded with lazydag; what does the work is loaded when it is asked for.
"""

from __future__ import annotations

import os
import sys
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lazydag.errors import UsageError

if TYPE_CHECKING:
    from lazydag.explain.files import NewFile
    from lazydag.runtime.timeline import Timeline
    from lazydag.runtime.tracing import Log


class trace:  # noqa: N801 -- used as a verb: with ld.trace("run.json")
    """Record all that is run in a context.

    Array plans, regions of tasks and spawned tasks are recorded, whichever thread
    starts them.

    Parameters
    ----------
    path
        The file to write at the end, in Chrome's trace event format, which
        https://ui.perfetto.dev shows; it appears when it is complete. By default there
        is none, only a `timeline` and a `gantt`.

    Raises
    ------
    UsageError
        If the file cannot be written; before anything is run.

    Notes
    -----
    Events wait in memory and, if they are many, in a temporary file. After an exception
    what was recorded so far is written, too.

    Examples
    --------
    >>> import numpy as np, lazydag as ld
    >>> from lazydag.explain import trace
    >>> with trace() as recorded:
    ...     total = float(ld.sum(ld.asarray(np.ones(1000)) * 2.0))
    >>> len(recorded.timeline.rows) >= 0
    True
    """

    def __init__(self, path: str | PathLike[str] | None = None) -> None:
        self._path = path
        self._file: NewFile | None = None
        self._log: Log | None = None
        self._timeline: Timeline | None = None
        self._pid = os.getpid()

    def __enter__(self) -> Self:
        from lazydag.explain.files import NewFile  # noqa: PLC0415
        from lazydag.runtime.tracing import Log  # noqa: PLC0415

        if self._log is not None:
            raise UsageError("a trace is entered twice", remedy="Make one for each.")
        if self._path is not None:
            self._file = NewFile(self._path)
        self._log = Log()
        self._log.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._log is not None
        if os.getpid() != self._pid:
            return  # a forked child: what was recorded is the parent's
        self._timeline = self._log.close()
        if self._file is None:
            return
        from lazydag.explain.chrome import write_chrome  # noqa: PLC0415

        with self._file as file:
            write_chrome(self._timeline, file, _title())

    @property
    def timeline(self) -> Timeline:
        """What was recorded, once the context has ended."""
        if self._timeline is None:
            raise UsageError(
                "the trace has not ended", remedy="Leave its `with` first."
            )
        return self._timeline

    def gantt(self, *, width: int | None = None, plain: bool | None = None) -> str:
        """Return what was recorded as a chart, a row a worker; see `explain.gantt`."""
        from lazydag.explain.chart import gantt  # noqa: PLC0415

        return gantt(self.timeline, width=width, plain=plain)


def _title() -> str:
    return Path(sys.argv[0]).name or "python"

"""The exceptions of lazydag.

In: what happened, where in the user's program, and what to do about it.
Out: one tree under `LazydagError`. Each class also derives from the builtin that a
NumPy user expects to catch, so ``except ValueError`` catches a `ShapeError`.

A message has up to three lines::

    cannot add f32[8192,4096] and f32[1024]: axis 1 has 4096 and 1024 elements
      at attend.py:9   y = x + bias
      Give bias 4096 elements, one per column of x.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Protocol, Self

import numpy as np

REPORT = "This is a fault in lazydag, not in your program: please report it."


class SourceLine(Protocol):
    """A line of the user's program, as far as messages need it."""

    @property
    def file(self) -> str:
        """Path as the interpreter knows it."""
        ...

    @property
    def line(self) -> int:
        """Line number, from 1."""
        ...

    def text(self) -> str:
        """Return the line itself, stripped, or an empty string if unreadable."""
        ...


class LazydagError(Exception):
    """Base of every error that lazydag raises on purpose.

    Parameters
    ----------
    what
        What happened, with the actual values, in one sentence without a full stop.
    at
        The user's line that it happened for, if known.
    remedy
        What the user can do about it, in one or two sentences.
    """

    def __init__(
        self, what: str, at: SourceLine | None = None, remedy: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.at = at
        self.remedy = remedy

    def __str__(self) -> str:
        lines = [self.what]
        if self.at is not None:
            lines.append(f"  at {place(self.at)}")
        lines += [f"  {line}" for line in self.remedy.splitlines()]
        return "\n".join(lines)


def place(at: SourceLine) -> str:
    """Return ``file:line   source line`` for a message."""
    where = f"{Path(at.file).name}:{at.line}"
    text = at.text()
    return f"{where}   {text}" if text else where


class ShapeError(LazydagError, ValueError):
    """Shapes that do not go together."""


class MatrixError(ShapeError, np.linalg.LinAlgError):
    """A shape that is no matrix's, or no square one's."""


class DTypeError(LazydagError, TypeError):
    """A dtype that is unknown, or that an operation does not take."""


class AxisError(LazydagError, np.exceptions.AxisError):
    """An axis or an index outside of an array, a `numpy.exceptions.AxisError`, too."""


class BoundsError(LazydagError, IndexError):
    """An index that is outside of its axis, or is none."""


class RangeError(LazydagError, OverflowError):
    """A Python integer that an element type cannot hold."""


class TraceError(LazydagError, TypeError):
    """Python code that cannot be traced, such as ``if x > 0:`` on a lazy array."""


class ParseError(LazydagError, ValueError):
    """Text that is not a graph, a type, a target or an option."""


class TargetError(LazydagError, ValueError):
    """A target, device or link that is unknown, unavailable or ill-formed."""


class UsageError(LazydagError, ValueError):
    """A call or a command line that does not make sense."""


class UnsupportedError(LazydagError, NotImplementedError):
    """Something that is meaningful, but that lazydag cannot do yet."""


class KernelError(LazydagError, RuntimeError):
    """A task that failed while it ran.

    Parameters
    ----------
    kernel
        Name of the task's kernel.
    tile
        Index of the tile that failed, or -1 if the task has no tiles.
    code
        What the kernel returned; 0 if it raised an exception, which is the cause.
    """

    def __init__(
        self,
        what: str,
        at: SourceLine | None = None,
        remedy: str = "",
        *,
        kernel: str = "",
        tile: int = -1,
        code: int = 0,
    ) -> None:
        super().__init__(what, at, remedy)
        self.kernel = kernel
        self.tile = tile
        self.code = code


class LinAlgError(KernelError, np.linalg.LinAlgError):
    """A matrix that a factorisation cannot take: singular, not positive definite."""


class MissingLibraryError(LazydagError, ImportError):
    """An optional library that is not installed, or that cannot be used."""


class TaskError(LazydagError, RuntimeError):
    """A task that failed; the cause is what its function raised.

    Parameters
    ----------
    task
        Name of the task.
    """

    def __init__(
        self,
        what: str,
        at: SourceLine | None = None,
        remedy: str = "",
        *,
        task: str = "",
    ) -> None:
        super().__init__(what, at, remedy)
        self.task = task


class DependencyError(TaskError):
    """A task that was not run, because one that it takes as an argument failed."""


class TaskCancelledError(LazydagError, CancelledError):
    """A task that was cancelled, so that it has no result."""


class TaskTimeoutError(LazydagError, TimeoutError):
    """A task that was not done in time."""


class DeadlockError(LazydagError, RuntimeError):
    """Tasks that wait for each other, or a task that waits for itself."""


class TaskGroupError(LazydagError, ExceptionGroup[Exception]):
    """The errors of all tasks that failed in a `lazydag.sync` block.

    Parameters
    ----------
    errors
        One for each task, in the order in which they failed.
    """

    def __new__(cls, what: str, errors: Sequence[Exception]) -> Self:  # noqa: D102
        return super().__new__(cls, what, errors)

    def __init__(self, what: str, errors: Sequence[Exception]) -> None:
        Exception.__init__(self, what, errors)
        self.what = what
        self.at = None
        self.remedy = ""

    def __str__(self) -> str:
        return ExceptionGroup.__str__(self)

    def derive(self, errors: Sequence[Exception]) -> TaskGroupError:  # type: ignore[override]
        """Return a group with some of the errors, as ``except*`` asks for."""
        return TaskGroupError(self.what, errors)


class OutOfMemoryError(LazydagError, MemoryError):
    """A plan or a buffer that does not fit in the memory budget.

    Parameters
    ----------
    nbytes
        Bytes that would be needed at the peak.
    limit_nbytes
        Bytes that the budget allows.
    """

    def __init__(
        self,
        what: str,
        at: SourceLine | None = None,
        remedy: str = "",
        *,
        nbytes: int = 0,
        limit_nbytes: int = 0,
    ) -> None:
        super().__init__(what, at, remedy)
        self.nbytes = nbytes
        self.limit_nbytes = limit_nbytes


class VerifyError(LazydagError, AssertionError):
    """An internal inconsistency: a pass broke an invariant.

    Parameters
    ----------
    by
        The pass (or other step) whose result is broken.
    invariant
        The sentence that no longer holds.
    context
        The nodes around the fault, printed.
    """

    def __init__(
        self,
        what: str,
        at: SourceLine | None = None,
        remedy: str = REPORT,
        *,
        by: str = "",
        invariant: str = "",
        context: str = "",
    ) -> None:
        super().__init__(what, at, remedy)
        self.by = by
        self.invariant = invariant
        self.context = context

    def __str__(self) -> str:
        lines = [self.what]
        if self.by or self.invariant:
            lines.append(f"  {self.by or 'lazydag'} broke: {self.invariant}")
        if self.at is not None:
            lines.append(f"  at {place(self.at)}")
        lines += [f"  | {line}" for line in self.context.splitlines()]
        lines += [f"  {line}" for line in self.remedy.splitlines()]
        return "\n".join(lines)


class CacheWarning(RuntimeWarning):
    """A cache that cannot be used; lazydag goes on without it."""

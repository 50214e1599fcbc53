"""`Task`: a call that is run once, and its result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextvars import Context
from types import CodeType
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from lazydag.ir.source import SourceLoc
from lazydag.runtime.dynamic.control import Callback, Control
from lazydag.runtime.dynamic.failures import error_of
from lazydag.runtime.dynamic.scheduler import scheduler
from lazydag.runtime.dynamic.source import line_of, name_of
from lazydag.runtime.dynamic.states import CANCELLED, DONE, FAILED, RUNNING
from lazydag.runtime.dynamic.waiting import wait_for

if TYPE_CHECKING:
    import numpy as np

    from lazydag.runtime.dynamic.group import Group
    from lazydag.runtime.dynamic.options import Options
    from lazydag.runtime.dynamic.scheduler import Waiter
    from lazydag.runtime.dynamic.seats import Client

R_co = TypeVar("R_co", covariant=True)

_STATES: Final = ("waiting", "running", "done", "failed", "cancelled")


class Task(Generic[R_co]):
    """A call that runs on another thread, and its result. Made by `lazydag.spawn`.

    Has the methods of `concurrent.futures.Future`, and can be awaited in `asyncio`.
    As an argument of another task, also inside of lists, tuples and dicts, it stands
    for its result.

    Examples
    --------
    >>> import lazydag as ld
    >>> task = ld.spawn(pow, 2, 10)
    >>> task.result()
    1024
    """

    # Those that are absent are tests that one thread passes: deleting an attribute is
    # atomic, and fails if another thread was first.
    __slots__ = (
        "__weakref__",
        "_args",
        "_client",
        "_code",
        "_context",
        "_control",
        "_function",
        "_group",
        "_kwargs",
        "_missing",
        "_offset",
        "_options",
        "_state",
        "_unclaimed",
        "_unfinished",
        "_value",
        "_waiters",
    )

    # Its name is enough once it has ended.
    _function: Callable[..., Any] | str
    _args: tuple[Any, ...]
    _kwargs: dict[str, Any]
    _context: Context | None
    _client: Client
    _options: Options | None
    _group: Group | None
    # What it waits for: several tasks, or one, which may have failed, or () for none.
    # None if it never waited for any, so that its arguments are what they are.
    _missing: Task[Any] | set[Task[Any]] | tuple[()] | None
    _waiters: list[Waiter] | None
    _control: Control | None
    _state: int
    # The result, or the exception.
    _value: Any
    _unclaimed: bool
    _unfinished: bool
    # The code that spawned it, and the offset of the instruction that did.
    _code: CodeType
    _offset: int

    # ------------------------------------------------------------ its result

    def result(self, timeout: float | None = None) -> R_co:
        """Return what the function returned; wait for it if need be.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait.

        Raises
        ------
        TaskTimeoutError
            If it is not done in time; or if it took longer than its own timeout.
        TaskCancelledError
            If it was cancelled.
        DependencyError
            If it was not run because a task failed that it takes as an argument.
        DeadlockError
            If this would wait forever, because it waits for the task that asks.
        Exception
            What the function raised.
        """
        if self._state != DONE:
            if self._state < DONE:
                wait_for(self, timeout)
            if self._state != DONE:
                raise error_of(self)
        return cast("R_co", self._value)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the function raised, or None; wait for it as `result` does."""
        if self._state < DONE:
            wait_for(self, timeout)
        if self._state == CANCELLED:
            raise error_of(self)
        return self._value if self._state == FAILED else None

    def done(self) -> bool:
        """Tell whether it has ended, in whatever way."""
        return self._state >= DONE

    def running(self) -> bool:
        """Tell whether its function runs."""
        return self._state == RUNNING

    def cancelled(self) -> bool:
        """Tell whether it was cancelled."""
        return self._state == CANCELLED

    def cancel(self) -> bool:
        """Cancel it if it has not started; else ask it to end.

        Its function can learn of it: see `lazydag.cancelled`.

        Returns
        -------
        bool
            Whether it is cancelled: a function that runs already may still return.
        """
        return scheduler.cancel(self)

    def add_done_callback(self, function: Callable[[Task[R_co]], object]) -> None:
        """Call a function with the task when it has ended, or now if it has.

        It is called on the thread that ends the task. What it raises is logged.
        """
        scheduler.add_waiter(self, Callback(function))

    def __await__(self) -> Generator[Any, None, R_co]:
        import asyncio  # noqa: PLC0415 -- whoever awaits has loaded it

        future = asyncio.get_running_loop().create_future()

        def pass_on(_: Task[R_co]) -> None:
            future.get_loop().call_soon_threadsafe(_wake, future)

        self.add_done_callback(pass_on)
        try:
            yield from future
        except asyncio.CancelledError:
            if future.cancelled():
                self.cancel()
            raise
        return self.result()

    def __array__(
        self, dtype: Any = None, copy: bool | None = None
    ) -> np.ndarray[Any, Any]:
        import numpy as np  # noqa: PLC0415 -- tasks do without

        value = np.asarray(self.result(), dtype=dtype)
        return value.copy() if copy and value is self._value else value

    # ------------------------------------------------------------ what it is

    @property
    def name(self) -> str:
        """What messages and traces call it."""
        return name_of(self)

    def __repr__(self) -> str:
        return f"<Task {self.name}: {_STATES[self._state]}, spawned at {self.source}>"

    @property
    def source(self) -> SourceLoc:
        """The line that spawned it."""
        return line_of(self)

    # ------------------------------------------------------------ inside

    def told(self, before: Task[Any]) -> None:
        """Take note that a task has ended that this one waited for."""
        missing = self._missing
        if before._state != DONE:
            # This one fails, without waiting for the others.
            self._missing = before
        elif isinstance(missing, set):
            missing.discard(before)
            if missing:
                return
        scheduler.push(self)


def _wake(future: Any) -> None:
    """Let those go on who await `future`, unless they have given up."""
    if not future.done():
        future.set_result(None)

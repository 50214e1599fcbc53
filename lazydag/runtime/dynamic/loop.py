"""The event loop that runs the tasks of async functions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeAlias

from lazydag.errors import TaskCancelledError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from asyncio import Task as AsyncTask

#: Called with the result, or with None and the exception.
Ended: TypeAlias = Callable[[Any, BaseException | None], object]


class Loop:
    """One thread with an event loop, started when first needed."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._loop: AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(
        self, coroutine: Coroutine[Any, Any, Any], context: Context, ended: Ended
    ) -> Callable[[], object]:
        """Run a coroutine in a context; return what cancels it."""
        loop = self._started()
        tasks: list[AsyncTask[Any]] = []

        def begin() -> None:
            task = loop.create_task(coroutine, context=context)
            tasks.append(task)
            task.add_done_callback(lambda task: _pass_on(task, ended))

        def stop() -> None:
            loop.call_soon_threadsafe(cancel)

        def cancel() -> None:
            # Begun by now: calls of the loop keep their order.
            tasks[0].cancel()

        loop.call_soon_threadsafe(begin)
        return stop

    def is_here(self) -> bool:
        """Tell whether this thread is the loop's."""
        return self._thread is threading.current_thread()

    def close(self) -> None:
        """Cancel what runs, end the thread and wait for it."""
        with self._starting:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _started(self) -> AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                import asyncio  # noqa: PLC0415 -- takes 30 ms to load

                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name="lazydag-loop", daemon=True
                )
                self._thread.start()
            return self._loop


def _serve(loop: AbstractEventLoop) -> None:
    from asyncio import all_tasks  # noqa: PLC0415

    try:
        loop.run_forever()
        left = all_tasks(loop)
        for task in left:
            task.cancel()
        while any(not task.done() for task in left):
            _step(loop)
        _step(loop)  # their callbacks
    finally:
        loop.close()


def _step(loop: AbstractEventLoop) -> None:
    loop.call_soon(loop.stop)
    loop.run_forever()


def _pass_on(task: AsyncTask[Any], ended: Ended) -> None:
    if task.cancelled():
        ended(None, TaskCancelledError("the event loop's task was cancelled"))
    else:
        error = task.exception()
        ended(None if error is not None else task.result(), error)

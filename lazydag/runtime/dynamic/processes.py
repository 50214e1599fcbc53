"""Processes that run tasks whose functions would keep the GIL."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import subprocess
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from queue import SimpleQueue
from signal import Signals
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from lazydag.errors import TaskError
from lazydag.runtime.dynamic.child import pack, unpack

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.loop import Ended
    from lazydag.runtime.dynamic.task import Task

#: A function and its arguments.
Call: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

_SCRIPT: Final = str(Path(__file__).with_name("child.py"))
# Seconds that a process has to end when its connection is closed.
_PATIENCE: Final = 1.0


class Processes:
    """Worker processes, started when first needed, each with a thread that serves it.

    There is a connection for each, so that it is known for which task one has died.

    Parameters
    ----------
    push
        Takes back a task that had to wait for a process.
    """

    def __init__(self, push: Callable[[Task[Any]], object]) -> None:
        self._push = push
        self._crew = _Crew(push)
        self._finalizer = weakref.finalize(self, _close, self._crew)

    def start(self, call: Call, ended: Ended, most: int) -> Callable[[], object] | None:
        """Run a call in a process.

        Parameters
        ----------
        ended
            Called with the result, or with None and the exception, on another thread.
        most
            How many processes there may be.

        Returns
        -------
        callable or None
            Ends the call, by ending its process. None if all processes are busy.
        """
        crew = self._crew
        job = _Job(call, ended)
        with crew.lock:
            if crew.idle:
                worker = crew.idle.pop()
            elif len(crew.all) < most:
                used = {each.number for each in crew.all}
                number = next(n for n in itertools.count(1) if n not in used)
                worker = _Worker(crew, number)
                crew.all.add(worker)
            else:
                return None
        worker.jobs.put(job)
        return lambda: worker.end(job)

    def queue(self, task: Task[Any], most: int) -> None:
        """Push a task when a process is free for it, which may be now."""
        crew = self._crew
        with crew.lock:
            is_free = bool(crew.idle) or len(crew.all) < most
            if not is_free:
                crew.backlog.append(task)
        if is_free:
            self._push(task)

    def close(self) -> None:
        """End the processes and wait for them; what they run fails."""
        self._finalizer()

    def forget(self) -> None:
        """Drop the processes, which are not a forked child's."""
        self._finalizer.detach()
        self._crew = _Crew(self._push)
        self._finalizer = weakref.finalize(self, _close, self._crew)


class _Job:
    """A call that a process runs."""

    __slots__ = ("call", "ended")

    def __init__(self, call: Call, ended: Ended) -> None:
        self.call = call
        self.ended = ended


class _Crew:
    """What the processes share; it does not keep `Processes` alive."""

    def __init__(self, push: Callable[[Task[Any]], object]) -> None:
        self.push = push
        self.lock = threading.Lock()
        self.idle: list[_Worker] = []
        self.all: set[_Worker] = set()
        self.backlog: deque[Task[Any]] = deque()

    def free(self, worker: _Worker) -> None:
        """Take note that a worker has nothing to do, or is no more."""
        with self.lock:
            if worker.is_alive:
                self.idle.append(worker)
            else:
                self.all.discard(worker)
            task = self.backlog.popleft() if self.backlog else None
        if task is not None:
            self.push(task)


class _Worker:
    """A process, and the thread that sends calls to it."""

    def __init__(self, crew: _Crew, number: int) -> None:
        self.number = number
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self.is_alive = True
        self._crew = crew
        self._job: _Job | None = None
        # Held while the process is ended for the sake of a job, which must be its job.
        self._ending = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(
            target=self._loop, name=f"lazydag-process-{number}", daemon=True
        )
        self.thread.start()

    def end(self, job: _Job) -> None:
        """End the process if it runs a certain call."""
        with self._ending:
            if self._job is job and self._process is not None:
                self._process.kill()

    def kill(self) -> None:
        """End the process, whatever it runs."""
        if self._process is not None and self.is_alive:
            self._process.kill()

    def _loop(self) -> None:
        process, connection = _start()
        with connection, process:
            self._process = process
            try:
                while (job := self.jobs.get()) is not None and self.is_alive:
                    self._run(job, connection, process)
                    self._crew.free(self)
            finally:
                self.is_alive = False
                connection.close()
                _wait(process)

    def _run(
        self, job: _Job, connection: Connection, process: subprocess.Popen[bytes]
    ) -> None:
        self._job = job
        value: Any = None
        error: BaseException | None = None
        try:
            answer = _exchange(job.call, connection)
            value, error = _opened(answer)
        except _Lost:
            self.is_alive = False
            error = _died(job.call, _wait(process))
        except BaseException as raised:  # noqa: BLE001 -- by what packs arguments
            error = raised
        with self._ending:
            self._job = None
        job.ended(value, error)


class _Lost(Exception):  # noqa: N818 -- it becomes an error
    """There is nobody at the other end."""


class LostProcessError(TaskError):
    """A task whose process died, or was ended."""


def _exchange(call: Call, connection: Connection) -> bytes:
    """Send a call, and return the answer."""
    request, memory = pack(call)
    try:
        connection.send_bytes(request)
        return connection.recv_bytes()
    except (EOFError, OSError) as error:
        raise _Lost from error
    finally:
        if memory is not None:
            memory.close()
            memory.unlink()


def _opened(answer: bytes) -> tuple[Any, BaseException | None]:
    """Return the result and None, or None and the exception, of an answer."""
    succeeded, found, where = unpack(answer, _attach_and_remove)
    if succeeded:
        return found, None
    if found is None:
        found = TaskError("an exception in another process cannot be shown here")
    found.add_note(f"in another process:\n{where.rstrip()}")
    return None, found


def _attach_and_remove(name: str) -> SharedMemory:
    memory = SharedMemory(name)
    memory.unlink()  # it lives as long as it is open
    return memory


def _died(call: Call, code: int) -> LostProcessError:
    function = getattr(call[0], "__qualname__", type(call[0]).__qualname__)
    how = f"exit code {code}"
    if code < 0:
        how = f"{Signals(-code).name}" if -code in {*Signals} else f"signal {-code}"
    return LostProcessError(
        f"the process that ran {function} died ({how})",
        remedy="It may have run out of memory. Other tasks get a new process.",
        task=function,
    )


def _start() -> tuple[subprocess.Popen[bytes], Connection]:
    ours, theirs = multiprocessing.Pipe()
    handle = theirs.fileno()
    # Safe path: what lies beside the script is not to be imported.
    command = [sys.executable, "-P", _SCRIPT, str(handle)]
    with theirs:
        if sys.platform == "win32":
            os.set_handle_inheritable(handle, True)
            info = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
            process = subprocess.Popen(command, startupinfo=info)
        else:
            process = subprocess.Popen(command, pass_fds=(handle,))
    ours.send(sys.path)
    return process, ours


def _wait(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _close(crew: _Crew) -> None:
    with crew.lock:
        workers = tuple(crew.all)
    for worker in workers:
        worker.jobs.put(None)
        worker.thread.join(_PATIENCE)
        worker.kill()
        worker.thread.join(_PATIENCE)

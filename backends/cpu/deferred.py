"""Writes to the disk cache, put off: no first call of a function waits for the disk.

A thread of the process writes what has come together when nothing new came for a
moment. What is left is written when the interpreter exits; a process that is killed
loses it, and compiles again.
"""

import atexit
import time
from threading import Event, Lock, Thread
from typing import Final, Protocol

from lazydag.backends.cpu.cache import ObjectCache
from lazydag.runtime.fork import after_fork

QUIET_SECONDS: Final = 0.05
MAX_NBYTES: Final = 4 << 20
"""From so many bytes on, whoever brings more writes them all."""


class Objects(Protocol):
    """Objects by key."""

    def get(self, key: str) -> bytes | None:
        """Return the object stored under `key`, or None."""
        ...

    def put(self, key: str, content: bytes) -> None:
        """Store an object."""
        ...


class DeferredCache:
    """A disk cache that is written to in the background; safe for many threads.

    Parameters
    ----------
    objects
        Where to write.

    Notes
    -----
    A forked child leaves what its parent has not written yet to the parent.
    """

    def __init__(self, objects: ObjectCache) -> None:
        self.objects = objects
        self._reset()
        after_fork(self._reset)
        atexit.register(self.flush)

    def _reset(self) -> None:
        self._pending: dict[str, bytes] = {}
        self._nbytes = 0
        self._lock = Lock()
        self._writing = Lock()
        self._wanted = Event()
        self._thread: Thread | None = None

    def get(self, key: str) -> bytes | None:
        """Return the object stored under `key`, or None."""
        found = self._pending.get(key)
        return self.objects.get(key) if found is None else found

    def put(self, key: str, content: bytes) -> None:
        """Store an object, soon."""
        with self._lock:
            self._pending[key] = content
            self._nbytes += len(content)
            is_much = self._nbytes > MAX_NBYTES
        if is_much or not self._is_served():
            self.flush()
        elif not self._wanted.is_set():
            self._wanted.set()

    def flush(self) -> None:
        """Write all that is pending; returns when it is written."""
        with self._writing:
            while self._pending:
                key = next(iter(self._pending))
                self.objects.put(key, self._pending[key])
                with self._lock:
                    self._nbytes -= len(self._pending.pop(key))

    def _is_served(self) -> bool:
        """Tell whether there is a thread that writes; start it if need be."""
        with self._lock:
            if self._thread is None:
                thread = Thread(target=self._serve, name="lazydag-cache", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the interpreter is about to exit
                    return False
                self._thread = thread
        return True

    def _serve(self) -> None:
        while True:
            self._wanted.wait()
            seen = -1
            while seen != len(self._pending):
                seen = len(self._pending)
                time.sleep(QUIET_SECONDS)
            self._wanted.clear()
            self.flush()

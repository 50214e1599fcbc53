"""The tasks that may start, in the order in which they shall."""

from __future__ import annotations

import threading
from collections import deque
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lazydag.runtime.dynamic.seats import Client
    from lazydag.runtime.dynamic.task import Task


class Ready:
    """Ready tasks: by falling priority, clients in turn, then first in, first out.

    Notes
    -----
    The tasks of one client that have no priority lie in a deque, whose methods are
    atomic. All others lie in a heap, under a lock. When those of a second client come,
    the tasks in the deque are moved to the heap, where both take turns. Turns are
    start tags, as in start-time fair queueing: a client's task gets the number after
    the client's last one, or the present number if that is later.

    References
    ----------
    Goyal, Vin, Cheng: Start-time fair queueing. IEEE/ACM Trans. Networking 5 (1997).
    """

    def __init__(self) -> None:
        self._line: deque[Task[Any]] = deque()
        # Whose tasks are in the line.
        self._client: Client | None = None
        # (falling priority, turn, order of arrival, task)
        self._heap: list[tuple[float, int, int, Task[Any]]] = []
        # How many of them have no priority.
        self._filed = 0
        self._turn = 0
        self._arrivals = count()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._line) + len(self._heap)

    def push(self, task: Task[Any]) -> None:
        """Add a task."""
        if task._options is None and task._client is self._client and not self._filed:
            self._line.append(task)
            return
        options, client = task._options, task._client
        priority = options and options.priority
        if (
            not priority
            and not self._filed
            and (client is self._client or not self._line)
        ):
            self._client = client
            self._line.append(task)
            return
        with self._lock:
            if not priority:
                self._file_line()
            self._file(task, -(priority or 0))

    def pop(self) -> Task[Any]:
        """Remove and return the first task.

        Raises
        ------
        IndexError
            If there is none.
        """
        return self._pop_filed() if self._heap else self._line.popleft()

    def drop_last(self, task: Task[Any]) -> None:
        """Remove a task if it came last; others that have started are skipped later.

        Recursion would leave one for each call.
        """
        line = self._line
        if line and line[-1] is task:
            try:
                last = line.pop()
            except IndexError:
                return
            if last is not task:
                line.append(last)

    def _file(self, task: Task[Any], rank: float) -> None:
        client = task._client
        self._filed += not rank
        client.turn = max(client.turn + 1, self._turn)
        heappush(self._heap, (rank, client.turn, next(self._arrivals), task))

    def _pop_filed(self) -> Task[Any]:
        with self._lock:
            line, heap = self._line, self._heap
            if not heap or (line and heap[0][0] > 0):
                return line.popleft()
            if heap[0][0] == 0:
                self._file_line()
            rank, self._turn, _, task = heappop(heap)
            self._filed -= not rank
            return task

    def _file_line(self) -> None:
        """Let the tasks in line take turns with those of other clients."""
        line = self._line
        while line:
            try:
                self._file(line.popleft(), 0)
            except IndexError:
                return  # another thread took it

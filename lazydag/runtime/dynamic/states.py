"""The states of a task, in order: from `DONE` on it has ended."""

from typing import Final

#: Not started.
WAITING: Final = 0
RUNNING: Final = 1
DONE: Final = 2
FAILED: Final = 3
CANCELLED: Final = 4

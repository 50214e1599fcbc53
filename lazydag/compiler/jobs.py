"""Tasks and machines, as far as it matters where tasks run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Job:
    """A task, as far as it matters where it runs.

    Parameters
    ----------
    seconds
        By device, on one of its workers; infinite where it cannot run.
    reads, writes
        Pieces of memory, by number.
    returns
        Those that it is the last to write, and that are wanted at home.
    """

    seconds: tuple[float, ...]
    reads: tuple[int, ...] = ()
    writes: tuple[int, ...] = ()
    returns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that move together.

    Parameters
    ----------
    place
        Row and column among the pieces of its array.
    space
        Where it lies at first; negative if nobody has written it.
    home
        Where it is wanted at last, if it is.
    """

    nbytes: int
    place: tuple[int, int] = (0, 0)
    space: int = -1
    home: int = 0


@dataclass(frozen=True, slots=True)
class Hop:
    """A link on the way between two spaces, by number, and the space behind it."""

    link: int
    space: int
    latency_seconds: float
    bytes_per_s: float


@dataclass(frozen=True, slots=True)
class Machine:
    """Devices, and the links between their memories.

    Parameters
    ----------
    workers
        By device, how many tasks it runs at a time.
    spaces
        By device, the number of its memory space.
    ways
        By the spaces from and to.
    nlinks
        How many links there are.
    """

    workers: tuple[int, ...]
    spaces: tuple[int, ...]
    ways: Mapping[tuple[int, int], tuple[Hop, ...]] = field(default_factory=dict)
    nlinks: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where tasks run, and when.

    Parameters
    ----------
    devices
        By task.
    starts, ends
        By task, in seconds.
    busy_seconds
        By device, of all its workers together.
    makespan
        Seconds until all has ended, and is where it is wanted.
    policy
        What chose them.
    """

    devices: tuple[int, ...]
    starts: tuple[float, ...]
    ends: tuple[float, ...]
    busy_seconds: tuple[float, ...]
    makespan: float
    policy: str

    def order(self) -> list[int]:
        """Return the tasks as they start."""
        numbers = range(len(self.starts))
        return sorted(numbers, key=lambda n: (self.starts[n], self.ends[n], n))

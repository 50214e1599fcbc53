"""What a program does that costs it time, counted by line while it runs.

In: remarks of all layers, each a line, a count and a time. Out: `all_remarks`, for
`lazydag.doctor`. A remark costs a microsecond, and is made where much more is done.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lazydag.errors import SourceLine

#: Lines that are counted; those beyond are not.
MOST_REMARKS: Final = 4096


class Kind(Enum):
    """What is remarked on; the value says it of a line."""

    FORCE = "computed a value at once"
    CUT = "cut a jitted function"
    TRACE = "traced a function for another number"
    PLAN = "was planned"
    WHOLE = "is not traced"
    NUMPY = "was left to NumPy"
    COPY = "copied an array to write into it"
    OVERHEAD = "has tasks that are mostly overhead"


@dataclass(frozen=True, slots=True)
class Remark:
    """One kind of remark on one line.

    Parameters
    ----------
    kind : Kind
        What is remarked on.
    at : SourceLine or None
        The line of the user.
    what : str
        More about it: a function's name, the type of a value.
    count : int
        How often.
    seconds : float
        How long in all, where that was measured.
    nbytes : int
        How much memory was moved in all, where that is known.
    """

    kind: Kind
    at: SourceLine | None
    what: str
    count: int
    seconds: float
    nbytes: int


_counts: dict[tuple[Kind, SourceLine | None, str], list[float]] = {}
_lock = threading.Lock()


def remark(
    kind: Kind,
    at: SourceLine | None,
    what: str = "",
    *,
    seconds: float = 0.0,
    nbytes: int = 0,
) -> None:
    """Count something that a line of the user made lazydag do."""
    key = kind, at, what
    with _lock:
        found = _counts.get(key)
        if found is None:
            if len(_counts) >= MOST_REMARKS:
                return
            found = _counts[key] = [0, 0.0, 0]
        found[0] += 1
        found[1] += seconds
        found[2] += nbytes


def all_remarks() -> Iterator[Remark]:
    """Return all that was remarked on since the start, or since `forget`."""
    with _lock:
        found = [(key, tuple(counts)) for key, counts in _counts.items()]
    for (kind, at, what), (count, seconds, nbytes) in found:
        yield Remark(kind, at, what, int(count), seconds, int(nbytes))


def forget() -> None:
    """Begin anew."""
    with _lock:
        _counts.clear()

"""What earlier runs measured, and estimates corrected by it."""

from __future__ import annotations

import json
import os
import threading
import warnings
from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import TypeAlias

from lazydag.cost.estimate import Estimate
from lazydag.cost.store import write_whole
from lazydag.errors import CacheWarning

Key: TypeAlias = tuple[str, str, str]

# The median of so many ratios moves when more than half of them do.
REMEMBERED = 9
# A first call may find cold caches: one outlier alone must not steer a plan.
MOST_TIMES = 100.0
_FORMAT = 1


def shape_bucket(shapes: Iterable[tuple[int, ...]]) -> str:
    """Return a word for shapes of about the same size.

    Each number of elements counts to the nearest half power of two.

    Examples
    --------
    >>> shape_bucket([(1000, 1000), (1000,)])
    '20x10'
    >>> shape_bucket([(1024, 1024), (1024,)]) == shape_bucket([(1000, 1000), (1000,)])
    True
    """
    return "x".join(_half_log2(shape) for shape in shapes)


def _half_log2(shape: tuple[int, ...]) -> str:
    elements = 1
    for extent in shape:
        elements *= extent
    if elements <= 0:
        return "none"
    # Rounds 2 log2(n) to an integer in integers: exact for any size.
    halves = ((2 * elements**4).bit_length() - 1) // 2
    return f"{halves / 2:g}"


class History:
    """Measured over estimated seconds, by kernel, shape bucket and device.

    Parameters
    ----------
    capacity
        Keys to remember; those that were used longest ago are dropped.

    Notes
    -----
    The factor of a key is the median of its last ratios, so one disturbed run changes
    nothing. Safe for several threads at once.
    """

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._ratios: dict[Key, deque[float]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ratios)

    def record(
        self, kernel: str, bucket: str, device: str, seconds: float, estimated: float
    ) -> None:
        """Remember a measured time beside what was estimated without any history."""
        if not (seconds > 0 and estimated > 0):
            return
        ratio = min(max(seconds / estimated, 1 / MOST_TIMES), MOST_TIMES)
        key = (kernel, bucket, device)
        with self._lock:
            # Taken out and put in again: the dictionary's order is that of use.
            ratios = self._ratios.pop(key, None) or deque(maxlen=REMEMBERED)
            ratios.append(ratio)
            self._ratios[key] = ratios
            while len(self._ratios) > self._capacity:
                del self._ratios[next(iter(self._ratios))]

    def factor(self, kernel: str, bucket: str, device: str) -> float:
        """Return by how much estimates were too small; 1 if nothing is known."""
        with self._lock:
            ratios = self._ratios.get((kernel, bucket, device))
            return median(ratios) if ratios else 1.0

    def correct(
        self, estimate: Estimate, kernel: str, bucket: str, device: str
    ) -> Estimate:
        """Return an estimate, corrected by what was measured."""
        factor = self.factor(kernel, bucket, device)
        return replace(estimate, seconds=estimate.seconds * factor)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all to a JSON file, whole or not at all.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        with self._lock:
            rows = [[*key, list(ratios)] for key, ratios in self._ratios.items()]
        text = json.dumps({"format": _FORMAT, "ratios": rows})
        write_whole(Path(path), text)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Add what a JSON file remembers; a missing file adds nothing.

        Warns
        -----
        CacheWarning
            If the file cannot be read; nothing is added then.
        """
        try:
            rows = _read(Path(path))
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, KeyError) as error:
            text = f"{os.fspath(path)} is not used: {error}"
            warnings.warn(text, CacheWarning, stacklevel=2)
            return
        with self._lock:
            for key, ratios in rows:
                known = self._ratios.setdefault(key, deque(maxlen=REMEMBERED))
                # What this process measured is newer.
                known.extendleft(reversed(ratios[: REMEMBERED - len(known)]))
            while len(self._ratios) > self._capacity:
                del self._ratios[next(iter(self._ratios))]


class Settled:
    """A history that answers a question as it did the first time.

    Decisions that are made again, such as for the lines of a plan that has failed, are
    then made alike, whatever has been measured meanwhile.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._known: dict[Key, float] = {}

    def correct(
        self, estimate: Estimate, kernel: str, bucket: str, device: str
    ) -> Estimate:
        """Return an estimate, corrected by what had been measured."""
        key = kernel, bucket, device
        factor = self._known.setdefault(key, self._history.factor(*key))
        return replace(estimate, seconds=estimate.seconds * factor)


def _read(path: Path) -> list[tuple[Key, list[float]]]:
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["format"] != _FORMAT:
        raise ValueError(f"its format is {content['format']}")
    return [
        ((str(kernel), str(bucket), str(device)), [float(ratio) for ratio in ratios])
        for kernel, bucket, device, ratios in content["ratios"]
    ]

"""Let several ways of computing the same thing take turns, and compare their times."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping

OURS = "lazydag"

Call = Callable[[], object]


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What a benchmark is asked to do."""

    threads: int = 1
    scale: float = 1.0  # of the array sizes, for smaller machines
    seconds: float = 15.0  # aimed at, for the rounds of one row
    only: str = "both"  # "ours", "peers" or "both"
    match: str = ""  # a regular expression for names of rows

    def wants(self, name: str) -> bool:
        """Whether a contender of this name is to run."""
        return self.only == "both" or (self.only == "ours") == (name == OURS)

    def matches(self, row: str) -> bool:
        """Whether a row of this name is to be measured."""
        return re.search(self.match, row) is not None

    def size(self, full: int) -> int:
        """Return a number of elements, scaled, in whole cache lines."""
        return max(8, int(full * self.scale) // 8 * 8)


@dataclasses.dataclass(frozen=True, slots=True)
class Times:
    """Seconds a call, by contender; entry i of every list is from round i."""

    rounds: Mapping[str, list[float]]

    def median(self, name: str) -> float | None:
        """Return the median time of a contender, None if it did not run."""
        rounds = self.rounds.get(name)
        return statistics.median(rounds) if rounds else None

    def ratio(self, peer: str, ours: str = OURS) -> float | None:
        """Return the median over the rounds of peer's time over ours."""
        if peer not in self.rounds or ours not in self.rounds:
            return None
        pairs = zip(self.rounds[peer], self.rounds[ours], strict=True)
        return statistics.median(p / o for p, o in pairs)

    def best_ratio(self, peers: tuple[str, ...]) -> float | None:
        """Return the ratio to the peer that comes nearest to ours, or before it."""
        ratios = [r for peer in peers if (r := self.ratio(peer)) is not None]
        return min(ratios, default=None)

    def peers(self) -> dict[str, float]:
        """Return the median times of all but ours."""
        names = [name for name in self.rounds if name != OURS]
        return {name: statistics.median(self.rounds[name]) for name in names}

    def ratios(self) -> dict[str, float]:
        """Return the ratios of all peers to ours; empty when ours did not run."""
        pairs = {name: self.ratio(name) for name in self.rounds if name != OURS}
        return {name: ratio for name, ratio in pairs.items() if ratio is not None}


def race(
    contenders: Mapping[str, Call],
    settings: Settings,
    number: int = 1,
    least: int = 5,
    most: int = 50,
) -> Times:
    """Time the contenders in turn, `number` calls at a time.

    Each is warmed up twice. The order turns by one place a round, so that nobody always
    finds the caches as one certain other left them.
    """
    wanted = {name: f for name, f in contenders.items() if settings.wants(name)}
    took = 0.0
    for call in wanted.values():
        timed(call, 1)
        took += timed(call, number) * number
    count = max(least, min(most, int(settings.seconds / max(took, 1e-9))))
    names = list(wanted)
    rounds: dict[str, list[float]] = {name: [] for name in names}
    with no_collections():
        for i in range(count):
            turn = i % max(len(names), 1)
            for name in names[turn:] + names[:turn]:
                rounds[name].append(timed(wanted[name], number))
            gc.collect()
    return Times(rounds)


class Prepared:
    """A call that needs something done before, which is not timed.

    Parameters
    ----------
    before
        Called once before each measurement; only single calls can be measured.
    """

    def __init__(self, before: Call, call: Call) -> None:
        self.before = before
        self.call = call

    def __call__(self) -> object:
        """Do both."""
        self.before()
        return self.call()


def timed(call: Call, number: int) -> float:
    """Return the seconds a call, over `number` calls."""
    if isinstance(call, Prepared):
        call.before()
        return timed(call.call, 1)
    start = time.perf_counter()
    for _ in range(number):
        call()
    return (time.perf_counter() - start) / number


@contextlib.contextmanager
def no_collections() -> Iterator[None]:
    """Keep the garbage collector from running at a time of its own choice.

    What exists already is frozen, so that the collections between rounds are cheap.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()

"""Ranks by critical path, and successors by rank: what freezing needs of a graph.

The loops over tasks and edges run in the engine (`lazydag.runtime.engine.order`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import UsageError
from lazydag.runtime.address import address_of
from lazydag.runtime.engine import words
from lazydag.runtime.engines import Engine
from lazydag.runtime.words import Words

# Costs are counted in these; no path is longer than a word can say.
PICOSECOND = 1e-12
LONGEST = 1 << 61


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Tasks ordered by the most costly path that begins with each.

    Attributes
    ----------
    order
        The tasks, best rank first. A task comes after all that it waits for.
    positions
        Rank of each task.
    starts, predecessors
        What each task waits for: ``predecessors[starts[t]:starts[t + 1]]``.
    in_degrees, out_degrees
        By task.
    seconds
        Duration of the critical path.
    """

    order: Words
    positions: Words
    starts: Words
    predecessors: Words
    in_degrees: Words
    out_degrees: Words
    seconds: float


def rank(
    engine: Engine, sources: Words, destinations: Words, costs: NDArray[np.float64]
) -> Ranking:
    """Order tasks by the cost of what follows them.

    Parameters
    ----------
    sources, destinations
        The edges.
    costs
        Seconds of each task.

    Raises
    ------
    UsageError
        If tasks wait for each other.

    Notes
    -----
    O(tasks + edges), and the sort.
    """
    if len(sources) == 0:
        return _unlinked(costs)
    count = len(costs)
    starts = np.zeros(count + 2, np.int64)
    predecessors = np.empty(len(sources), np.int64)
    left, distances = np.zeros(count, np.int64), np.zeros(count, np.int64)
    graph = {
        words.EDGES: len(sources),
        words.SOURCES: address_of(sources),
        words.DESTINATIONS: address_of(destinations),
        words.TASKS: count,
        words.PREDECESSORS: address_of(predecessors),
        words.STARTS: address_of(starts),
        words.OUT_DEGREES: address_of(left),
        words.COSTS: address_of(ticks := _ticks(costs)),
        words.DISTANCES: address_of(distances),
        words.STACK: address_of(stack := np.empty(count, np.int64)),
    }
    memory = graph_words(graph)
    engine.link(address_of(memory))
    out_degrees = left.copy()
    if engine.measure(address_of(memory)) < count:
        raise _cycle(left, sources, destinations)
    del ticks, stack
    order = np.argsort(-distances, kind="stable")
    positions = np.empty(count, np.int64)
    positions[order] = np.arange(count)
    return Ranking(
        order=order,
        positions=positions,
        starts=starts,
        predecessors=predecessors,
        in_degrees=np.diff(starts[: count + 1]),
        out_degrees=out_degrees,
        seconds=float(distances.max(initial=0)) * PICOSECOND,
    )


def successors(
    engine: Engine, ranking: Ranking, flags: Words
) -> tuple[Words, NDArray[np.int32]]:
    """Return where the successors of each rank begin, and the codes of all.

    Parameters
    ----------
    flags
        By rank: what codes say besides the rank.
    """
    count = len(ranking.order)
    firsts = np.zeros(count + 1, np.int64)
    if len(ranking.predecessors) == 0:
        return firsts, np.zeros(1, np.int32)
    np.cumsum(ranking.out_degrees[ranking.order], out=firsts[1:])
    codes = np.empty(len(ranking.predecessors), np.int32)
    graph = {
        words.TASKS: count,
        words.PREDECESSORS: address_of(ranking.predecessors),
        words.STARTS: address_of(ranking.starts),
        words.ORDER: address_of(ranking.order),
        words.POSITIONS: address_of(ranking.positions),
        words.FLAGS: address_of(flags),
        words.CURSORS: address_of(cursors := firsts.copy()),
        words.CODES: address_of(codes),
    }
    memory = graph_words(graph)
    engine.number(address_of(memory))
    del cursors
    return firsts, codes


def _unlinked(costs: NDArray[np.float64]) -> Ranking:
    """Rank tasks of which none waits for another."""
    count = len(costs)
    order = np.argsort(-costs, kind="stable")
    positions = np.empty(count, np.int64)
    positions[order] = np.arange(count)
    none = np.zeros(count, np.int64)
    return Ranking(
        order=order,
        positions=positions,
        starts=np.zeros(count + 1, np.int64),
        predecessors=np.zeros(0, np.int64),
        in_degrees=none,
        out_degrees=none,
        seconds=float(costs.max(initial=0.0)),
    )


def graph_words(values: dict[int, int]) -> Words:
    """Return the words of a graph being frozen."""
    memory = np.zeros(words.GRAPH >> 3, np.int64)
    for at, value in values.items():
        memory[at >> 3] = value
    return memory


def _ticks(costs: NDArray[np.float64]) -> Words:
    """Return costs as whole picoseconds from 1, so that paths grow strictly."""
    most = LONGEST // max(1, len(costs))
    return np.clip(costs / PICOSECOND, 1, most).astype(np.int64)


def _cycle(left: Words, sources: Words, destinations: Words) -> UsageError:
    """Describe tasks that wait for each other; those with a degree left lead there."""
    edges = zip(sources.tolist(), destinations.tolist(), strict=True)
    following = {a: b for a, b in edges if left[a] > 0 and left[b] > 0}
    path = [next(iter(following))]
    while (after := following[path[-1]]) not in path:
        path.append(after)
    cycle = [*path[path.index(after) :], after]
    shown = " -> ".join(map(str, cycle if len(cycle) < 10 else [*cycle[:8], "..."]))
    return UsageError(
        f"tasks wait for each other: {shown}",
        remedy="Give the tasks an order in which they could run one after the other.",
    )

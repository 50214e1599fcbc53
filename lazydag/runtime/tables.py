"""The arrays that the engine walks, made of a graph's columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.engine import words
from lazydag.runtime.engines import Engine
from lazydag.runtime.ranking import Ranking, rank, successors
from lazydag.runtime.words import Words, new_words

# A worker is awake this long after it was called.
WAKE_SECONDS = 40e-6
ROW_WORDS = words.ROW >> 3
GRID_WORDS = words.GRID >> 3


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Tasks and edges, by the caller's numbers.

    Attributes
    ----------
    kernels
        Addresses; 0 for a Python callable.
    blocks
        Address of the first argument block of each task, or of the word that holds its
        callable.
    ntiles, strides, grains
        Tiles, words from one tile's block to the next, tiles taken at a time.
    gated
        Whether a task holds the GIL.
    costs
        Seconds, 0 if unknown.
    sources, destinations
        The edges.
    """

    kernels: Words
    blocks: Words
    ntiles: Words
    strides: Words
    grains: Words
    gated: NDArray[np.bool_]
    costs: NDArray[np.float64]
    sources: Words
    destinations: Words


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """The arrays, by rank.

    Attributes
    ----------
    order
        Number of the task of each rank.
    rows, successors, degrees, grids
        As `lazydag.runtime.engine.words` lays them out.
    native, gated
        Words of each level of the two ready sets; the second may have no level.
    roots
        All levels as a run begins.
    root_ranges
        Ranges of tiles that are ready then.
    width
        Workers that can take part: 1 if there is nothing to share, or if all is done
        before another worker would be awake.
    seconds
        Estimated duration of the critical path.
    """

    order: Words
    rows: Words
    successors: NDArray[np.int32]
    degrees: NDArray[np.int32]
    grids: Words
    native: tuple[int, ...]
    gated: tuple[int, ...]
    roots: Words
    root_ranges: int
    width: int
    seconds: float

    @property
    def ngrids(self) -> int:
        """Number of tasks with several tiles."""
        return len(self.grids) // GRID_WORDS


def build(columns: Columns, engine: Engine) -> Tables:
    """Return the arrays of a graph.

    Raises
    ------
    UsageError
        If tasks wait for each other.
    """
    ranking = rank(engine, columns.sources, columns.destinations, columns.costs)
    order = ranking.order
    ntiles, gated = columns.ntiles[order], columns.gated[order]
    degrees = ranking.in_degrees[order]
    flags = np.where(degrees == 1, words.CODE_ONLY, 0)
    flags |= np.where(gated, words.CODE_GATED, 0)
    flags |= np.where(ntiles > 1, words.CODE_GRID, 0)
    firsts, codes = successors(engine, ranking, flags)
    roots = degrees == 0
    native_bits = bitmaps(roots & ~gated)
    gated_bits = bitmaps(roots & gated) if gated.any() else []
    ranges = -(-ntiles // columns.grains[order])
    return Tables(
        order=order,
        rows=_rows(columns, order, firsts),
        successors=codes,
        degrees=degrees.astype(np.int32),
        grids=_grids(columns, order, ntiles),
        native=tuple(map(len, native_bits)),
        gated=tuple(map(len, gated_bits)),
        roots=np.concatenate([*native_bits, *gated_bits]),
        root_ranges=int(ranges[roots].sum()),
        width=_width(columns, ranking, int(ranges[~gated].sum())),
        seconds=ranking.seconds,
    )


def bitmaps(members: NDArray[np.bool_]) -> list[Words]:
    """Return the levels of a ready set."""
    levels: list[Words] = []
    while not levels or len(levels[-1]) > 1:
        if levels:
            members = levels[-1] != 0
        level = np.zeros(max(1, -(-len(members) // 64)), np.int64)
        packed = np.packbits(members, bitorder="little")
        level.view(np.uint8)[: len(packed)] = packed
        levels.append(level)
    return levels


def _rows(columns: Columns, order: Words, firsts: Words) -> Words:
    count = len(order)
    memory = new_words((count + 1) * ROW_WORDS)
    rows = memory.reshape(-1, ROW_WORDS)
    ntiles = columns.ntiles[order]
    is_grid = ntiles > 1
    shapes = np.where(ntiles == 0, words.SHAPE_EMPTY, words.SHAPE_ONE)
    shapes[is_grid] = np.arange(1, 1 + np.count_nonzero(is_grid))
    rows[:count, words.KERNEL >> 3] = columns.kernels[order]
    rows[:count, words.BLOCK >> 3] = columns.blocks[order]
    rows[:, words.FIRST >> 3] = firsts
    rows[:count, words.SHAPE >> 3] = shapes
    return memory


def _grids(columns: Columns, order: Words, ntiles: Words) -> Words:
    own = order[ntiles > 1]
    grids = np.zeros((len(own), GRID_WORDS), np.int64)
    grids[:, words.GRID_NTILES >> 3] = columns.ntiles[own]
    grids[:, words.GRID_STRIDE >> 3] = 8 * columns.strides[own]
    grids[:, words.GRID_GRAIN >> 3] = columns.grains[own]
    return grids.reshape(-1)


def _width(columns: Columns, ranking: Ranking, ranges: int) -> int:
    seconds = float(columns.costs.sum())
    if 0 < seconds < WAKE_SECONDS:
        return 1
    count = len(columns.costs)
    # Only along a chain is each task's predecessor the one before it by rank.
    if len(columns.sources) >= count - 1 and int(columns.ntiles.max(initial=0)) <= 1:
        before = ranking.order[:-1]
        degrees = ranking.out_degrees[before]
        if bool((degrees == 1).all()) and bool((ranking.in_degrees <= 1).all()):
            return 1
    return max(1, ranges + int(columns.gated.any()))

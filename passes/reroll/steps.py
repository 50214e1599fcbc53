"""What the repeated parts of a graph have in common, and what differs.

Each source of each node of a part is one of four: a node of the same part, one of a
part before, a value from outside that is the same for all parts, or one that varies
and that a table or the rows of an array can give.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lazydag.ir.attrs import SliceAttrs
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS
from lazydag.passes.reroll.listing import Ints, Listing, is_given
from lazydag.passes.reroll.periods import Run

_WRITE = OPS["write"]

# A value is carried over so many parts at most, and so many parts are left written out
# at the front until all is regular.
MOST_AGE = 4
MOST_IRREGULAR = 3

#: A node of a part by its place in it, and from how many parts ago.
Carry = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Steps:
    """Parts that a loop can stand for.

    Parameters
    ----------
    start, period, count : int
        Where the first part begins, nodes of a part, and how many parts there are.
    inside : dict of int to int
        By its position in a row of sources: the place of a node of the same part.
    carried : dict of int to Carry
        Sources from parts before.
    outside : dict of int to int
        Positions in the listing of values that all parts use.
    tables : dict of int to list of int
        Positions in the listing of the constants of each part.
    moving : dict of int to int
        Places of slices of one value that start elsewhere in each part, and the axis
        along which.
    looked_up : dict of int to int
        Places of slices that do, of values that the parts make, and the axis.
    stacked : dict of int to int
        Places of writes that do, of rows into what nothing in the parts reads, and the
        axis.
    first : dict of Carry to int
        Positions in the listing of the values before the first part.
    """

    start: int
    period: int
    count: int
    inside: dict[int, int] = field(default_factory=dict)
    carried: dict[int, Carry] = field(default_factory=dict)
    outside: dict[int, int] = field(default_factory=dict)
    tables: dict[int, list[int]] = field(default_factory=dict)
    moving: dict[int, int] = field(default_factory=dict)
    looked_up: dict[int, int] = field(default_factory=dict)
    stacked: dict[int, int] = field(default_factory=dict)
    first: dict[Carry, int] = field(default_factory=dict)

    @property
    def stop(self) -> int:
        """Position behind the last part."""
        return self.start + self.period * self.count


def find_steps(listing: Listing, run: Run, least: int) -> Steps | None:
    """Return what a run's parts have in common; None if they are no loop.

    Parts at the front that use other values than the rest are left out.
    """
    start, count = run.start, run.count
    while count >= least and start <= run.start + MOST_IRREGULAR * run.period:
        found = _matched(listing, start, run.period, count)
        if not isinstance(found, int):
            return found
        start, count = start + found * run.period, count - found
    return None


def varying_constants(listing: Listing, run: Run) -> list[int]:
    """Return which sources of a part are constants that differ between the last two."""
    where = listing.sources_of(run.start, run.period, run.count)
    is_front = where[-1] < listing.first
    return np.flatnonzero(is_front & (where[-1] != where[-2])).tolist()


def at_narrowest(listing: Listing, run: Run) -> Run:
    """Return a run whose parts begin where the least is carried from part to part."""
    period = run.period
    start = run.start + (run.count // 2 - 1) * period
    last = {}
    for user in range(start, min(run.stop, start + (1 + MOST_AGE) * period)):
        for at in listing.sources[listing.begins[user] : listing.begins[user + 1]]:
            last[int(at)] = user
    weight = np.zeros(period + 1, np.int64)
    for at in range(start, start + period):
        # Whatever is longer in use crosses each place as often.
        length = (last.get(at, at) - at) % period
        nbytes = listing.order[at].type.nbytes + 1
        first = (at + 1 - run.start) % period
        weight[first] += nbytes
        weight[min(period, first + length)] -= nbytes
        if first + length > period:
            weight[0] += nbytes
            weight[first + length - period] -= nbytes
    shift = int(np.argmin(np.cumsum(weight[:period])))
    return Run(run.start + shift, run.stop, period)


def _matched(
    listing: Listing, start: int, period: int, count: int
) -> Steps | int | None:
    """Return the steps, or how many parts at the front to leave out, or None."""
    steps = Steps(start, period, count)
    where = listing.sources_of(start, period, count)
    bases = start + period * np.arange(count)[:, None]
    relative = where - bases
    is_relative = (relative[-1] == relative[-2]) & (where[-1] >= listing.first)
    is_absolute = where[-1] == where[-2]
    late = 0
    for column in range(where.shape[1]):
        distance = int(relative[-1, column])
        if is_relative[column]:
            age = 0 if distance >= 0 else -(distance // period)
            if age > MOST_AGE:
                return None
            late = max(late, _irregular(relative[:, column]) - age)
            if age:
                steps.carried[column] = distance + age * period, age
            else:
                steps.inside[column] = distance
        elif is_absolute[column]:
            late = max(late, _irregular(where[:, column]))
            if where[-1, column] >= start:
                late = max(late, 1)
            steps.outside[column] = int(where[-1, column])
        elif _are_constants(listing, where[:, column]):
            steps.tables[column] = where[:, column].tolist()
        else:
            return None
    used = (listing.used_behind(start, steps.stop) - start) // period
    early = used[used < count - MOST_AGE]
    late = max(late, int(early.max(initial=-1)) + 1)
    if late:
        return late
    if not _find_moving(listing, steps, used) or not _find_first(steps, where):
        return 1
    return steps


def _irregular(column: Ints) -> int:
    """Return how many entries come before all are as the last one."""
    differs = np.flatnonzero(column != column[-1])
    return int(differs[-1]) + 1 if len(differs) else 0


def _are_constants(listing: Listing, places: Ints) -> bool:
    nodes = [listing.order[place] for place in places.tolist()]
    type_ = nodes[0].type
    return all(is_constant(node) and node.type == type_ for node in nodes)


def is_constant(node: Node) -> bool:
    """Tell whether a node is a constant, or one in a shape."""
    return is_given(node) and (bool(node.srcs) or node.op.name == "const")


def _find_moving(listing: Listing, steps: Steps, used: Ints) -> bool:
    """Find slices and writes whose starts differ; False if one is not of rows."""
    columns = listing.begins[steps.start :][: steps.period]
    for place in moving_places(listing, steps.start, steps.period, steps.count):
        column = int(columns[place] - columns[0])
        axis = _axis_of_rows(listing, steps.start + place, steps.period, steps.count)
        if axis is None:
            return False
        if listing.order[steps.start + place].op is not _WRITE:
            is_row = column in steps.outside
            (steps.moving if is_row else steps.looked_up)[place] = axis
        elif _is_only_written(steps, place, column):
            steps.stacked[place] = axis
        else:
            return False
    # Only the last of the writes is what has been stacked.
    return not steps.stacked or bool((used >= steps.count - 1).all())


def moving_places(listing: Listing, start: int, period: int, count: int) -> list[int]:
    """Return the places of slices and writes that start elsewhere in some parts."""
    exact = listing.exact[start : start + period * count].reshape(count, period)
    return np.flatnonzero((exact != exact[0]).any(axis=0)).tolist()


def _is_only_written(steps: Steps, place: int, column: int) -> bool:
    """Tell whether a write's result is the base of the next one, and no more."""
    reads = [c for c, (p, _) in steps.carried.items() if p == place]
    is_read = place in steps.inside.values() or reads != [column]
    return not is_read and steps.carried[column] == (place, 1)


def _axis_of_rows(listing: Listing, at: int, period: int, count: int) -> int | None:
    """Return the axis along which slices are one row after the other, if they are."""
    starts = []
    for position in range(at, at + period * count, period):
        attrs = listing.order[position].attrs
        assert isinstance(attrs, SliceAttrs)
        starts.append(attrs.starts)
    moves = np.diff(np.array(starts, np.int64), axis=0)
    axes = np.flatnonzero(moves.any(axis=0))
    assert isinstance(attrs, SliceAttrs)
    if len(axes) != 1 or (moves != moves[0]).any() or attrs.counts[int(axes[0])] != 1:
        return None
    return int(axes[0])


def _find_first(steps: Steps, where: Ints) -> bool:
    """Find the values before the first part; False if two uses disagree."""
    for column, (place, age) in steps.carried.items():
        for part in range(age):
            if part >= steps.count:
                break
            found = int(where[part, column])
            if steps.first.setdefault((place, age - part), found) != found:
                return False
    return True

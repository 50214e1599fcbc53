"""Timelines in the trace event format, which Perfetto and Chrome show.

See "Trace Event Format" by the Chromium authors: slices are ``X`` events, arrows pairs
of ``s`` and ``f``, counters ``C`` and names ``M``; times are microseconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np

from lazydag.explain.arrows import dependencies, ready_tasks
from lazydag.explain.tracks import FIRST_TRACK, Placement, placement
from lazydag.runtime.tasklist import Label
from lazydag.runtime.timeline import Timeline

# Events that are turned to text together: some megabytes.
_AT_ONCE = 1 << 14
_MOST_COUNTS = 10_000
# What a slice says of its outcome: an argument, and a colour.
_OUTCOMES = (
    ("", ""),
    (',"outcome":"failed"', ',"cname":"terrible"'),
    (',"outcome":"skipped"', ',"cname":"grey"'),
)
_SLICE = (
    '{"ph":"X","ts":%d.%03d,"dur":%d.%03d,"tid":%d,"args":'
    '{"run":%d,"task":%d,"tiles":%d,"read":%d,"written":%d%s'
)
# An end of an arrow; the end where it points to is of the slice around it.
_ARROW = (
    '{"ph":"%s","pid":%d,"id":%%d,"tid":%%d,"ts":%%d.%%03d,'
    '"name":"after","cat":"after","bp":"e"}'
)
_ARGUMENTS = ("run", "task", "tiles", "read", "written")


def write_chrome(timeline: Timeline, file: IO[str], title: str) -> None:
    """Write a timeline as one JSON object.

    Parameters
    ----------
    title
        What the process is called.

    Notes
    -----
    Slices of one track come by start. Memory does not grow with the length of the file,
    apart from some numbers an event.
    """
    placed = placement(timeline)
    origin = timeline.start_ns
    parts = chain(
        _names(placed, title),
        _slices(timeline, placed, origin),
        _arrows_and_ready_tasks(timeline, placed, origin),
        _gauges(timeline, origin),
    )
    file.write('{"displayTimeUnit":"ns","otherData":')
    json.dump({"producer": "lazydag", "dropped_events": timeline.dropped}, file)
    file.write(',"traceEvents":[\n')
    separator = ""
    for part in parts:
        file.write(separator)
        file.write(part)
        separator = ",\n"
    file.write("\n]}\n")


def _names(placed: Placement, title: str) -> Iterator[str]:
    yield _event("M", 0, name="process_name", args={"name": title})
    for tid, name in enumerate(placed.names, FIRST_TRACK):
        yield _event("M", tid, name="thread_name", args={"name": name})
        yield _event("M", tid, name="thread_sort_index", args={"sort_index": tid})


def _slices(timeline: Timeline, placed: Placement, origin: int) -> Iterator[str]:
    """Yield the slices, many in one text."""
    ends = [_end(label, *each) for label in timeline.labels for each in _OUTCOMES]
    for begin in range(0, len(placed.order), _AT_ONCE):
        own = placed.order[begin : begin + _AT_ONCE]
        rows = timeline.rows[own]
        starts = placed.starts[own]
        columns = (
            *np.divmod(starts - origin, 1000),
            *np.divmod(placed.ends[own] - starts, 1000),
            placed.tids[own],
            *(rows[name] for name in _ARGUMENTS),
        )
        kinds = rows["label"] * len(_OUTCOMES) + rows["outcome"]
        texts = [ends[kind] for kind in kinds.tolist()]
        slices = zip(*(column.tolist() for column in columns), texts, strict=True)
        yield ",\n".join([_SLICE % each for each in slices])


def _end(label: Label, argument: str, colour: str) -> str:
    """Return the end of a slice's text, which is the same for all that are alike."""
    line = ""
    if label.source is not None:
        where = f"{Path(label.source.file).name}:{label.source.line}"
        line = f',"line":{json.dumps(where)}'
    name = f'"name":{json.dumps(label.name)},"cat":"{label.kind}"'
    return f'{argument}{line}}},{name},"pid":{os.getpid()}{colour}}}'


def _arrows_and_ready_tasks(
    timeline: Timeline, placed: Placement, origin: int
) -> Iterator[str]:
    found = dependencies(timeline)
    before = found.last[found.sources]
    after = found.first[found.destinations]
    # Arrows belong to the slice around their ends, which the end of a slice is not in.
    leaving = np.maximum(placed.starts[before], placed.ends[before] - 1)
    for phase, rows, times in (
        ("s", before, leaving),
        ("f", after, placed.starts[after]),
    ):
        columns = (placed.tids[rows], *np.divmod(times - origin, 1000))
        text = _ARROW % (phase, os.getpid())
        ends = zip(range(len(rows)), *(each.tolist() for each in columns), strict=True)
        yield from (text % each for each in ends)
    yield from _counts(
        "ready tasks", ready_tasks(timeline, found, _MOST_COUNTS), origin
    )


def _gauges(timeline: Timeline, origin: int) -> Iterator[str]:
    for name, values in timeline.gauges.items():
        yield from _counts(name, values, origin)


def _counts(
    name: str, values: Iterable[tuple[int, float]], origin: int
) -> Iterator[str]:
    for time, value in values:
        at = _us(max(0, time - origin))
        yield _event("C", 0, name=name, ts=at, args={name: value})


def _us(ns: int) -> float:
    return ns / 1000


def _event(phase: str, tid: int, **fields: Any) -> str:
    event = {"ph": phase, "pid": os.getpid(), "tid": tid, **fields}
    return json.dumps(event, separators=(",", ":"))

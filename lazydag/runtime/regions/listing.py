"""The tasks of a region as those who show them want them, and what runs measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lazydag.runtime.regions.places import OBJECT
from lazydag.runtime.tasklist import Edges, Label, TaskList, Words

if TYPE_CHECKING:
    from lazydag.runtime.events import RunReport
    from lazydag.runtime.native import NativeCall
    from lazydag.runtime.regions.places import Place
    from lazydag.runtime.regions.recording import Recording
    from lazydag.runtime.regions.templates import Site


def label_of(site: Site, places: tuple[Place, ...]) -> Label:
    """Return what displays say of the tasks of a site.

    Parameters
    ----------
    places
        The operands of one of them.
    """
    template = site.template
    if template.native is not None:
        work = template.native.work
        read, written = int(work.nbytes_read), int(work.nbytes_written)
        return Label(template.name, "kernel", site.source, read, written)
    read = written = 0
    for place, (mode, _) in zip(places, template.accesses, strict=True):
        nbytes = 0 if place.layout == OBJECT else place.value.nbytes
        read += nbytes * mode.reads
        written += nbytes * mode.writes
    return Label(template.name, "task", site.source, read, written)


def joined(parts: Sequence[TaskList]) -> TaskList:
    """Return the tasks of several lists, each begun when the last has ended."""
    if len(parts) == 1:
        return parts[0]
    starts = np.cumsum([0, *map(len, parts)])
    bases = np.cumsum([0, *(len(part.labels) for part in parts)])
    edges = [*_inner(parts, starts), *_between(parts, starts)]
    return TaskList(
        labels=[label for part in parts for label in part.labels],
        label=_concatenated(
            [part.label + base for part, base in zip(parts, bases, strict=False)]
        ),
        costs=np.concatenate([np.empty(0), *(part.costs for part in parts)]),
        tiles=_concatenated([part.tiles for part in parts]),
        edges=(
            _concatenated([sources for sources, _ in edges]),
            _concatenated([ends for _, ends in edges]),
        ),
    )


def _concatenated(arrays: Sequence[Words]) -> Words:
    return np.concatenate([np.empty(0, np.int64), *arrays])


def _inner(parts: Sequence[TaskList], starts: Words) -> Iterator[Edges]:
    for part, start in zip(parts, starts, strict=False):
        sources, ends = part.edges
        yield sources + start, ends + start


def _between(parts: Sequence[TaskList], starts: Words) -> Iterator[Edges]:
    """Yield edges from the last tasks of each part to the first ones of the next."""
    for number, (part, after) in enumerate(pairwise(parts)):
        last = np.setdiff1d(np.arange(len(part)), part.edges[0]) + starts[number]
        first = np.setdiff1d(np.arange(len(after)), after.edges[1]) + starts[number + 1]
        yield np.repeat(last, len(first)), np.tile(first, len(last))


def measured(
    recording: Recording, report: RunReport
) -> Iterator[tuple[NativeCall, float]]:
    """Yield the native calls of a run, with the median seconds that each took."""
    columns = report.columns
    seconds = (columns.end_ns - columns.start_ns) * 1e-9
    label = report.tasks.label[columns.task]
    for site in np.unique(label):
        chosen = label == site
        task = int(columns.task[np.argmax(chosen)])
        native = recording.sites[task].template.native
        if native is not None:
            yield native, float(np.median(seconds[chosen]))

"""Plans of regions: dependencies found, arrays frozen, kept by structure."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.runtime.address import address_of
from lazydag.runtime.alias import Region
from lazydag.runtime.alias.recorder import Recorder
from lazydag.runtime.freeze import FrozenGraph
from lazydag.runtime.regions.listing import label_of
from lazydag.runtime.regions.places import OBJECT, Place
from lazydag.runtime.regions.running import call_of

if TYPE_CHECKING:
    from lazydag.runtime.alias import Part
    from lazydag.runtime.native import NativeCall
    from lazydag.runtime.regions.recording import Recording
    from lazydag.runtime.regions.templates import Access, Site
    from lazydag.runtime.tasklist import Label

Words: TypeAlias = NDArray[np.int64]

# Reading the events of a run takes some 100 µs.
LEARN_EVERY: Final = 64
# Tasks of all plans that are kept: some 300 bytes each.
KEPT_TASKS: Final = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class RegionPlan:
    """A recording made ready to run, for any buffers.

    Parameters
    ----------
    frozen
        Its slots are the region's buffers, and at last the number of the run.
    nbuffers
        How many buffers the region had then.
    has_natives
        Whether there are native kernels among the tasks.
    assumed
        How many pairs of accesses count as overlapping for want of proof.
    others
        What hosts keep of it: plans for other devices.
    """

    frozen: FrozenGraph
    nbuffers: int
    has_natives: bool
    assumed: int
    others: dict[str, Any] = field(default_factory=dict)
    _runs: Iterator[int] = field(default_factory=itertools.count)

    def is_telling(self) -> bool:
        """Whether the run that has ended is one of those that costs are taken from."""
        return next(self._runs) % LEARN_EVERY == 0


def make_plan(recording: Recording) -> RegionPlan:
    """Find the dependencies of a recording, and freeze it.

    Raises
    ------
    DTypeError
        If an array holds Python objects, so that its bytes say nothing.
    """
    recorder = Recorder()
    numbers = _Numbers(recorder)
    whole, find = numbers.whole, numbers.find
    for task, (site, places) in enumerate(
        zip(recording.sites, recording.operands, strict=True)
    ):
        accesses = []
        for place, access in zip(places, site.template.accesses, strict=True):
            mode, part = access
            number = whole.get(place.number) if part is None else None
            accesses.append((find(place, access) if number is None else number, mode))
        recorder.add(task, accesses)
    edges = _with_waits(recorder.edges(), recording)
    return RegionPlan(
        frozen=_freeze(recording, edges),
        nbuffers=len(recording.places.buffers.owners),
        has_natives=len(recording.calls) < len(recording),
        assumed=len(recorder.assumed()),
    )


class _Numbers:
    """The recorder's numbers of the places of a region, and of parts of them."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        #: Of whole places, by the places' own numbers.
        self.whole: dict[int, int] = {}
        self._parts: dict[tuple[int, int], int] = {}

    def find(self, place: Place, access: Access) -> int:
        """Return the number of what is accessed of a place."""
        part = access[1]
        if part is None:
            found = self.whole[place.number] = self._number(place, part)
            return found
        # Accesses are those of a few templates: their identity is quick to hash.
        key = place.number, id(access)
        known = self._parts.get(key)
        if known is None:
            known = self._parts[key] = self._number(place, part)
        return known

    def _number(self, place: Place, part: Part) -> int:
        if place.layout != OBJECT:
            return self._recorder.number(place.value, part)
        return self._recorder.number_of(Region.dense(("object", place.buffer), 0, 1))


def _with_waits(
    edges: tuple[Words, Words], recording: Recording
) -> tuple[Words, Words]:
    """Add the edges from tasks to those that take their results."""
    pairs = [
        (before, task) for task, waits in recording.waits.items() for before in waits
    ]
    if not pairs:
        return edges
    both = np.concatenate([np.stack(edges), np.array(pairs, np.int64).T], axis=1)
    sources, destinations = np.unique(both, axis=1)
    return sources, destinations


def _freeze(recording: Recording, edges: tuple[Words, Words]) -> FrozenGraph:
    count = len(recording)
    kernels, blocks = np.zeros(count, np.int64), np.zeros(count, np.int64)
    label, costs = np.zeros(count, np.int64), np.zeros(count)
    labels: list[Label] = []
    keep: list[object] = []
    for site, tasks in _by_site(recording):
        native = site.template.native
        label[tasks] = len(labels)
        labels.append(label_of(site, recording.operands[tasks[0]]))
        costs[tasks] = site.template.seconds
        if native is not None:
            rows = _rows(recording, native, tasks)
            kernels[tasks] = native.kernel
            blocks[tasks] = address_of(rows) + rows.strides[0] * np.arange(len(tasks))
            keep.append((native, rows))
    nbuffers = len(recording.places.buffers.owners)
    return FrozenGraph.from_arrays(
        kernels=kernels,
        blocks=blocks,
        edges=edges,
        costs=costs,
        calls={task: partial(call_of, 8 * nbuffers, task) for task in recording.calls},
        # They let go of the interpreter's lock where they compute in NumPy.
        holds_gil=np.zeros(count, np.bool_),
        nslots=nbuffers + 1,
        keep=keep,
        labels=labels,
        label=label,
        name=recording.name,
    )


def _by_site(recording: Recording) -> list[tuple[Site, list[int]]]:
    grouped: dict[int, tuple[Site, list[int]]] = {}
    for task, site in enumerate(recording.sites):
        found = grouped.get(site.number)
        if found is None:
            found = grouped[site.number] = (site, [])
        found[1].append(task)
    return list(grouped.values())


def _rows(recording: Recording, native: NativeCall, tasks: list[int]) -> Words:
    """Return the argument blocks of tasks of one native call, one a row."""
    operands = recording.operands
    numbers = np.array([[place.number for place in operands[task]] for task in tasks])
    buffers, offsets = recording.places.columns()
    return native.blocks(buffers[numbers], offsets[numbers])


class PlanCache:
    """Plans by the structure of their recordings; the least used are dropped."""

    def __init__(self, kept_tasks: int = KEPT_TASKS) -> None:
        self._kept_tasks = kept_tasks
        self._tasks = 0
        self._plans: OrderedDict[object, tuple[RegionPlan, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._plans)

    def plan(self, recording: Recording) -> RegionPlan:
        """Return the plan of a recording, made before if possible."""
        key = recording.key()
        with self._lock:
            found = self._plans.get(key)
            if found is not None:
                self._plans.move_to_end(key)
                return found[0]
        made = make_plan(recording)
        with self._lock:
            if key not in self._plans:
                self._plans[key] = (made, len(recording))
                self._tasks += len(recording)
            while self._tasks > self._kept_tasks and len(self._plans) > 1:
                self._tasks -= self._plans.popitem(last=False)[1][1]
        return made

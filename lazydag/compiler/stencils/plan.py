"""Planning sweeps: slots, frames, and the kernels of each sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from lazydag.backends.backend import Backend
from lazydag.compiler.stencils.frames import Frame
from lazydag.compiler.stencils.lines import SHOWN, Line, copied, line, margins
from lazydag.compiler.views import contiguous_strides
from lazydag.ir.attrs import StencilAttrs
from lazydag.ir.graph import Graph, make_graph
from lazydag.ir.types import DType
from lazydag.runtime import Role, Slot, View


@dataclass(slots=True, eq=False)
class Arrays:
    """Where all arrays of a stencil lie.

    Slots are those of the sources, of the wanted results, of the frames, and one for
    blocks that are made on the way.

    Parameters
    ----------
    attrs : StencilAttrs
        The stencil, with a simplified body.
    sources : sequence of View
        How the sources lie, each in the slot of its number.
    wanted : sequence of int
        Which results.
    """

    attrs: StencilAttrs
    sources: Sequence[View]
    wanted: Sequence[int]
    results: list[View] = field(default_factory=list)
    frames: dict[tuple[int, int], Frame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        outputs = self.attrs.body.outputs
        for result in self.wanted:
            dtype: DType = outputs[result].type.dtype
            strides = contiguous_strides(self.shape, dtype)
            slot = len(self.sources) + len(self.results)
            self.results.append(View(slot, dtype, self.shape, strides))
        for source, turns in self._framed():
            for turn in range(turns):
                self.frames[source, turn] = self._frame(source)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the arrays."""
        return self.sources[0].shape

    @property
    def carries(self) -> int:
        """How many sources are swept more than once."""
        return len(self.attrs.body.outputs) if self.attrs.steps > 1 else 0

    @property
    def block_slot(self) -> int:
        """The slot of blocks."""
        return len(self.sources) + len(self.results) + len(self.frames)

    def slots(self, block_nbytes: int) -> tuple[Slot, ...]:
        """Return the slots; frames go from one task graph to the next."""
        sizes = [_nbytes(view) for view in (*self.sources, *self.results)]
        sizes += [frame.nbytes for frame in self.frames.values()]
        return tuple(Slot(nbytes, Role.PARAM) for nbytes in (*sizes, block_nbytes))

    def _framed(self) -> Iterator[tuple[int, int]]:
        """Yield the sources that need margins, and in how many frames they lie."""
        far = {s for s, *offsets in self.attrs.neighbours if any(offsets)}
        for source in range(len(self.sources)):
            if source < self.carries:
                yield source, 2
            elif source in far:
                yield source, 1

    def _frame(self, source: int) -> Frame:
        slot, radius = self.block_slot, self.attrs.radius
        return Frame(slot, self.sources[source].dtype, self.shape, radius)

    def neighbour(self, number: int, turn: int, rows: int) -> View:
        """Return what the body's parameter is of the first rows, in a sweep."""
        source, *offsets = self.attrs.neighbours[number]
        given = self.sources[source]
        frame = self.frames.get((source, turn if source < self.carries else 0))
        if frame is not None:
            return frame.whole(0, rows, offsets)
        shape = (rows, *self.shape[1:])
        strides = given.strides if given.shape else (0,) * len(shape)
        return replace(given, shape=shape, strides=strides)


@dataclass(slots=True, eq=False)
class Kernels:
    """The lines of each sweep; those of equal sweeps are made once."""

    arrays: Arrays
    backend: Backend
    is_ring: bool
    _known: dict[tuple[int, bool], list[Line]] = field(default_factory=dict)
    _margins: dict[Frame, list[Line]] = field(default_factory=dict)

    def first(self) -> list[Line]:
        """Return the lines that fill the frames."""
        found = []
        for (source, turn), frame in self.arrays.frames.items():
            if turn == 0:
                rows = min(SHOWN, frame.shape[0])
                given = self.arrays.sources[source]
                shown = replace(given, shape=(rows, *given.shape[1:]))
                found.append(copied(self.backend, shown, frame))
                found += self.margins(frame)
        return found

    def sweep(self, number: int) -> list[Line]:
        """Return the lines of a sweep, counted from 1."""
        is_last = number == self.arrays.attrs.steps
        key = number % 2, is_last
        if key not in self._known:
            self._known[key] = list(self._sweep(number % 2, is_last=is_last))
        return self._known[key]

    def _sweep(self, turn: int, *, is_last: bool) -> Iterator[Line]:
        arrays, count = self.arrays, self.arrays.shape[0]
        body, rows = arrays.attrs.body, min(SHOWN, count)
        inputs = [arrays.neighbour(i, 1 - turn, rows) for i in range(len(body.params))]
        if is_last:
            shown = [replace(v, shape=(rows, *v.shape[1:])) for v in arrays.results]
            given = giving(body, arrays.wanted)
            yield line(self.backend, given, inputs, shown, (0, count))
            return
        frames = [arrays.frames[carry, turn] for carry in range(arrays.carries)]
        outputs = [frame.whole(0, rows) for frame in frames]
        yield line(self.backend, body, inputs, outputs, (0, count))
        for frame in frames:
            yield from self.margins(frame)

    def margins(self, frame: Frame) -> list[Line]:
        """Return the lines that make a frame's margins."""
        if frame not in self._margins:
            boundary = self.arrays.attrs.boundary
            made = margins(self.backend, frame, boundary, is_ring=self.is_ring)
            self._margins[frame] = list(made)
        return self._margins[frame]


def giving(body: Graph, outputs: Sequence[int]) -> Graph:
    """Return a body with some of its outputs."""
    wanted = [body.outputs[i] for i in outputs]
    return make_graph(
        body.name, body.params, wanted, body.stage, param_names=body.param_names
    )


def _nbytes(view: View) -> int:
    return max(view.span()[1], prod(view.shape) * view.dtype.itemsize)

"""Sweeps over whole arrays: kernels for all rows at once, as devices want them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lazydag.compiler.stencils.frames import Frame
from lazydag.compiler.stencils.lines import beyond, copy_of, made_of
from lazydag.compiler.stencils.plan import Arrays, giving
from lazydag.ir.attrs import ConstAttrs
from lazydag.ir.boundaries import fill_of
from lazydag.ir.graph import Graph, Stage, make_graph
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.runtime import View

#: A kernel: its body, what it reads, and what it writes.
Made: TypeAlias = tuple[Graph, list[View], list[View]]


@dataclass(frozen=True, slots=True)
class WholeSweeps:
    """The kernels of each sweep, over views in the slots of `Arrays`."""

    arrays: Arrays

    def first(self) -> Iterator[Made]:
        """Yield what fills the frames."""
        for (source, turn), frame in self.arrays.frames.items():
            yield from self._filled(frame)
            if turn == 0:
                rows = frame.shape[0]
                given = self.arrays.sources[source]
                yield copy_of(frame.dtype), [given], [frame.whole(0, rows)]
                yield from self._margins(frame)

    def sweep(self, number: int) -> Iterator[Made]:
        """Yield what makes a sweep, counted from 1."""
        arrays, turn = self.arrays, number % 2
        body, rows = arrays.attrs.body, arrays.shape[0]
        inputs = [arrays.neighbour(i, 1 - turn, rows) for i in range(len(body.params))]
        if number == arrays.attrs.steps:
            yield giving(body, arrays.wanted), inputs, arrays.results
            return
        frames = [arrays.frames[carry, turn] for carry in range(arrays.carries)]
        yield body, inputs, [frame.whole(0, rows) for frame in frames]
        for frame in frames:
            yield from self._margins(frame)

    def _margins(self, frame: Frame) -> Iterator[Made]:
        """Yield what makes the margins of what has been computed."""
        boundary, rows = self.arrays.attrs.boundary, frame.shape[0]
        for axis in range(len(frame.shape) - 1, 0, -1):
            for run in frame.runs(axis, boundary[axis]):
                yield beyond(frame, axis, run, rows)
        for run in frame.runs(0, boundary[0]):
            views = [_rows(frame, at, run.count, run.step) for at in run.sources]
            body = made_of(run.sources, run.first, rows, frame.dtype)
            yield body, views, [_rows(frame, run.first, run.count)]

    def _filled(self, frame: Frame) -> Iterator[Made]:
        """Yield what writes the margins that are constant."""
        outer = [n + 2 * w for n, w in zip(frame.shape, frame.widths, strict=True)]
        for axis in reversed(range(len(frame.shape))):
            value, width = fill_of(self.arrays.attrs.boundary[axis]), frame.widths[axis]
            if value is None or not width:
                continue
            counts = [*outer[:axis], width, *outer[axis + 1 :]]
            body = _constant(value, frame.dtype)
            for start in (-width, frame.shape[axis]):
                starts = [-w for w in frame.widths]
                starts[axis] = start
                yield body, [], [frame.view(starts, counts)]


def _rows(frame: Frame, first: int, count: int, step: int = 1) -> View:
    """Return rows with their margins."""
    inner = list(zip(frame.shape[1:], frame.widths[1:], strict=True))
    starts = [first, *(-w for _, w in inner)]
    counts = [count, *(n + 2 * w for n, w in inner)]
    return frame.view(starts, counts, [step, *[1] * len(inner)])


def _constant(value: float, dtype: np.dtype[np.generic]) -> Graph:
    data = np.array(value).astype(dtype).tobytes()
    node = make(OPS["const"], attrs=ConstAttrs(data, dtype))
    return make_graph("fill", [], [node], Stage.SIMPLIFIED)

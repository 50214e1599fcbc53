"""Lines: kernels for any range of rows, as `lazydag.backends.cpu.sweeps` runs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.backend import Backend
from lazydag.backends.cpu.sweeps import LINE_WORDS
from lazydag.compiler.stencils.frames import Frame, Run
from lazydag.errors import UnsupportedError
from lazydag.ir.attrs import ConstAttrs
from lazydag.ir.boundaries import distance, sources
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.types import ArrayType, DType
from lazydag.runtime import KernelTask, View, address_of

Words: TypeAlias = NDArray[np.int64]

#: Rows that a kernel is made for: two of them tell what changes from row to row.
SHOWN = 2


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A kernel for a range of rows.

    Parameters
    ----------
    task : KernelTask
        The kernel, with the blocks of rows 0 and 1.
    first, last : int
        The rows that it is for.
    """

    task: KernelTask
    first: int
    last: int

    @property
    def words(self) -> Words:
        """The block of row 0."""
        first: Words = self.task.blocks[0]
        return first

    @property
    def changes(self) -> Words:
        """What the block changes by from row to row."""
        blocks = self.task.blocks
        found: Words = blocks[-1] - blocks[0]
        return found

    @property
    def unit(self) -> int:
        """Elements of a row in the first word; 0 if that never changes."""
        blocks = self.task.blocks
        return int(blocks[0, 0]) if len(blocks) > 1 else 0


@dataclass(slots=True, eq=False)
class Table:
    """Lines in their order, as words for the kernel that runs them.

    Parameters
    ----------
    count : int
        Number of rows; where they go round, each line is there for both rounds.
    """

    count: int
    is_ring: bool
    rows: list[list[int]] = field(default_factory=list)
    keep: list[object] = field(default_factory=list)
    most_words: int = 0
    meanings: dict[int, str] = field(default_factory=dict)

    def add(self, line: Line, skew: int) -> None:
        """Append a line."""
        words, changes = line.words, line.changes
        self.keep += [line.task, words, changes]
        self.most_words = max(self.most_words, len(words))
        self.meanings.update(line.task.meanings)
        for shift in (0, self.count) if self.is_ring else (0,):
            first, last = line.first + shift, line.last + shift
            ends = [line.unit, skew, first, last, -shift]
            places = [line.task.address, address_of(words), address_of(changes)]
            self.rows.append([*places, len(words), *ends])

    def words(self) -> Words:
        """Return the table."""
        return np.array(self.rows, np.int64).reshape(-1, LINE_WORDS)


def line(
    backend: Backend,
    body: Graph,
    inputs: Sequence[View],
    outputs: Sequence[View],
    rows: tuple[int, int],
) -> Line:
    """Return the line of a kernel, given the views of its first rows.

    Raises
    ------
    UnsupportedError
        If the backend has no kernel for it.
    """
    tile = (1, *outputs[0].shape[1:])
    task = backend.lower_kernel(body.name, body, inputs, outputs, tile)
    if not isinstance(task, KernelTask):
        raise UnsupportedError(f"{body.name} is not computed by a kernel")
    return Line(task, *rows)


def copied(backend: Backend, source: View, frame: Frame) -> Line:
    """Return the line that copies an array into its frame."""
    count = frame.shape[0]
    out = frame.whole(0, min(SHOWN, count))
    return line(backend, copy_of(frame.dtype), [source], [out], (0, count))


def margins(
    backend: Backend, frame: Frame, boundary: Sequence[str], *, is_ring: bool
) -> Iterator[Line]:
    """Yield the lines that make the margins of what has been computed."""
    for axis in range(len(frame.shape) - 1, 0, -1):
        for run in frame.runs(axis, boundary[axis]):
            yield _across(backend, frame, axis, run)
    if is_ring:
        yield from _round(backend, frame)
        return
    length, width = frame.shape[0], frame.widths[0]
    for index in (*range(-width, 0), *range(length, length + width)):
        found = sources(boundary[0], index, length)
        if found:
            views = [frame.rows_in_margins(row, 1) for row in found]
            out = frame.rows_in_margins(index, 1)
            body = made_of(found, index, length, frame.dtype)
            # A row's margin is made as soon as all that it is made of is there.
            yield line(backend, body, views, [out], (max(found), max(found) + 1))


def _across(backend: Backend, frame: Frame, axis: int, run: Run) -> Line:
    """Return the line for a run of elements beyond the end of a later axis."""
    count = frame.shape[0]
    made = beyond(frame, axis, run, min(SHOWN, count))
    return line(backend, *made, (0, count))


def beyond(
    frame: Frame, axis: int, run: Run, rows: int
) -> tuple[Graph, list[View], list[View]]:
    """Return how a run beyond the end of a later axis is made, for some rows.

    Returns
    -------
    body, inputs, outputs
        Of a kernel.
    """
    shape = [rows, *frame.shape[1:]]
    starts = [0] * len(shape)
    for inner in range(axis + 1, len(shape)):
        starts[inner] = -frame.widths[inner]
        shape[inner] += 2 * frame.widths[inner]
    shape[axis] = run.count
    steps = [1] * len(shape)
    steps[axis] = run.step

    def view(at: int, steps: Sequence[int] | None = None) -> View:
        return frame.view([*starts[:axis], at, *starts[axis + 1 :]], shape, steps)

    body = made_of(run.sources, run.first, frame.shape[axis], frame.dtype)
    return body, [view(at, steps) for at in run.sources], [view(run.first)]


def _round(backend: Backend, frame: Frame) -> Iterator[Line]:
    """Yield the lines that show rows near one end beyond the other."""
    count, width = frame.shape[0], frame.widths[0]
    source = frame.rows_in_margins(0, SHOWN)
    for moved, rows in ((-count, (count - width, count)), (count, (0, width))):
        out = frame.rows_in_margins(moved, SHOWN)
        yield line(backend, copy_of(frame.dtype), [source], [out], rows)


def copy_of(dtype: DType) -> Graph:
    """Return a body that yields elements as they are."""
    own = param(0, ArrayType((), dtype))
    return make_graph("copy", [own], [own], Stage.SIMPLIFIED)


def made_of(found: Sequence[int], index: int, length: int, dtype: DType) -> Graph:
    """Return what an element in a margin is made of: another, or two on a line."""
    if len(found) == 1:
        return copy_of(dtype)
    end, before = (param(slot, ArrayType((), dtype)) for slot in range(2))
    times = np.array(distance(index, length)).astype(dtype).tobytes()
    factor = make(OPS["const"], attrs=ConstAttrs(times, dtype))
    step = make(OPS["mul"], factor, make(OPS["sub"], end, before))
    value = make(OPS["add"], end, step)
    return make_graph("extrapolate", [end, before], [value], Stage.SIMPLIFIED)

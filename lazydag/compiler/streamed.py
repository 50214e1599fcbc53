"""Streamed kernels: their operands are with the host, and visit devices in pieces.

While one piece is computed, the next is on its way in and the one before on its way
out. Each operand has a few buffers of the size of a piece, on both sides of the link,
which pieces use in turn. Pieces are dealt to the devices of a kernel one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Final

from lazydag.backends.backend import Backend
from lazydag.backends.cuda.queued import Lane, queued_copy
from lazydag.backends.work import Work
from lazydag.compiler.devices import backends_of
from lazydag.compiler.views import contiguous_strides
from lazydag.cost.estimate import transfer_seconds
from lazydag.cost.target import Target
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.graph import Stage, make_graph, param
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.ir.reduction import ROW_BLOCK
from lazydag.ir.types import ArrayType
from lazydag.passes.pieces import Piece, Pieces, piece_body
from lazydag.passes.place.streamed import BUFFERS, is_streamed, pieces_on
from lazydag.passes.tile import shape_tile
from lazydag.runtime import Mode, Role, Slot, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.backend import CudaBackend

_TILE: Final = 1 << 16
"""Elements of a tile of what the host copies."""


@dataclass(slots=True)
class Streaming:
    """What streamed kernels of a plan share.

    Parameters
    ----------
    host
        Copies between arrays and the buffers of pieces.
    target
        Where kernels are streamed to; None if none is.
    slots, spaces
        Those of the plan; buffers are appended.
    """

    host: Backend
    target: Target | None
    slots: list[Slot]
    spaces: dict[int, str]
    _buffers: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def tasks(
        self,
        kernel: Node,
        inputs: Sequence[View],
        outputs: Sequence[View],
        seconds: float,
    ) -> list[Work]:
        """Return the tasks of a kernel whose pieces visit devices; none of others.

        Parameters
        ----------
        seconds
            What all pieces take together.

        Raises
        ------
        UnsupportedError
            If a device is not attached.
        """
        if not is_streamed(kernel):
            return []
        assert isinstance(kernel.attrs, KernelAttrs)
        backends, target = backends_of(kernel), self.target
        assert target is not None
        spaces = [target.space(each.device.space) for each in backends]
        pieces = pieces_on(kernel.attrs.body, spaces)
        assert pieces is not None
        stream = _Stream(kernel, pieces, self, target, backends, seconds / len(pieces))
        for number, piece in enumerate(pieces):
            stream.add(number, piece, inputs, outputs)
        return stream.tasks

    def buffer(self, space: str, operand: int, turn: int, nbytes: int) -> int:
        """Return the slot that a piece of an operand lies in, in a memory space."""
        key = space, operand, turn
        found = self._buffers.get(key)
        if found is None:
            found = self._buffers[key] = len(self.slots)
            self.slots.append(Slot(0, Role.TEMPORARY, "piece"))
            self.spaces[found] = space
        nbytes = max(nbytes, self.slots[found].nbytes)
        self.slots[found] = replace(self.slots[found], nbytes=nbytes)
        return found


@dataclass(slots=True)
class _Stream:
    """One kernel's pieces."""

    kernel: Node
    pieces: Pieces
    streaming: Streaming
    target: Target
    backends: Sequence[CudaBackend]
    seconds: float
    tasks: list[Work] = field(default_factory=list)
    # Operands that all pieces read alike: they stay.
    stays: dict[tuple[str, int], View] = field(default_factory=dict)

    def add(
        self,
        number: int,
        piece: Piece,
        inputs: Sequence[View],
        outputs: Sequence[View],
    ) -> None:
        """Append the tasks of a piece."""
        assert isinstance(self.kernel.attrs, KernelAttrs)
        body, count = self.kernel.attrs.body, len(self.backends)
        backend, turn = self.backends[number % count], number // count % BUFFERS
        near = [part_of(view, piece) for view in inputs]
        far = [self._bring(backend, k, turn, view) for k, view in enumerate(near)]
        partial = self.pieces.partial(piece)
        ends = [
            part_of(view, partial if node.op.kind is Kind.REDUCTION else piece)
            for node, view in zip(body.outputs, outputs, strict=True)
        ]
        results = [
            self._buffer(backend.device.space, len(inputs) + k, turn, view)
            for k, view in enumerate(ends)
        ]
        made = piece_body(body, piece.sizes(self.pieces.shape))
        launch = backend.lower_kernel(
            body.name,
            made,
            far,
            results,
            (),
            source=self.kernel.source,
            seconds=self.seconds,
        )
        self.tasks.append(launch)
        for k, (result, end) in enumerate(zip(results, ends, strict=True)):
            self._send(backend, len(inputs) + k, turn, result, end)

    def _bring(self, backend: CudaBackend, k: int, turn: int, view: View) -> View:
        """Append what brings a piece of an operand to a device; return where it is."""
        space = backend.device.space
        stays = self._is_alike(view)
        if stays and (space, k) in self.stays:
            return self.stays[space, k]
        turn = -1 if stays else turn
        staged = self._buffer(self._home, k, turn, view)
        far = self._buffer(space, k, turn, view)
        self._copy_near("pack", _core(view), _core(staged))
        self._copy(backend, Lane.IN, staged, far)
        self.stays[space, k] = far
        return replace(far, mode=Mode.IN)

    def _is_alike(self, view: View) -> bool:
        """Tell whether an operand has the same elements in every piece."""
        assert view.strides is not None
        cut = zip(self.pieces.shape, view.strides, strict=True)
        return not any(stride for n, stride in [*cut][: self.pieces.axis + 1] if n > 1)

    def _send(
        self, backend: CudaBackend, k: int, turn: int, far: View, end: View
    ) -> None:
        """Append what takes a piece of a result to where it belongs."""
        staged = self._buffer(self._home, k, turn, end)
        self._copy(backend, Lane.OUT, far, staged)
        self._copy_near("unpack", staged, end)

    @property
    def _home(self) -> str:
        return self.target.default.space

    def _buffer(self, space: str, k: int, turn: int, view: View) -> View:
        """Return a piece of an operand in a buffer, without gaps."""
        packed = _packed(view)
        nbytes = packed.span()[1]
        slot = self.streaming.buffer(space, k, turn, nbytes)
        return replace(packed, slot=slot, mode=Mode.OUT)

    def _copy(
        self, backend: CudaBackend, lane: Lane, source: View, target: View
    ) -> None:
        device, at = backend.device, self.kernel.source
        spaces = (self._home, device.space)
        ends = spaces if lane is Lane.IN else spaces[::-1]
        nbytes = float(source.span()[1])
        seconds = transfer_seconds(self.target, nbytes, *ends)
        made = queued_copy(device, lane, source, target, at)
        self.tasks.append(replace(made, cost=seconds))

    def _copy_near(self, name: str, source: View, target: View) -> None:
        """Append a copy within the memory of the host, in tiles."""
        own = param(0, ArrayType(source.shape, source.dtype))
        body = make_graph("copy", [own], [own], Stage.SIMPLIFIED)
        granules = (*(1 for _ in source.shape[1:]), min(source.shape[-1], ROW_BLOCK))
        tile = shape_tile(source.shape, _TILE, granules)
        nbytes = 2 * prod(source.shape) * source.dtype.itemsize
        seconds = nbytes / self.target.default.bytes_per_s
        views = [replace(source, mode=Mode.IN)], [replace(target, mode=Mode.OUT)]
        at, host = self.kernel.source, self.streaming.host
        self.tasks.append(
            host.lower_kernel(name, body, *views, tile, source=at, seconds=seconds)
        )


def part_of(view: View, piece: Piece) -> View:
    """Return the view of a piece of an iteration space."""
    assert view.strides is not None
    index = (*piece.lead, piece.start)
    skipped = zip(index, view.strides, strict=False)
    offset = view.offset + sum(at * stride for at, stride in skipped)
    return replace(view, shape=piece.sizes(view.shape), offset=offset)


def _core(view: View) -> View:
    """Return a view without the axes along which its elements repeat."""
    assert view.strides is not None
    pairs = zip(view.shape, view.strides, strict=True)
    return replace(view, shape=tuple(n if stride else min(n, 1) for n, stride in pairs))


def _packed(view: View) -> View:
    """Return a view at the start of a slot, like another but without gaps."""
    assert view.strides is not None
    strides = contiguous_strides(_core(view).shape, view.dtype)
    kept = tuple(s if old else 0 for s, old in zip(strides, view.strides, strict=True))
    return replace(view, strides=kept, offset=0)

"""Streamed kernels: their operands are with the host, and visit devices in pieces.

While one piece is computed, the next is on its way in and the one before on its way
out. Each operand has a few buffers of the size of a piece, on both sides of the link,
which pieces use in turn. Pieces are dealt to the devices of a kernel one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lazydag.backends.cuda.queued import Lane
from lazydag.backends.work import Work
from lazydag.compiler.devices import backends_of
from lazydag.compiler.staging import Staging
from lazydag.compiler.views import contiguous_strides
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind
from lazydag.passes.pieces import Piece, Pieces, piece_body
from lazydag.passes.place.streamed import BUFFERS, is_streamed, pieces_on
from lazydag.runtime import Mode, View

if TYPE_CHECKING:
    from lazydag.backends.cuda.backend import CudaBackend


def streamed_tasks(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    staging: Staging,
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
    backends = backends_of(kernel)
    spaces = [staging.aim.space(each.device.space) for each in backends]
    pieces = pieces_on(kernel.attrs.body, spaces)
    assert pieces is not None
    stream = _Stream(kernel, pieces, staging, backends, seconds / len(pieces))
    for number, piece in enumerate(pieces):
        stream.add(number, piece, inputs, outputs)
    return stream.tasks


@dataclass(slots=True)
class _Stream:
    """One kernel's pieces."""

    kernel: Node
    pieces: Pieces
    staging: Staging
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
        far = self._buffer(space, k, turn, view)
        staging, at, source = self.staging, self.kernel.source, _core(view)
        if not self._is_ready(source):
            by = _core(self._buffer(staging.home, k, turn, view))
            self.tasks.append(staging.copy_near("stage", source, by, at))
            source = by
        self.tasks.append(
            staging.copy_far(backend.device, Lane.IN, source, _core(far), at)
        )
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
        staging, at, device = self.staging, self.kernel.source, backend.device
        if self._is_ready(end):
            self.tasks.append(staging.copy_far(device, Lane.OUT, far, end, at))
            return
        by = self._buffer(staging.home, k, turn, end)
        self.tasks += [
            staging.copy_far(device, Lane.OUT, far, by, at),
            staging.copy_near("unstage", by, end, at),
        ]

    def _is_ready(self, view: View) -> bool:
        """Tell whether a device can copy a piece from or to where it lies.

        It is in a buffer of the pool, and has no gaps.
        """
        packed = contiguous_strides(view.shape, view.dtype)
        assert view.strides is not None
        each = zip(view.shape, view.strides, packed, strict=True)
        is_packed = all(n == 1 or stride == step for n, stride, step in each)
        return is_packed and not self.staging.is_theirs(view.slot)

    def _buffer(self, space: str, k: int, turn: int, view: View) -> View:
        """Return a piece of an operand in a buffer, without gaps."""
        packed = _packed(view)
        nbytes = packed.span()[1]
        slot = self.staging.buffer(space, k, turn, nbytes)
        return replace(packed, slot=slot, mode=Mode.OUT)


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

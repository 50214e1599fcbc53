"""What a simulated GPU's work accesses, and what of that is in conflict."""

from __future__ import annotations

from dataclasses import dataclass

from lazydag.backends.cuda.rows import Rows
from lazydag.backends.cuda.touched import Operand, Reach
from lazydag.runtime.alias import Region, overlaps
from lazydag.runtime.alias.axes import Axes


@dataclass(frozen=True, slots=True)
class Touch:
    """An access to the bytes ``[start, stop)``.

    Parameters
    ----------
    axes
        Which bytes those are, if they are not all; see `lazydag.runtime.alias.axes`.
    """

    start: int
    stop: int
    writes: bool
    axes: Axes = ()

    @property
    def region(self) -> Region:
        """The bytes, as regions of arrays are described."""
        axes = self.axes or ((1, self.stop - self.start),)
        return Region("memory", self.start, axes)

    def meets(self, other: Touch) -> bool:
        """Tell whether the order of both accesses matters."""
        if not (self.writes or other.writes):
            return False
        if max(self.start, other.start) >= min(self.stop, other.stop):
            return False
        return not (self.axes or other.axes) or overlaps(self.region, other.region)


def touch_of(reach: Reach) -> Touch:
    """Return the bytes of an array of a call."""
    region = Region.of(reach.array)
    return Touch(*region.span(), reach.mode.writes, region.axes)


def touch_of_operand(operand: Operand, address: int) -> Touch:
    """Return the bytes of an operand of a kernel."""
    start, stop = address + operand.start, address + operand.stop
    return Touch(start, stop, operand.mode.writes, operand.axes)


def touches_of_copy(target: int, source: int, nbytes: int) -> tuple[Touch, ...]:
    """Return the bytes that a copy writes and reads."""
    return (
        Touch(target, target + nbytes, writes=True),
        Touch(source, source + nbytes, writes=False),
    )


def touches_of_rows(rows: Rows) -> tuple[Touch, ...]:
    """Return the bytes that a copy of rows writes and reads."""
    sides = (
        (rows.target, rows.target_pitch, True),
        (rows.source, rows.source_pitch, False),
    )
    return tuple(
        Touch(
            start,
            start + (rows.count - 1) * pitch + rows.nbytes,
            writes,
            ((1, rows.nbytes), (pitch, rows.count)),
        )
        for start, pitch, writes in sides
    )

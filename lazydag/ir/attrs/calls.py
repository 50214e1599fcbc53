"""Attributes of ops on whole arrays: functions, loops, branches and stencils."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lazydag.ir.graph import Graph


@dataclass(frozen=True, slots=True)
class FunctionAttrs:
    """A function of whole arrays: a row of `lazydag.ir.functions`.

    Parameters
    ----------
    name : str
        The row.
    options : tuple of (str, value)
        Numbers, strings, None and tuples of them, by name.
    output : int
        Which of its results.
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()
    output: int = 0


@dataclass(frozen=True, slots=True)
class LoopAttrs:
    """A body that is run again and again on what it made before.

    The sources are the first values of the carries, arrays of which each step takes a
    row, and values that all steps read. The body's parameters are the number of the
    step, i64, the carries, the rows, and those values. It gives the new carries, and
    what is stacked along a new first axis. The results are the last carries, and the
    stacks.

    Parameters
    ----------
    body : Graph
        One step, at stage TRACED.
    carries, rows : int
        How many there are.
    length : int or None
        The number of steps; None to go on while the first carry, a bool, is true.
    reverse : bool
        Whether rows are taken, and stacks filled, from the end.
    output : int
        Which of the results.
    """

    body: Graph
    carries: int
    rows: int = 0
    length: int | None = None
    reverse: bool = False
    output: int = 0


@dataclass(frozen=True, slots=True)
class BranchAttrs:
    """One of several bodies, chosen by the first source, an i64.

    Numbers beyond the ends choose the first or the last body. The other sources are
    what all bodies take; their results are of the same types.

    Parameters
    ----------
    bodies : tuple of Graph
        At stage TRACED.
    output : int
        Which of the results.
    """

    bodies: tuple[Graph, ...]
    output: int = 0


@dataclass(frozen=True, slots=True)
class StencilAttrs:
    """Sweeps over arrays: each element anew of those around it.

    The first sources are swept: after a sweep the results take their places. The
    others, of the same shape or without axes, stay as they are.

    Parameters
    ----------
    body : Graph
        One element, at stage TRACED: parameters and results have no axes. It gives
        what becomes of the first sources.
    neighbours : tuple of tuple of int
        For each parameter of the body the source, and how far away along each axis.
    boundary : tuple of str
        For each axis what lies beyond its ends: a row of `lazydag.ir.boundaries`, or
        ``"constant 0.0"``.
    steps : int
        How many sweeps.
    output : int
        Which of the results.
    """

    body: Graph
    neighbours: tuple[tuple[int, ...], ...]
    boundary: tuple[str, ...]
    steps: int = 1
    output: int = 0

    @property
    def radius(self) -> tuple[int, ...]:
        """How far the farthest neighbours are away along each axis."""
        found = [0] * len(self.boundary)
        for _, *offsets in self.neighbours:
            if offsets:
                found = [max(r, abs(k)) for r, k in zip(found, offsets, strict=True)]
        return tuple(found)

"""The generator of random bits: a stream, and how far it has been drawn."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from threading import Lock
from typing import Any, ClassVar

import numpy as np

from lazydag.array.array import Array
from lazydag.array.random import cells
from lazydag.array.random.ahead import AHEAD, Kept, Make
from lazydag.array.random.cells import Cell
from lazydag.array.random.parameters import as_size
from lazydag.array.random.words import Span
from lazydag.errors import TraceError, UsageError
from lazydag.ir.source import caller_location

_NAME = "Philox4x32"
_lock = Lock()


@dataclass(eq=False, init=False)
class Philox:
    """A counter-based generator of random bits, Philox 4x32-10.

    Its numbers depend on the seed and on how many were drawn before, and on nothing
    else: not on threads, tiles, or the machine.

    Parameters
    ----------
    seed : None, int, sequence of int or SeedSequence
        Which stream. None takes one that is nobody else's, from the system.

    Notes
    -----
    In a jitted function that has it as an argument, drawing goes on from call to call.

    References
    ----------
    J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel random numbers: as
    easy as 1, 2, 3*, Proceedings of SC 2011.

    Examples
    --------
    >>> import lazydag as ld
    >>> bits = ld.random.Philox(7)
    >>> bits.random_raw(2).dtype
    dtype('uint64')
    """

    key: Cell
    stream: Cell
    position: Cell

    # not part of what a trace sees
    _sequence = None
    _kept: ClassVar[dict[Any, Kept] | None] = None

    def __init__(self, seed: Any = None) -> None:
        self.key, self.stream, self.position = (
            cells.cell(0),
            cells.cell(0),
            cells.cell(0),
        )
        self.reseed(seed)

    def reseed(self, seed: Any = None) -> None:
        """Begin the stream of another seed."""
        sequence = seed if hasattr(seed, "generate_state") else _sequence(seed)
        self._sequence = sequence
        key, stream = sequence.generate_state(2, np.uint64)
        cells.put(self.key, key)
        cells.put(self.stream, stream)
        cells.put(self.position, 0)

    @property
    def seed_seq(self) -> Any:
        """The seed sequence that the stream was chosen by.

        Raises
        ------
        TraceError
            If the generator is an argument of a jitted function.
        """
        if self._sequence is None:
            raise TraceError(
                "a generator that a jitted function was given or gave has no seed",
                caller_location(),
                "Spawn from the generator that you made, outside of the function.",
            )
        return self._sequence

    @property
    def state(self) -> dict[str, Any]:
        """The state as a dict of numbers, which can be set."""
        numbers = {
            "key": cells.number_in(self.key),
            "stream": cells.number_in(self.stream),
            "position": cells.number_in(self.position),
        }
        return {"bit_generator": _NAME, "state": numbers}

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        if value.get("bit_generator") != _NAME:
            raise UsageError(
                f"a state of {value.get('bit_generator')}, not of {_NAME}",
                caller_location(),
            )
        for name, number in value["state"].items():
            cells.put(getattr(self, name), number)

    def advance(self, delta: int) -> Philox:
        """Go on by `delta` words of 64 bits, as if they had been drawn."""
        self.take(delta)
        return self

    def spawn(self, n_children: int) -> list[Philox]:
        """Return generators of streams of their own."""
        cells.run_each_time("spawns generators")
        return [Philox(child) for child in self.seed_seq.spawn(n_children)]

    def random_raw(self, size: Any = None) -> Array:
        """Draw words of 64 random bits."""
        shape = as_size(size)
        return Array(self.take(prod(shape)).words(shape))

    def take(self, count: int) -> Span:
        """Return the next `count` words, and go on behind them."""
        return self._taken(count)

    def take_blocks(self, count: int) -> Span:
        """Return the next `count` whole blocks, and go on behind them."""
        return self._taken(2 * count, is_even=True)

    def take_ahead(self, make: Make, count: int) -> np.ndarray[Any, Any]:
        """Return a copy of the next `count` numbers that `make` makes, one a word."""
        with _lock:
            at = cells.number_in(self.position)
            stream = cells.number_in(self.key), cells.number_in(self.stream)
            kept = self.__dict__.setdefault("_kept", {})
            found = kept[make].part(stream, at, count) if make in kept else None
            if found is None:
                values = make(self._span(), (AHEAD,)).values_for("array")
                kept[make] = Kept(stream, at, values)
                found = values[:count]
            cells.put(self.position, at + count)
        return found.copy()

    def _span(self) -> Span:
        key, stream = cells.node_in(self.key), cells.node_in(self.stream)
        return Span(key, stream, cells.node_in(self.position), caller_location())

    def _taken(self, count: int, *, is_even: bool = False) -> Span:
        with _lock:
            span = self._span()
            cells.go_on(self.position, count, is_even=is_even)
        return span

    def __reduce__(self) -> Any:
        return _restored, (self.state, self._sequence)


def _restored(known: dict[str, Any], sequence: Any) -> Philox:
    bits = Philox(0)
    bits.state, bits._sequence = known, sequence
    return bits


def _sequence(seed: Any) -> Any:
    if seed is None:
        cells.run_each_time("makes a generator without a seed")
    if isinstance(seed, Array):
        seed = seed.values_for("int")
    return np.random.SeedSequence(seed)

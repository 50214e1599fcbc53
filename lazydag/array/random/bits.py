"""The generator of random bits: a stream, and how far it has been drawn."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from threading import Lock
from typing import Any

import numpy as np

from lazydag.array.array import Array
from lazydag.array.assign import assign
from lazydag.array.force import frozen
from lazydag.array.nodes.scalars import constant
from lazydag.array.random.parameters import as_size
from lazydag.array.random.words import U64, Span
from lazydag.array.tracing import state
from lazydag.errors import TraceError, UsageError
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location

_MASK = (1 << 64) - 1
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

    key: Array
    stream: Array
    position: Array

    # not part of what a trace sees
    _sequence = None

    def __init__(self, seed: Any = None) -> None:
        self.key, self.stream, self.position = _cell(0), _cell(0), _cell(0)
        self.reseed(seed)

    def reseed(self, seed: Any = None) -> None:
        """Begin the stream of another seed."""
        sequence = seed if hasattr(seed, "generate_state") else _sequence(seed)
        self._sequence = sequence
        cells = self.key, self.stream, self.position
        words = (*sequence.generate_state(2, np.uint64), 0)
        for cell, word in zip(cells, words, strict=True):
            self._set(cell, word)

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
            "key": int(self.key),
            "stream": int(self.stream),
            "position": int(self.position),
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
            self._set(getattr(self, name), number)

    def advance(self, delta: int) -> Philox:
        """Go on by `delta` words of 64 bits, as if they had been drawn."""
        self.take(delta)
        return self

    def spawn(self, n_children: int) -> list[Philox]:
        """Return generators of streams of their own."""
        return [Philox(child) for child in self.seed_seq.spawn(n_children)]

    def random_raw(self, size: Any = None) -> Array:
        """Draw words of 64 random bits."""
        shape = as_size(size)
        return Array(self.take(prod(shape)).words(shape))

    def take(self, count: int) -> Span:
        """Return the next `count` words, and go on behind them."""
        with _lock:
            first = self.position.node
            self._go_on(count)
        return Span(self.key.node, self.stream.node, first)

    def take_blocks(self, count: int) -> Span:
        """Return the next `count` whole blocks, and go on behind them."""
        with _lock:
            first = self.position.node
            self._go_on(2 * count, is_even=True)
        return Span(self.key.node, self.stream.node, first)

    def _go_on(self, count: int, *, is_even: bool = False) -> None:
        cell = self.position
        self._check_home(cell)
        if state.trace is None:
            at = int(cell)
            self._set(cell, at + at % 2 * is_even + count)
            return
        node = cell.node
        if is_even:
            odd = make(OPS["band"], node, constant(1, U64))
            node = make(OPS["add"], node, odd)
        assign(cell, make(OPS["add"], node, constant(count & _MASK, U64)))

    def _set(self, cell: Array, number: int) -> None:
        self._check_home(cell)
        cell._node, cell._value = None, _word(number)

    @staticmethod
    def _check_home(cell: Array) -> None:
        trace = state.trace
        if trace is not None and cell._home is not trace:
            raise TraceError(
                f"{trace.name} draws from a generator that is not its own while it is "
                "traced: each call would give the same numbers",
                caller_location(),
                "Pass the generator to it as an argument.",
            )

    def __reduce__(self) -> Any:
        return _restored, (self.state, self._sequence)


def _restored(known: dict[str, Any], sequence: Any) -> Philox:
    bits = Philox(0)
    bits.state, bits._sequence = known, sequence
    return bits


def _sequence(seed: Any) -> Any:
    trace = state.trace
    if seed is None and trace is not None:
        raise TraceError(
            f"{trace.name} makes a generator without a seed while it is traced: each "
            "call would give the same numbers",
            caller_location(),
            "Make it outside of the function, and pass it as an argument.",
        )
    if isinstance(seed, Array):
        seed = seed.values_for("int")
    return np.random.SeedSequence(seed)


def _cell(number: int) -> Array:
    return Array(value=_word(number))


def _word(number: int) -> Any:
    return frozen(np.array(int(number) & _MASK, np.uint64))

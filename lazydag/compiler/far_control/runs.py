"""Loops and branches on devices as they run: tables of addresses, step by step."""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from lazydag.backends.cuda.streams import Order, arrive_block, copy_block
from lazydag.backends.cuda.stubs import stub_addresses
from lazydag.compiler.far_control.scripts import Kernel, Put, Table, native

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice

#: A buffer of the work by its number, and a byte in it.
Place: TypeAlias = tuple[int, int]
#: The addresses of buffers, and handles.
Buffers: TypeAlias = Sequence[int]


@dataclass(frozen=True, slots=True)
class Entries:
    """How the table of a step is filled.

    Parameters
    ----------
    count
        Number of entries.
    handles
        By entry: what is the same in all runs.
    fixed
        By entry: what stays where it is.
    phases
        What changes places, for each step until all are in their places again.
    moving
        By entry: what lies a distance further at each step.
    """

    count: int
    handles: Mapping[int, int] = field(default_factory=dict)
    fixed: Mapping[int, Place] = field(default_factory=dict)
    phases: Sequence[Mapping[int, Place]] = ({},)
    moving: Mapping[int, tuple[Place, int]] = field(default_factory=dict)

    def table(self, buffers: Buffers) -> Table:
        """Return a table with what stays as it is."""
        table = array("q", bytes(8 * self.count))
        for entry, handle in self.handles.items():
            table[entry] = handle
        for entry, (buffer, offset) in self.fixed.items():
            table[entry] = buffers[buffer] + offset
        return table

    def fill(self, table: Table, buffers: Buffers, step: int) -> None:
        """Fill in what is elsewhere at a step."""
        for entry, (buffer, offset) in self.phases[step % len(self.phases)].items():
            table[entry] = buffers[buffer] + offset
        for entry, ((buffer, offset), distance) in self.moving.items():
            table[entry] = buffers[buffer] + offset + step * distance


@dataclass(frozen=True, slots=True)
class Copies:
    """Makes what copies between entries, on a stream whose entry this is."""

    device: GpuDevice
    stream: int

    def put(self, target: int, source: int, nbytes: int) -> Put:
        """Return a copy of one entry's bytes to another's."""
        return native([self._copy(Order(self.stream), target, source, nbytes)])

    def fetch(self, target: int, source: int, nbytes: int, event: int) -> Put:
        """Return a copy to the host that has arrived when the call returns."""
        device = self.device
        arrive = arrive_block(device.driver, event, device.context)
        copy = self._copy(Order(self.stream, event=event), target, source, nbytes)
        return native([copy, (stub_addresses()["arrive"], arrive)])

    def _copy(self, order: Order, target: int, source: int, nbytes: int) -> Kernel:
        order = replace(order, context=self.device.context)
        driver = self.device.driver
        block = copy_block(driver, order, (target, 0), (source, 0), nbytes)
        return stub_addresses()["copy"], block


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A loop, to be called with the addresses of its buffers.

    Parameters
    ----------
    length
        The number of steps; None to look at a flag before each.
    first, each, last
        What is put on the stream before the steps, in each, and behind them.
    fetch
        Brings the flag.
    word
        The entry of the flag on the host.
    """

    entries: Entries
    length: int | None
    first: Sequence[Put]
    each: Sequence[Put]
    last: Sequence[Put]
    fetch: Put | None = None
    word: int = 0

    def __call__(self, buffers: Buffers) -> None:
        """Put all steps on the stream."""
        entries, step = self.entries, 0
        table = entries.table(buffers)
        entries.fill(table, buffers, step)
        for put in self.first:
            put(table)
        while self._goes_on(table, step):
            for put in self.each:
                put(table)
            step += 1
            entries.fill(table, buffers, step)
        for put in self.last:
            put(table)

    def _goes_on(self, table: Table, step: int) -> bool:
        if self.length is not None:
            return step < self.length
        assert self.fetch is not None
        self.fetch(table)
        return ctypes.c_bool.from_address(table[self.word]).value


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A branch, to be called with the addresses of its buffers.

    Parameters
    ----------
    entries
        Of the table with which `fetch` brings the number of the body.
    word
        The entry of that number on the host.
    bodies
        Each with a table of its own, and what is put on the stream.
    """

    entries: Entries
    fetch: Put
    word: int
    bodies: Sequence[tuple[Entries, Sequence[Put]]]

    def __call__(self, buffers: Buffers) -> None:
        """Put one of the bodies on the stream."""
        table = self.entries.table(buffers)
        self.fetch(table)
        number = ctypes.c_int64.from_address(table[self.word]).value
        entries, puts = self.bodies[min(max(number, 0), len(self.bodies) - 1)]
        table = entries.table(buffers)
        for put in puts:
            put(table)


def filled(addresses: Sequence[int]) -> Table:
    """Return a table of addresses."""
    return array("q", addresses)

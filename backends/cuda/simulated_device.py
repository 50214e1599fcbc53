"""A GPU that is none: kernels as emulated grids, streams by the simulated driver."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.driver import Driver
from lazydag.backends.cuda.emulate import grid_address
from lazydag.backends.cuda.grid import GridKernel
from lazydag.backends.cuda.hazards import touch_of
from lazydag.backends.cuda.simulated import Function, SimulatedDriver
from lazydag.backends.cuda.touched import Operand, Reach
from lazydag.runtime import address_of

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice
    from lazydag.backends.cuda.library import Call


@dataclass(slots=True, eq=False)
class SimulatedDevice:
    """A GPU for tests; see `lazydag.backends.cuda.device.GpuDevice`.

    Parameters
    ----------
    seed
        Draws the order in which work is done.
    beside
        Another one of the same machine, which waits for events of this one and the
        other way round.
    """

    name: str = "gpu:0"
    space: str = "gpu0"
    seed: int = 0
    blocks: int = 4
    context: int = 7
    beside: SimulatedDevice | None = None
    simulation: SimulatedDriver = field(init=False)
    driver: Driver = field(init=False)
    words: list[NDArray[np.int64]] = field(default_factory=list)

    def __post_init__(self) -> None:
        near = self.beside
        self.simulation = near.simulation if near else SimulatedDriver(self.seed)
        self.driver = self.simulation.table()

    @property
    def faults(self) -> list[str]:
        """Hazards that were found."""
        return self.simulation.faults

    def load(self, name: str, kernel: GridKernel, operands: Sequence[Operand]) -> int:
        """Return the handle of a kernel."""
        grid = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(grid_address(kernel))
        made = Function(name, grid, kernel.layout.count, tuple(operands))
        return self.simulation.function(made)

    def call(
        self,
        name: str,
        call: Call,
        reaches: Sequence[Reach],
        stream: int,
        after: Sequence[int],
        recorded: Sequence[int],
    ) -> None:
        """Put a call on a stream; NumPy computes it when it is due.

        Raises
        ------
        RuntimeError
            If a hazard was found.
        """
        arrays = [reach.array for reach in reaches]
        touches = [touch_of(reach) for reach in reaches if reach.array.size]

        def run() -> None:
            call(np, *arrays)

        self.simulation.call(name, stream, touches, run, after, recorded)

    def reach(self, other: GpuDevice) -> None:
        """Do nothing: all memory is the host's."""

    def stream(self) -> int:
        """Return a new stream."""
        return self.simulation.stream()

    def event(self) -> int:
        """Return a new event."""
        return self.simulation.event()

    def word(self) -> int:
        """Return the address of a word of the host."""
        word = np.zeros(1, np.int64)
        self.words.append(word)
        return address_of(word)

    def timer(self) -> int:
        """Return a new event that takes the time."""
        return self.simulation.event()

    def elapsed_seconds(self, start: int, stop: int) -> float:
        """Return a millisecond for each work between two events of a stream."""
        return 1e-3 * self.simulation.works_between(start, stop)

    def allocate(self, nbytes: int) -> int:
        """Return the address of some memory, filled with nonsense."""
        return self.simulation.allocate(nbytes)

    def entered(self) -> int:
        """Return the context that this thread is in; 0 for none."""
        return self.simulation.entered()

    def holds(self, address: int) -> bool:
        """Tell whether an address is in memory that was allocated."""
        return self.simulation.holds(address)

    def pin(self, address: int, nbytes: int) -> bool:
        """Keep pages of the host where they are."""
        self.simulation.pinned[address] = nbytes
        return True

    def unpin(self, address: int) -> None:
        """Let pages of the host move again."""
        del self.simulation.pinned[address]

    def settle(self) -> None:
        """Do all work that is left."""
        self.simulation.settle()

    def free(self, address: int) -> None:
        """Give memory back."""
        self.simulation.free(address)

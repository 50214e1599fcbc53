"""What plans ask of a GPU, be it there or simulated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from lazydag.backends.cuda.driver import Driver
    from lazydag.backends.cuda.grid import GridKernel
    from lazydag.backends.cuda.library import Call
    from lazydag.backends.cuda.touched import Operand, Reach


class GpuDevice(Protocol):
    """A GPU: its driver, memory, streams, events and functions."""

    @property
    def name(self) -> str:
        """Name in targets, such as ``gpu:0``."""
        ...

    @property
    def space(self) -> str:
        """Name of its memory in targets, such as ``gpu0``."""
        ...

    @property
    def driver(self) -> Driver:
        """What native tasks call."""
        ...

    @property
    def context(self) -> int:
        """What threads enter before they call the driver."""
        ...

    @property
    def blocks(self) -> int:
        """Blocks of threads that keep all of it busy."""
        ...

    def load(self, name: str, kernel: GridKernel, operands: Sequence[Operand]) -> int:
        """Return the handle of a kernel.

        Parameters
        ----------
        operands
            What it does to which memory, for those who check it.
        """
        ...

    def call(
        self,
        name: str,
        call: Call,
        reaches: Sequence[Reach],
        stream: int,
        after: Sequence[int],
        recorded: Sequence[int],
    ) -> None:
        """Put a call of a library on a stream.

        Parameters
        ----------
        call
            See `lazydag.backends.cuda.library`.
        reaches
            Its arrays, and how it accesses them.
        after
            Events that the stream waits for before.
        recorded
            Events that occur when it is done.
        """
        ...

    def reach(self, other: GpuDevice) -> None:
        """Let copies from and to the memory of another device go there directly."""
        ...

    def stream(self) -> int:
        """Return a new stream."""
        ...

    def event(self) -> int:
        """Return a new event."""
        ...

    def word(self) -> int:
        """Return the address of a word that the host and the device write to."""
        ...

    def timer(self) -> int:
        """Return a new event that takes the time."""
        ...

    def elapsed_seconds(self, start: int, stop: int) -> float:
        """Return the time between two events that have taken it."""
        ...

    def allocate(self, nbytes: int) -> int:
        """Return the address of some memory of the device."""
        ...

    def free(self, address: int) -> None:
        """Give memory back."""
        ...

    def entered(self) -> int:
        """Return the context that this thread is in; 0 for none."""
        ...

    def holds(self, address: int) -> bool:
        """Tell whether an address, maybe of another library's memory, is on it."""
        ...

    def pin(self, address: int, nbytes: int) -> bool:
        """Keep pages of the host where they are; False if the system refuses."""
        ...

    def unpin(self, address: int) -> None:
        """Let pages of the host move again."""
        ...

    def settle(self) -> None:
        """Wait until all work is done: after a failure, before memory is given back."""
        ...

"""What loops and branches are given, and where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.compiler.bodies import BodyPlan
from lazydag.compiler.session import memory_pool
from lazydag.runtime import address_of
from lazydag.runtime.executor import Addresses

Array: TypeAlias = NDArray[Any]
#: Constants, and the positions of others among the inputs of a call.
Sources: TypeAlias = Sequence["Array | int"]


@dataclass(frozen=True, slots=True, eq=False)
class Operands:
    """What a call is given.

    Parameters
    ----------
    sources : sequence of ndarray or int
        The constants among the sources, and the positions of others in a call.
    inputs : int
        Number of input arrays, which the output arrays follow.
    results : sequence of int
        Which results the output arrays are.
    """

    sources: Sources
    inputs: int
    results: Sequence[int]

    def apart(self, arrays: Sequence[Array]) -> tuple[list[Array], dict[int, Array]]:
        """Return the sources' arrays, and those for the results."""
        found = [arrays[s] if isinstance(s, int) else s for s in self.sources]
        return found, dict(zip(self.results, arrays[self.inputs :], strict=True))


@dataclass(slots=True)
class Bases:
    """Addresses of slots, and what must not go away meanwhile."""

    plan: BodyPlan
    addresses: Addresses
    leased: dict[int, int] = field(default_factory=dict)
    keep: list[object] = field(default_factory=list)

    def lease(self, slot: int, nbytes: int) -> None:
        """Give a slot a buffer."""
        lease = memory_pool().lease(nbytes)
        self.keep.append(lease)
        self.addresses[slot] = self.leased[slot] = lease.address

    def bind(self, slot: int, array: Array) -> Array:
        """Give a parameter's slot an array; return what it is given."""
        is_ready = slot not in self.plan.compact and array.flags.aligned
        ready = array if is_ready else np.array(array, order="C")
        self.keep.append(ready)
        self.addresses[slot] = address_of(ready) + self.plan.starts[slot]
        return ready

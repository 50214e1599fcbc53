"""What becomes of the work of a plan, and of kernels, where there are devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lazydag.backends.backend import Backend
from lazydag.backends.work import Work
from lazydag.compiler.failing import failing_tasks
from lazydag.compiler.memory.fit import fit
from lazydag.compiler.moves import replicated
from lazydag.compiler.pinning import slots_to_pin
from lazydag.compiler.spawned import FarTask
from lazydag.compiler.staging import Staging, staged
from lazydag.compiler.streamed import streamed_tasks
from lazydag.ir.node import Node
from lazydag.runtime import View

if TYPE_CHECKING:
    from lazydag.backends.cuda.device import GpuDevice


def far_tasks(
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    backend: Backend,
    staging: Staging,
    seconds: float,
) -> list[Work]:
    """Return the tasks of a kernel that devices compute in pieces, or may fail at.

    There are none for other kernels.
    """
    at, arrays = staging, (kernel, inputs, outputs)
    return streamed_tasks(*arrays, at, seconds) or failing_tasks(
        *arrays, backend, seconds, at.slots, at.spaces
    )


def moved_works(
    works: Sequence[Work | FarTask], staging: Staging
) -> tuple[Sequence[Work], dict[int, GpuDevice]]:
    """Return the work of a plan with all that it needs of memories.

    Those are copies to where it runs, room on devices, and pages of the host that do
    not move, of which slots and devices are returned as well.
    """
    slots, spaces, target = staging.slots, staging.spaces, staging.target
    near = replicated(works, slots, spaces, target)
    found = staged(fit(near, slots, spaces, target), staging)
    return found, slots_to_pin(found, slots, spaces, target)

"""Kernels one after the other as one: a tile goes through all while it is in caches.

The block of such a tile is ``[count, address and place of each kernel ..., the kernels'
own blocks ...]``; a place is the word at which a kernel's block begins.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from lazydag.backends.cpu.native import native
from lazydag.backends.work import Work
from lazydag.runtime import Access, KernelTask, Mode
from lazydag.runtime.engine.memory import call_kernel, load
from lazydag.runtime.tasks import Blocks

WORD: Final = 8
STEP: Final = 16
"""Bytes of a kernel's address and the place of its block."""


def run_sequence(block: int, bases: int) -> int:
    """Run the kernels of a block in their order, up to the first that fails."""
    step = block + WORD
    last = step + STEP * load(block)
    code = 0
    while step < last and code == 0:
        own = block + WORD * load(step + WORD)
        code = call_kernel(load(step), own, bases)
        step += STEP
    return code


@cache
def sequence_address() -> int:
    """Return the address of the kernel that runs others."""
    (address,) = native((run_sequence,), ("run_sequence",))
    return address


def sequence_blocks(kernels: Sequence[int], blocks: Sequence[Blocks]) -> Blocks:
    """Return the blocks that make `sequence_address` run kernels one after the other.

    Parameters
    ----------
    kernels
        Addresses, in the order in which they run in each tile. One that runs several
        times in a tile is there as often.
    blocks
        For each kernel an int64 array (tiles, words): its block in each tile.

    Returns
    -------
    ndarray
        int64 (tiles, words), C-contiguous: a row for each tile.

    Examples
    --------
    >>> first, second = np.array([[7], [8]]), np.array([[1, 2], [3, 4]])
    >>> sequence_blocks([4096, 8192], [first, second])
    array([[   2, 4096,    5, 8192,    6,    7,    1,    2],
           [   2, 4096,    5, 8192,    6,    8,    3,    4]])
    """
    widths = [own.shape[1] for own in blocks]
    starts = np.cumsum([1 + 2 * len(kernels), *widths])[:-1]
    head = [len(kernels)]
    for kernel, start in zip(kernels, starts.tolist(), strict=True):
        head += [kernel, start]
    heads = np.broadcast_to(np.array(head, np.int64), (len(blocks[0]), len(head)))
    return np.concatenate([heads, *blocks], axis=1, dtype=np.int64)


def joined_task(tasks: Sequence[Work]) -> KernelTask | None:
    """Return the task that runs tile after tile of each, one after the other.

    None if one is no grid of native tiles, or has others. Its name, its estimate and
    what it says of failures are those of the last one.
    """
    kernels = [task for task in tasks if isinstance(task, KernelTask)]
    if len(kernels) < len(tasks) or len({task.ntiles for task in kernels}) > 1:
        return None
    addresses = [task.address for task in kernels]
    return replace(
        kernels[-1],
        address=sequence_address(),
        blocks=sequence_blocks(addresses, [task.blocks for task in kernels]),
        accesses=_accesses(kernels),
        cost=sum(task.cost for task in kernels),
        owner=tuple(task.owner for task in kernels),
    )


def _accesses(tasks: Sequence[KernelTask]) -> tuple[Access, ...]:
    """Return what tasks access, but for what a tile reads that it has written."""
    found: dict[Access, None] = {}
    for task in tasks:
        own = {replace(each, mode=Mode.OUT) for each in found if each.mode.writes}
        found |= dict.fromkeys(
            each for each in task.accesses if replace(each, mode=Mode.OUT) not in own
        )
    return tuple(found)

"""What a tile program spawned, before it is known where it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazydag.runtime import Access, CallTask, KernelTask, View

if TYPE_CHECKING:
    from lazydag.runtime.native import NativeCall


@dataclass(frozen=True, slots=True)
class Spawned:
    """A task of a tile program.

    Parameters
    ----------
    task
        As it runs on the host.
    call
        What devices can compute, too; None for a Python function.
    views
        The call's arrays.
    whole
        How it accesses them, if they are taken as a whole: a triangle that is written
        is a matrix that is read and written.
    """

    task: KernelTask | CallTask
    call: NativeCall | None = None
    views: tuple[View, ...] = ()
    whole: tuple[Access, ...] = ()

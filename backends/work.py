"""What kernels become: tasks of the host, or work for a device."""

from __future__ import annotations

from typing import TypeAlias

from lazydag.backends.cuda.queued import Queued
from lazydag.runtime import CallTask, KernelTask

#: A task, or what becomes one when the order of work on devices is known.
Work: TypeAlias = KernelTask | CallTask | Queued

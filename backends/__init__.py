"""Backends: kernels in, tasks that run them out.

In come a kernel's body and the views of its operands; out comes a task of the runtime.
`cpu` makes native code, `reference` evaluates in NumPy and is what every backend is
held against, `null` makes tasks that do nothing. They share the one protocol `Backend`.
"""

from lazydag.backends.backend import Backend
from lazydag.backends.select import NAMES, backend

__all__ = ["NAMES", "Backend", "backend"]

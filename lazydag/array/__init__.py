"""Lazy arrays, the functions on them, and jit.

In: NumPy arrays, Python scalars, and functions written for NumPy. Out: nodes of the IR,
gathered into graphs for the compiler when a value is needed or a function is traced.
"""

from lazydag.array.array import Array
from lazydag.array.compute import compute
from lazydag.array.jit import jit
from lazydag.array.jitted import Jitted
from lazydag.array.kernel import Kernel, kernel

__all__ = ["Array", "Jitted", "Kernel", "compute", "jit", "kernel"]

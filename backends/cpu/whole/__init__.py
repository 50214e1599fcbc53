"""Whole Python functions, compiled by Numba: loops over single elements.

In: a function and what stands for the names that it uses. Out: a function of NumPy
arrays and numbers that gives what Python would, or fails where it could not.
Importing this package imports Numba.
"""

from lazydag.backends.cpu.whole.compile import CannotCompileError, compile_whole

__all__ = ["CannotCompileError", "compile_whole"]

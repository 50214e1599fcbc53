"""BLAS and LAPACK as kernels: library routines called by address, in place.

In comes a routine's name with its arguments; out comes the address of a kernel of the
runtime's binary interface and the argument block that makes it call the routine.
`routines` is the table of Fortran argument lists, `addresses` finds the routines in
SciPy, `own` prints those that it lacks, `stubs` prints the kernels, `blocks` lays out
the arguments, and `threads` keeps the libraries to one thread a call while a plan runs.
Importing this imports neither SciPy nor LLVM.
"""

from lazydag.backends.cpu.blas.blocks import Arguments, Block, Checked, make_block
from lazydag.backends.cpu.blas.stubs import BAD_INDEX, NO_MEMORY
from lazydag.backends.cpu.blas.threads import single_threaded_blas

__all__ = [
    "BAD_INDEX",
    "NO_MEMORY",
    "Arguments",
    "Block",
    "Checked",
    "make_block",
    "single_threaded_blas",
]

"""Sparse matrices and systems with them: ``lazydag.sparse``."""

from lazydag.array.sparse.compressed import csc_array, csr_array
from lazydag.array.sparse.conjugate import cg
from lazydag.array.sparse.residuals import gmres
from lazydag.array.sparse.stabilised import bicgstab

__all__ = [
    "bicgstab",
    "cg",
    "csc_array",
    "csr_array",
    "gmres",
]

"""Operations of BLAS and LAPACK on tiles, in place.

In: NumPy arrays of float32 or float64, also views into larger ones. Out: the same
arrays, changed. Each operation runs at once when it is called, and is a native task,
without Python, when it is spawned in a region. The routines are SciPy's; it is imported
at the first call.

>>> import numpy as np
>>> from lazydag.tiles import potrf, trsm
>>> a, b = np.array([[4.0, 2.0], [2.0, 5.0]]), np.array([[8.0], [8.0]])
>>> potrf(a)
>>> trsm(a, b)
>>> trsm(a, b, trans=True)
>>> b.round(12)
array([[1.5],
       [1. ]])
"""

from lazydag.tiles.copies import lacpy, laset, scal
from lazydag.tiles.lu import getrf, laswp
from lazydag.tiles.products import gemm, symm, syrk, trmm
from lazydag.tiles.qr import geqrf, larfb, larft
from lazydag.tiles.tile_qr import gemqrt, geqrt, tpmqrt, tpqrt
from lazydag.tiles.triangles import check_diagonal, lauum, potrf, trsm, trtri

__all__ = [
    "check_diagonal",
    "gemm",
    "gemqrt",
    "geqrf",
    "geqrt",
    "getrf",
    "lacpy",
    "larfb",
    "larft",
    "laset",
    "laswp",
    "lauum",
    "potrf",
    "scal",
    "symm",
    "syrk",
    "tpmqrt",
    "tpqrt",
    "trmm",
    "trsm",
    "trtri",
]

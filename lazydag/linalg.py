"""Linear algebra: ``lazydag.linalg``, for stacks of matrices."""

from lazydag.array.functions.beyond.matrix_sizes import cond
from lazydag.array.functions.linear import (
    cholesky,
    det,
    eig,
    eigvals,
    inv,
    pinv,
    slogdet,
    solve,
    svdvals,
)
from lazydag.array.functions.norms import (
    cross,
    diagonal,
    matrix_norm,
    matrix_power,
    matrix_rank,
    trace,
    vector_norm,
)
from lazydag.array.functions.products import matmul, outer, tensordot, vecdot
from lazydag.array.functions.shapes import matrix_transpose
from lazydag.array.linalg.exponential import expm
from lazydag.array.linalg.lu import lu, lu_factor, lu_solve
from lazydag.array.linalg.orthogonal import lstsq, qr
from lazydag.array.linalg.singular import svd
from lazydag.array.linalg.symmetric import eigh, eigvalsh
from lazydag.array.linalg.triangular import cho_factor, cho_solve, solve_triangular

__all__ = [
    "cho_factor",
    "cho_solve",
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_solve",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]

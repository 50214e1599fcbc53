"""The few routines of BLAS and LAPACK that all else here is made of."""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol, TypeAlias

import numpy as np

#: An array of NumPy or CuPy.
Array: TypeAlias = Any


class Blas(Protocol):
    """Routines on matrices that lie by columns or by rows, in place.

    Nothing is empty. Codes are int32, one element: 0, or LAPACK's.
    """

    @property
    def xp(self) -> Any:
        """The library of arrays: ``numpy`` or ``cupy``."""
        ...

    def gemm(
        self, a: Array, b: Array, c: Array, alpha: float = 1.0, beta: float = 0.0
    ) -> None:
        """Add a product: ``c = alpha * a @ b + beta * c``."""
        ...

    def syrk(
        self, a: Array, c: Array, alpha: float, beta: float, *, lower: bool
    ) -> None:
        """Add one triangle of a product: ``c = alpha * a @ a.T + beta * c``."""
        ...

    def trsm(
        self,
        a: Array,
        b: Array,
        alpha: float = 1.0,
        *,
        lower: bool,
        trans: bool = False,
        unit: bool = False,
    ) -> None:
        """Solve ``op(a) @ x = alpha * b``, x in the place of b."""
        ...

    def potrf(self, a: Array, info: Array, *, lower: bool) -> None:
        """Overwrite one triangle of a matrix by its Cholesky factor."""
        ...

    def getrf(self, a: Array, pivots: Array, info: Array) -> None:
        """Overwrite a matrix, by columns, by its LU factors; pivots count from 1."""
        ...

    def swap(self, a: Array, pivots: Array, *, reverse: bool = False) -> None:
        """Exchange rows as `getrf` did; numbers of no row are left out."""
        ...

    def geqrf(self, a: Array, tau: Array) -> None:
        """Overwrite a matrix, by columns, by r and reflectors."""
        ...

    def potrf_each(self, stack: Array, info: Array, *, lower: bool) -> None:
        """Do `potrf` for each matrix of a stack (k, n, n), with k codes."""
        ...

    def getrf_each(self, stack: Array, pivots: Array, info: Array) -> None:
        """Do `getrf` for each matrix of a stack, with k codes."""
        ...

    def swap_each(self, stack: Array, pivots: Array) -> None:
        """Do `swap` for each matrix of a stack."""
        ...

    def trsm_each(
        self,
        a: Array,
        b: Array,
        *,
        lower: bool,
        trans: bool = False,
        unit: bool = False,
    ) -> None:
        """Do `trsm` for each of two stacks; those of `a` may lie anyhow."""
        ...


@cache
def blas_of(xp: Any) -> Blas:
    """Return the routines for arrays of a library."""
    if xp is np:
        from lazydag.backends.cuda.library.host import HostBlas

        return HostBlas()
    from lazydag.backends.cuda.library.cublas import CuBlas

    return CuBlas()


def by_columns(a: Array) -> int:
    """Return the leading dimension of a matrix whose columns are contiguous, else 0."""
    (m, n), (down, across) = a.shape, a.strides
    if m > 1 and down != a.itemsize:
        return 0
    if n == 1:
        return int(m)
    ld, rest = divmod(across, a.itemsize)
    return int(ld) if ld >= m and not rest else 0


def as_columns(a: Array) -> Array:
    """Return a matrix by columns: the same if it lies so, else a copy."""
    return a if by_columns(a) else a.T.copy("C").T


def is_usable(a: Array) -> bool:
    """Tell whether routines can be given a matrix as it lies."""
    return bool(by_columns(a) or by_columns(a.T))

"""The routines on a processor, for simulated devices: NumPy's and SciPy's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_blas_funcs, get_lapack_funcs

from lazydag.backends.cuda.library.stacks import OneByOne

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class HostBlas:
    """See `lazydag.backends.cuda.library.blas.Blas`."""

    @property
    def xp(self) -> Any:
        """NumPy."""
        return np

    def gemm(
        self, a: Array, b: Array, c: Array, alpha: float = 1.0, beta: float = 0.0
    ) -> None:
        """Add a product."""
        product = a @ b if alpha == 1 else alpha * (a @ b)
        c[...] = product + beta * c if beta else product

    def syrk(
        self, a: Array, c: Array, alpha: float, beta: float, *, lower: bool
    ) -> None:
        """Add one triangle of a product."""
        whole = c.copy()
        self.gemm(a, a.T, whole, alpha, beta)
        np.copyto(c, whole, where=_triangle(c, lower=lower))

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
        """Solve with a triangle."""
        (call,) = get_blas_funcs(("trsm",), (a, b))
        b[...] = call(alpha, a, b, lower=lower, trans_a=trans, diag=unit)

    def potrf(self, a: Array, info: Array, *, lower: bool) -> None:
        """Overwrite a triangle by its Cholesky factor."""
        (call,) = get_lapack_funcs(("potrf",), (a,))
        found, info[...] = call(a, lower=lower, clean=False)
        np.copyto(a, found, where=_triangle(a, lower=lower))

    def getrf(self, a: Array, pivots: Array, info: Array) -> None:
        """Overwrite a matrix by its LU factors."""
        (call,) = get_lapack_funcs(("getrf",), (a,))
        a[...], found, info[...] = call(a)
        pivots[...] = found + 1

    def swap(self, a: Array, pivots: Array, *, reverse: bool = False) -> None:
        """Exchange rows."""
        pairs = list(enumerate((pivots - 1).tolist()))
        for row, other in reversed(pairs) if reverse else pairs:
            if 0 <= other < len(a):
                a[[row, other]] = a[[other, row]]

    def geqrf(self, a: Array, tau: Array) -> None:
        """Overwrite a matrix by r and reflectors."""
        (call,) = get_lapack_funcs(("geqrf",), (a,))
        a[...], tau[...], *_ = call(a)

    def potrf_each(self, stack: Array, info: Array, *, lower: bool) -> None:
        """Factorise each matrix of a stack."""
        OneByOne(self).potrf(stack, info, lower=lower)

    def getrf_each(self, stack: Array, pivots: Array, info: Array) -> None:
        """Factorise each matrix of a stack."""
        OneByOne(self).getrf(stack, pivots, info)

    def swap_each(self, stack: Array, pivots: Array) -> None:
        """Exchange rows of each matrix of a stack."""
        OneByOne(self).swap(stack, pivots)

    def trsm_each(
        self,
        a: Array,
        b: Array,
        *,
        lower: bool,
        trans: bool = False,
        unit: bool = False,
    ) -> None:
        """Solve with each of a stack of triangles."""
        OneByOne(self).trsm(a, b, lower=lower, trans=trans, unit=unit)


def _triangle(a: Array, *, lower: bool) -> Array:
    found: Array = np.tri(*a.shape, dtype=bool)
    return found if lower else found.T

"""The routines on a GPU: cuBLAS and cuSOLVER, through CuPy's handles.

CuPy's own functions copy matrices that are parts of others, and drop what a
factorisation says at its end. Here matrices are handed over as they lie.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final

import numpy as np

from lazydag.backends.cuda.library.blas import Array, as_columns, by_columns, is_usable
from lazydag.backends.cuda.library.exchange import Exchange
from lazydag.backends.cuda.library.stacks import OneByOne

# The letters and numbers of cuBLAS's interface.
_LETTERS: Final = {"f": "s", "d": "d", "F": "c", "D": "z"}
_AS_IT_IS: Final = 0
_TRANSPOSED: Final = 1
_LEFT: Final = 0
_RIGHT: Final = 1

# Elements of a matrix for each of a stack, up to which one call does all (as in CuPy).
_SMALL: Final = 1 << 16


@dataclass(slots=True)
class CuBlas:
    """See `lazydag.backends.cuda.library.blas.Blas`.

    Attributes
    ----------
    xp
        CuPy.
    """

    xp: Any = field(init=False)
    _device: Any = field(init=False)
    _blas: Any = field(init=False)
    _solver: Any = field(init=False)
    _exchange: Exchange = field(init=False)

    def __post_init__(self) -> None:
        self.xp = import_module("cupy")
        self._exchange = Exchange(self.xp)
        self._device = import_module("cupy.cuda.device")
        # Attributes, which CuPy loads with the libraries that packages bring.
        libraries = import_module("cupy_backends.cuda.libs")
        self._blas, self._solver = libraries.cublas, libraries.cusolver

    def gemm(
        self, a: Array, b: Array, c: Array, alpha: float = 1.0, beta: float = 0.0
    ) -> None:
        """Add a product."""
        if not by_columns(c):
            a, b, c = b.T, a.T, c.T
        a, op_a, lda = _operand(a)
        b, op_b, ldb = _operand(b)
        factor, summand = (np.array(x, c.dtype) for x in (alpha, beta))
        getattr(self._blas, f"{_letter(c)}gemm")(
            *(self._device.get_cublas_handle(), op_a, op_b, *c.shape, a.shape[1]),
            *(factor.ctypes.data, a.data.ptr, lda, b.data.ptr, ldb),
            *(summand.ctypes.data, c.data.ptr, by_columns(c)),
        )

    def syrk(
        self, a: Array, c: Array, alpha: float, beta: float, *, lower: bool
    ) -> None:
        """Add one triangle of a product."""
        if not by_columns(c):
            c, lower = c.T, not lower
        a, op, lda = _operand(a)
        factor, summand = (np.array(x, c.dtype) for x in (alpha, beta))
        getattr(self._blas, f"{_letter(c)}syrk")(
            *(self._device.get_cublas_handle(), int(not lower), op, *a.shape),
            *(factor.ctypes.data, a.data.ptr, lda),
            *(summand.ctypes.data, c.data.ptr, by_columns(c)),
        )

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
        a, b, flags = _flags(a, b, lower=lower, trans=trans, unit=unit)
        factor = np.array(alpha, b.dtype)
        getattr(self._blas, f"{_letter(b)}trsm")(
            *(self._device.get_cublas_handle(), *flags, *b.shape, factor.ctypes.data),
            *(a.data.ptr, _ld(a), b.data.ptr, by_columns(b)),
        )

    def potrf(self, a: Array, info: Array, *, lower: bool) -> None:
        """Overwrite a triangle by its Cholesky factor."""
        if not by_columns(a):  # whose transpose is the factor of the transpose
            a, lower = a.T, not lower
        place = a.data.ptr, by_columns(a)
        what = self._device.get_cusolver_handle(), int(not lower), len(a), *place
        size = self._call("potrf_bufferSize", a)(*what)
        work = self.xp.empty(max(1, size), a.dtype)
        self._call("potrf", a)(*what, work.data.ptr, size, info.data.ptr)

    def getrf(self, a: Array, pivots: Array, info: Array) -> None:
        """Overwrite a matrix by its LU factors."""
        what = self._device.get_cusolver_handle(), *a.shape, a.data.ptr, by_columns(a)
        size = self._call("getrf_bufferSize", a)(*what)
        work = self.xp.empty(max(1, size), a.dtype)
        given = work.data.ptr, pivots.data.ptr, info.data.ptr
        self._call("getrf", a)(*what, *given)

    def swap(self, a: Array, pivots: Array, *, reverse: bool = False) -> None:
        """Exchange rows."""
        self._exchange(a[None], pivots[None], reverse=reverse)

    def geqrf(self, a: Array, tau: Array) -> None:
        """Overwrite a matrix by r and reflectors."""
        what = self._device.get_cusolver_handle(), *a.shape, a.data.ptr, by_columns(a)
        size = self._call("geqrf_bufferSize", a)(*what)
        work = self.xp.empty(max(1, size), a.dtype)
        info = self.xp.empty(1, np.int32)
        given = tau.data.ptr, work.data.ptr, size, info.data.ptr
        self._call("geqrf", a)(*what, *given)

    def potrf_each(self, stack: Array, info: Array, *, lower: bool) -> None:
        """Factorise each matrix of a stack."""
        if not _are_small(stack):
            OneByOne(self).potrf(stack, info, lower=lower)
            return
        is_turned = not by_columns(stack[0])
        what = self._device.get_cusolver_handle(), int(lower == is_turned)
        given = self._places(stack).data.ptr, _ld(stack[0]), info.data.ptr
        self._call("potrfBatched", stack)(*what, stack.shape[-1], *given, len(stack))

    def getrf_each(self, stack: Array, pivots: Array, info: Array) -> None:
        """Factorise each matrix of a stack."""
        _, m, n = stack.shape
        if m != n or not _are_small(stack):
            OneByOne(self).getrf(stack, pivots, info)
            return
        places = self._places(stack)
        getattr(self._blas, f"{_letter(stack)}getrfBatched")(
            *(self._device.get_cublas_handle(), n, places.data.ptr, _ld(stack[0])),
            *(pivots.data.ptr, info.data.ptr, len(stack)),
        )

    def swap_each(self, stack: Array, pivots: Array) -> None:
        """Exchange rows of each matrix of a stack."""
        self._exchange(stack, pivots)

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
        if not _are_small(a):
            OneByOne(self).trsm(a, b, lower=lower, trans=trans, unit=unit)
            return
        a = a if is_usable(a[0]) else a.copy("C")
        one, x, flags = _flags(a[0], b[0], lower=lower, trans=trans, unit=unit)
        places, found = self._places(a), self._places(b)
        factor = np.array(1, b.dtype)
        getattr(self._blas, f"{_letter(b)}trsmBatched")(
            *(self._device.get_cublas_handle(), *flags, *x.shape, factor.ctypes.data),
            *(places.data.ptr, _ld(one), found.data.ptr, by_columns(x), len(b)),
        )

    def _places(self, stack: Array) -> Array:
        """Return an array with the address of each matrix."""
        numbers = self.xp.arange(len(stack), dtype=np.uint64)
        step = np.uint64(stack.strides[0] % (1 << 64))  # backwards, it wraps around
        return numbers * step + np.uint64(stack.data.ptr)

    def _call(self, name: str, a: Array) -> Any:
        return getattr(self._solver, _letter(a) + name)


def _letter(a: Array) -> str:
    return _LETTERS[a.dtype.char]


def _are_small(stack: Array) -> bool:
    """Tell whether one call for all matrices takes less time than one for each."""
    return bool(len(stack) * _SMALL >= stack.shape[-1] ** 2)


def _ld(a: Array) -> int:
    return by_columns(a) or by_columns(a.T)


def _operand(a: Array) -> tuple[Array, int, int]:
    """Return a factor, how it is read by columns, and its leading dimension."""
    a = a if is_usable(a) else as_columns(a)
    return a, _AS_IT_IS if by_columns(a) else _TRANSPOSED, _ld(a)


def _flags(
    a: Array, b: Array, *, lower: bool, trans: bool, unit: bool
) -> tuple[Array, Array, tuple[int, ...]]:
    """Return the operands of trsm, b by columns, and side, fill, op and diagonal."""
    side = _LEFT
    if not by_columns(b):
        b, side, trans = b.T, _RIGHT, not trans
    a, op, _ = _operand(a)
    if op == _TRANSPOSED:
        lower, trans = not lower, not trans
    return a, b, (side, int(not lower), int(trans), int(unit))

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

# The letters and numbers of cuBLAS's interface.
_LETTERS: Final = {"f": "s", "d": "d", "F": "c", "D": "z"}
_AS_IT_IS: Final = 0
_TRANSPOSED: Final = 1
_LEFT: Final = 0
_RIGHT: Final = 1

_THREADS: Final = 256
_EXCHANGE: Final = """
typedef ELEMENT T;
extern "C" __global__ void exchange(
    T *a, long long row, long long column, int rows, int columns,
    const int *pivots, int count, bool reverse)
{
    long long j = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (j >= columns) return;
    T *lane = a + j * column;
    for (int k = 0; k < count; ++k) {
        int i = reverse ? count - 1 - k : k, other = pivots[i] - 1;
        if (other == i || other < 0 || other >= rows) continue;
        T kept = lane[i * row];
        lane[i * row] = lane[other * row];
        lane[other * row] = kept;
    }
}
"""
_ELEMENTS: Final = {4: "unsigned int", 8: "unsigned long long", 16: "double2"}


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
    _exchanges: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.xp = import_module("cupy")
        self._device = import_module("cupy.cuda.device")
        self._blas = import_module("cupy_backends.cuda.libs.cublas")
        self._solver = import_module("cupy_backends.cuda.libs.cusolver")

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
        side = _LEFT
        if not by_columns(b):
            b, side, trans = b.T, _RIGHT, not trans
        a, op, lda = _operand(a)
        if op == _TRANSPOSED:
            lower, trans = not lower, not trans
        factor = np.array(alpha, b.dtype)
        getattr(self._blas, f"{_letter(b)}trsm")(
            *(self._device.get_cublas_handle(), side, int(not lower)),
            *(int(trans), int(unit), *b.shape, factor.ctypes.data),
            *(a.data.ptr, lda, b.data.ptr, by_columns(b)),
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
        (rows, columns), strides = a.shape, (step // a.itemsize for step in a.strides)
        given = (
            *(a, *map(np.int64, strides), np.int32(rows), np.int32(columns)),
            *(pivots, np.int32(pivots.size), np.bool_(reverse)),
        )
        self._exchange(a.itemsize)((-(-columns // _THREADS),), (_THREADS,), given)

    def geqrf(self, a: Array, tau: Array) -> None:
        """Overwrite a matrix by r and reflectors."""
        what = self._device.get_cusolver_handle(), *a.shape, a.data.ptr, by_columns(a)
        size = self._call("geqrf_bufferSize", a)(*what)
        work = self.xp.empty(max(1, size), a.dtype)
        info = self.xp.empty(1, np.int32)
        given = tau.data.ptr, work.data.ptr, size, info.data.ptr
        self._call("geqrf", a)(*what, *given)

    def _call(self, name: str, a: Array) -> Any:
        return getattr(self._solver, _letter(a) + name)

    def _exchange(self, itemsize: int) -> Any:
        """Return a kernel, which CuPy loads on each device that it is launched on."""
        found = self._exchanges.get(itemsize)
        if found is None:
            code = _EXCHANGE.replace("ELEMENT", _ELEMENTS[itemsize])
            found = self._exchanges[itemsize] = self.xp.RawKernel(code, "exchange")
        return found


def _letter(a: Array) -> str:
    return _LETTERS[a.dtype.char]


def _operand(a: Array) -> tuple[Array, int, int]:
    """Return a factor, how it is read by columns, and its leading dimension."""
    a = a if is_usable(a) else as_columns(a)
    if by_columns(a):
        return a, _AS_IT_IS, by_columns(a)
    return a, _TRANSPOSED, by_columns(a.T)

"""cuBLAS and cuSOLVER on a processor: functions of their interface, by LAPACK.

They take what CuPy's bindings take: handles, numbers, and addresses of memory.
"""

# ruff: noqa: PLR0917 -- these are the signatures of cuBLAS and cuSOLVER

import ctypes
from types import SimpleNamespace

import numpy as np

from lazydag.backends.cpu.blas.addresses import routine_address
from lazydag.backends.cuda.library.exchange import Exchange

LETTERS = {"s": np.float32, "d": np.float64}
OPS = {0: b"N", 1: b"T"}
FILLS = {0: b"L", 1: b"U"}
SIDES = {0: b"L", 1: b"R"}
DIAGONALS = {0: b"N", 1: b"U"}
HANDLE = 77


class Array(np.ndarray):
    """An array whose address CuPy's users ask for."""

    @property
    def data(self):
        return SimpleNamespace(ptr=self.ctypes.data)


def array(values):
    """Return an array with the same strides."""
    return np.asarray(values).view(Array)


def fortran(name, letter, *arguments):
    """Call a routine: bytes are characters, pointers are given as such."""
    kept = []

    def pointer(argument):
        if isinstance(argument, ctypes.c_void_p):
            return argument
        if isinstance(argument, bytes):
            kept.append(ctypes.c_char(argument))
        else:
            kept.append(ctypes.c_int(argument))
        return ctypes.cast(ctypes.byref(kept[-1]), ctypes.c_void_p)

    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(arguments))
    function(routine_address(name, letter))(*map(pointer, arguments))


def at(address):
    return ctypes.c_void_p(address)


class Blas:
    """Functions of cuBLAS."""

    def __getattr__(self, name):
        letter, routine = name[0], name[1:]
        return lambda handle, *rest: getattr(self, f"_{routine}")(letter, handle, *rest)

    def _gemm(self, letter, handle, op_a, op_b, m, n, k, alpha, a, lda, b, ldb, *rest):
        beta, c, ldc = rest
        assert handle == HANDLE
        first, second = (at(alpha), at(a), lda), (at(b), ldb)
        sizes = OPS[op_a], OPS[op_b], m, n, k
        fortran("gemm", letter, *sizes, *first, *second, at(beta), at(c), ldc)

    def _syrk(self, letter, handle, fill, op, n, k, alpha, a, lda, beta, c, ldc):
        assert handle == HANDLE
        given = at(alpha), at(a), lda, at(beta), at(c), ldc
        fortran("syrk", letter, FILLS[fill], OPS[op], n, k, *given)

    def _trsm(self, letter, handle, side, fill, op, diagonal, m, n, alpha, *rest):
        a, lda, b, ldb = rest
        assert handle == HANDLE
        flags = SIDES[side], FILLS[fill], OPS[op], DIAGONALS[diagonal]
        fortran("trsm", letter, *flags, m, n, at(alpha), at(a), lda, at(b), ldb)

    def _getrfBatched(self, letter, handle, n, places, ld, pivots, info, count):
        for k, place in enumerate(addresses(places, count)):
            given = at(pivots + 4 * k * n), at(info + 4 * k)
            fortran("getrf", letter, n, n, at(place), ld, *given)
        assert handle == HANDLE

    def _trsmBatched(self, letter, handle, side, fill, op, diagonal, m, n, *rest):
        alpha, a, lda, b, ldb, count = rest
        flags = side, fill, op, diagonal, m, n, alpha
        for one, other in zip(addresses(a, count), addresses(b, count), strict=True):
            self._trsm(letter, handle, *flags, one, lda, other, ldb)


def addresses(place, count):
    """Return the addresses that lie at one."""
    return list((ctypes.c_uint64 * count).from_address(place))


class Solver:
    """Functions of cuSOLVER."""

    def __getattr__(self, name):
        letter, routine = name[0], name[1:]
        return lambda handle, *rest: getattr(self, f"_{routine}")(letter, handle, *rest)

    def _potrf_bufferSize(self, _letter, _handle, _fill, n, _a, lda):
        assert lda >= n
        return 3

    def _potrf(self, letter, handle, fill, n, a, lda, _work, size, info):
        assert (handle, size) == (HANDLE, 3)
        fortran("potrf", letter, FILLS[fill], n, at(a), lda, at(info))

    def _potrfBatched(self, letter, handle, fill, n, places, ld, info, count):
        for k, place in enumerate(addresses(places, count)):
            self._potrf(letter, handle, fill, n, place, ld, 0, 3, info + 4 * k)

    def _getrf_bufferSize(self, _letter, _handle, m, _n, _a, lda):
        assert lda >= m
        return 5

    def _getrf(self, letter, handle, m, n, a, lda, _work, pivots, info):
        assert handle == HANDLE
        fortran("getrf", letter, m, n, at(a), lda, at(pivots), at(info))

    def _geqrf_bufferSize(self, _letter, _handle, _m, n, _a, _lda):
        return 64 * n

    def _geqrf(self, letter, handle, m, n, a, lda, tau, work, size, info):
        assert handle == HANDLE
        fortran("geqrf", letter, m, n, at(a), lda, at(tau), at(work), size, at(info))


class Kernel:
    """A kernel of CUDA C that exchanges rows, run thread by thread."""

    def __init__(self, code, name):
        assert name in code

    def __call__(self, groups, threads, given):
        a, *strides, matrices, rows, columns, pivots, lane, count, reverse = given
        assert groups[0] * threads[0] >= columns
        assert groups[1] <= matrices
        assert a.shape == (matrices, rows, columns)
        assert a.strides == tuple(step * a.itemsize for step in strides)
        assert pivots.shape == (matrices, count)
        assert pivots.strides[0] == lane * pivots.itemsize
        for matrix, others in zip(a, pivots - 1, strict=True):
            for k in range(count - 1, -1, -1) if reverse else range(count):
                matrix[[k, others[k]]] = matrix[[others[k], k]]


def install(blas):
    """Let the routines for GPUs call these."""
    blas.xp = SimpleNamespace(
        arange=lambda *given, **named: array(np.arange(*given, **named)),
        empty=lambda *given: array(np.empty(*given)),
        RawKernel=Kernel,
    )
    blas._exchange = Exchange(blas.xp)
    blas._blas, blas._solver = Blas(), Solver()
    blas._device = SimpleNamespace(
        get_cublas_handle=lambda: HANDLE, get_cusolver_handle=lambda: HANDLE
    )

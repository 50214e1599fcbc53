"""Products and Cholesky's factors on a GPU, beside cuBLAS and cuSOLVER themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.gpu_libraries import (
    check,
    on_device,
    ours,
    synchronized,
    with_cupy,
    with_jax,
    with_torch,
)
from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load
from tests.benchmarks.report import Goal, Row

SIDE = 8192
DIRECT = "called directly"
Array = NDArray[Any]


def matmul(_library: Any, a: Any, b: Any) -> Any:
    """Return a product."""
    return a @ b


def cholesky(library: Any, a: Any) -> Any:
    """Return a lower factor."""
    return library.linalg.cholesky(a)


def direct_matmul(a: Any, b: Any) -> Call | None:
    """Return cuBLAS's routine, into an array that exists."""
    cupy, routines = load("cupy"), load("cupy.cublas")
    if cupy is None:
        return None
    x, y = (cupy.asarray(each) for each in (a, b))
    out = cupy.empty((x.shape[0], y.shape[1]), x.dtype)
    return lambda: synchronized(cupy, routines.gemm("N", "N", x, y, out=out, beta=0.0))


def direct_cholesky(a: Any) -> Call | None:
    """Return cuSOLVER's routine over a copy, with working memory that exists."""
    cupy, libraries = load("cupy"), load("cupy_backends.cuda.libs")
    if cupy is None:
        return None
    cublas, cusolver = libraries.cublas, libraries.cusolver
    source = cupy.asarray(a)
    n, letter = len(source), source.dtype.char
    letter = {"f": "s", "d": "d"}[letter]
    potrf = getattr(cusolver, f"{letter}potrf")
    handle, fill = cupy.cuda.device.get_cusolver_handle(), cublas.CUBLAS_FILL_MODE_UPPER
    count = getattr(cusolver, f"{letter}potrf_bufferSize")(
        handle, fill, n, source.data.ptr, n
    )
    work, info = cupy.empty(count, source.dtype), cupy.empty(1, np.int32)
    out = cupy.empty_like(source)

    def run() -> Any:
        cupy.copyto(out, source)
        potrf(handle, fill, n, out.data.ptr, n, work.data.ptr, count, info.data.ptr)
        # The other half is set to zero, as in our result.
        return synchronized(cupy, cupy.tril(out))

    return run


def definite(n: int, dtype: str) -> list[Array]:
    """Return a matrix that has a factor."""
    x = np.random.default_rng(0).random((n, n), np.float32).astype(dtype)
    return [(x + x.T) / 2 + n * np.eye(n, dtype=dtype)]


def square(n: int, dtype: str) -> list[Array]:
    """Return two random matrices."""
    rng = np.random.default_rng(0)
    return [rng.random((n, n), np.float32).astype(dtype) for _ in range(2)]


#: Name, the function, its arguments, the routine, operations by n^3.
CASES: tuple[
    tuple[str, Callable[..., Any], Callable[..., Any], Callable[..., Any], float], ...
] = (
    ("matmul", matmul, square, direct_matmul, 2.0),
    ("Cholesky", cholesky, definite, direct_cholesky, 1 / 3),
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each case in both precisions."""
    n = settings.size(SIDE)
    for name, function, operands, direct, flops in CASES:
        for dtype in ("float64", "float32"):
            arrays = on_device(operands(n, dtype))
            made = {
                OURS: ours(function, arrays),
                DIRECT: direct(*arrays),
                "CuPy": with_cupy(function, arrays),
                "torch.compile": with_torch(function, arrays),
                "JAX": with_jax(function, arrays),
            }
            calls = {key: call for key, call in made.items() if call is not None}
            check(calls, 1e-2 if dtype == "float32" else 1e-9)
            times = race(calls, settings)
            mine = times.median(OURS)
            yield Row(
                name=f"{name}, n = {n}, {dtype}",
                threads=settings.threads,
                ours=mine,
                peers=times.peers(),
                ratios=times.ratios(),
                goals=(Goal(f"the routine {DIRECT}", 0.95, times.ratio(DIRECT)),),
                note=f"{flops * n**3 / mine / 1e12:.3g} Tflop/s" if mine else "",
            )

"""How the libraries do the problems of linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import Call
from tests.benchmarks.libraries import load, load_jax

Array = NDArray[Any]
Function = Callable[..., Any]

TILE = 1024  # dask's chunks


def with_numpy(name: str, arrays: tuple[Array, ...]) -> Call | None:
    """Return NumPy's call."""
    functions: dict[str, Function] = {
        "matmul": np.matmul,
        "cholesky": np.linalg.cholesky,
        "qr": np.linalg.qr,
        "tall qr": np.linalg.qr,
        "svd": lambda a: np.linalg.svd(a, full_matrices=False),
        "eigh": np.linalg.eigh,
    }
    return bound(functions.get(name), arrays)


def with_scipy(name: str, arrays: tuple[Array, ...]) -> Call | None:
    """Return SciPy's call, without its search for NaN."""
    linalg = load("scipy.linalg")
    if linalg is None:
        return None
    options: dict[str, dict[str, Any]] = {
        "cholesky": {"lower": True},
        "lu_factor": {},
        "solve_triangular": {"lower": True},
        "qr": {"mode": "economic"},
        "svd": {"full_matrices": False},
        "eigh": {},
    }
    function = {"lu": "lu_factor", "tall qr": "qr"}.get(name, name)
    if function not in options:
        return None
    chosen = options[function]
    call = getattr(linalg, function)
    return bound(lambda *each: call(*each, check_finite=False, **chosen), arrays)


def with_jax(name: str, arrays: tuple[Array, ...]) -> Call | None:
    """Return JAX's call, jitted, on arrays that it holds."""
    jax = load_jax()
    if jax is None:
        return None
    jnp, linalg = jax.numpy, load("jax.scipy.linalg")
    functions: dict[str, Function] = {
        "matmul": jnp.matmul,
        "cholesky": jnp.linalg.cholesky,
        "lu": linalg.lu_factor,
        "solve_triangular": lambda a, b: linalg.solve_triangular(a, b, lower=True),
        "qr": jnp.linalg.qr,
        "tall qr": jnp.linalg.qr,
        "svd": lambda a: jnp.linalg.svd(a, full_matrices=False),
        "eigh": jnp.linalg.eigh,
    }
    jitted, held = jax.jit(functions[name]), [jnp.asarray(each) for each in arrays]
    return lambda: jax.block_until_ready(jitted(*held))


def with_dask(name: str, arrays: tuple[Array, ...]) -> Call | None:
    """Return dask's call on threads, if it has one."""
    da, dask = load("dask.array"), load("dask")
    if da is None:
        return None
    dask.config.set(scheduler="threads")
    functions: dict[str, Function] = {
        "matmul": da.matmul,
        "cholesky": lambda a: da.linalg.cholesky(a, lower=True),
        "lu": da.linalg.lu,
        "solve_triangular": lambda a, b: da.linalg.solve_triangular(a, b, lower=True),
        "qr": da.linalg.qr,
        "tall qr": da.linalg.qr,
        "svd": da.linalg.svd,
    }
    if name not in functions:
        return None
    held = [da.from_array(each, chunks=chunks(name, each)) for each in arrays]
    found = functions[name](*held)
    listed = found if isinstance(found, tuple) else (found,)
    return lambda: dask.compute(*listed)


def chunks(name: str, array: Array) -> tuple[int, int]:
    """Return the shape of dask's chunks: for QR and SVD as wide as the array."""
    m, n = array.shape
    if name in ("qr", "tall qr", "svd"):
        return max(n, m // 16), n
    return min(TILE, m), min(TILE, n)


def bound(function: Function | None, arrays: tuple[Array, ...]) -> Call | None:
    """Return a call with its operands, or None."""
    return None if function is None else lambda: function(*arrays)


PEERS = {
    "NumPy": with_numpy,
    "SciPy": with_scipy,
    "JAX": with_jax,
    "dask": with_dask,
}

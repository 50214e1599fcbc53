"""Libraries for GPUs, given arrays that lie in memory that all of them share."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.harness import OURS, Call
from tests.benchmarks.libraries import load, load_jax, load_lazydag

Array = NDArray[Any]
#: ``function(library, *arrays)``, the library by NumPy's names.
Function = Callable[..., Any]

DEVICE = "gpu:0"


def prepare() -> None:
    """Set what libraries read when they are loaded: JAX takes all memory otherwise."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def filled(n: int, seed: int, low: float = 1.0, high: float = 2.0) -> Array:
    """Return n numbers, of which a part is random and the others repeat it."""
    few = np.random.default_rng(seed).uniform(low, high, min(n, 1 << 20))
    return np.resize(few, n)


def on_device(arrays: Sequence[Array]) -> list[Any]:
    """Return lazydag's arrays on the device."""
    ld = load_lazydag()
    return [ld.asarray(array).to_device(DEVICE) for array in arrays]


def contenders(function: Function, arrays: Sequence[Any]) -> dict[str, Call]:
    """Return the ways to compute a function of arrays on the device."""
    made = {
        OURS: ours(function, arrays),
        "CuPy": with_cupy(function, arrays),
        "torch.compile": with_torch(function, arrays),
        "JAX": with_jax(function, arrays),
    }
    return {name: call for name, call in made.items() if call is not None}


def ours(function: Function, arrays: Sequence[Any]) -> Call:
    """Return the call of lazydag, which ends when the device is done."""
    ld = load_lazydag()
    jitted = ld.jit(lambda *args: function(ld, *args))
    return lambda: jitted(*arrays)


def with_cupy(function: Function, arrays: Sequence[Any]) -> Call | None:
    """Return CuPy's calls one after the other."""
    cupy = load("cupy")
    if cupy is None:
        return None
    held = [cupy.asarray(array) for array in arrays]
    return lambda: synchronized(cupy, function(cupy, *held))


def synchronized(cupy: Any, result: Any) -> Any:
    """Return a result when the device is done with all that it was given."""
    cupy.cuda.get_current_stream().synchronize()
    return result


def with_torch(function: Function, arrays: Sequence[Any]) -> Call | None:
    """Return what PyTorch's compiler makes of it."""
    torch = load("torch")
    if torch is None or not torch.cuda.is_available():
        return None
    held = [torch.as_tensor(array, device="cuda") for array in arrays]
    compiled = torch.compile(lambda *args: function(torch, *args))

    def run() -> Any:
        result = compiled(*held)
        torch.cuda.synchronize()
        return result

    return run


def with_jax(function: Function, arrays: Sequence[Any]) -> Call | None:
    """Return the jitted function of JAX."""
    jax, cupy = load_jax(), load("cupy")
    if jax is None or cupy is None or jax.default_backend() != "gpu":
        return None
    held = [jax.dlpack.from_dlpack(cupy.asarray(array)) for array in arrays]
    jitted = jax.jit(lambda *args: function(jax.numpy, *args))
    return lambda: jax.block_until_ready(jitted(*held))


def check(calls: dict[str, Call], rtol: float = 1e-12) -> None:
    """Raise AssertionError where a contender has other results than ours."""
    wanted = _on_host(calls[OURS]())
    for name, call in calls.items():
        for found, want in zip(_on_host(call()), wanted, strict=True):
            np.testing.assert_allclose(found, want, rtol=rtol, err_msg=name)


def _on_host(result: Any) -> list[Array]:
    """Return the first elements of results, as NumPy's arrays."""
    listed = result if isinstance(result, tuple | list) else [result]
    return [_values(each.reshape(-1)[:1000]) for each in listed]


def _values(array: Any) -> Array:
    if hasattr(array, "get"):  # CuPy's never leave the device unless asked to
        return np.asarray(array.get())
    return np.asarray(array.cpu() if hasattr(array, "cpu") else array)

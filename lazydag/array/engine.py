"""The one place that calls the compiler, which is loaded when first needed.

Loading it loads the code generator; ``import lazydag`` must not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from lazydag.array.values import NDArray, Value, is_far
from lazydag.ir.attrs import UserKernel
from lazydag.ir.graph import Graph
from lazydag.ir.types import DType

if TYPE_CHECKING:
    from lazydag.compiler import Plan
    from lazydag.runtime.device_array import DeviceArray


def evaluate(
    graph: Graph, arrays: Sequence[Value], located: Callable[[], Graph]
) -> list[Value]:
    """Return the values of the graph's outputs, in arrays of their own.

    If it fails, the error has the user's line from the `located` graph.
    """
    from lazydag import compiler  # noqa: PLC0415

    found = compiler.evaluate(graph, arrays, located=located)
    return [each if is_far(each) else np.asarray(each) for each in found]


def plan(graph: Graph, arrays: Sequence[Value]) -> Plan:
    """Return the plan of `graph` for arrays that lie like `arrays`."""
    from lazydag import compiler  # noqa: PLC0415

    return compiler.plan(graph, [compiler.layout_of(array) for array in arrays])


def device_names() -> tuple[str, ...]:
    """Return where arrays can be: the host, and the GPUs that plans are made for."""
    from lazydag import compiler  # noqa: PLC0415

    return compiler.device_names()


def adopted(owner: Any, *, wants_capsule: bool = False) -> DeviceArray:
    """Return the array of a device that another library has."""
    from lazydag import compiler  # noqa: PLC0415

    return compiler.adopted(owner, wants_capsule=wants_capsule)


def on_host(value: Value) -> NDArray:
    """Return the elements for NumPy; those on a device are copied."""
    if isinstance(value, np.ndarray):
        return value
    from lazydag import compiler  # noqa: PLC0415

    return compiler.fetched(value)


def user_kernel_dtype(kernel: UserKernel, dtypes: Sequence[DType]) -> DType:
    """Return what a person's scalar function returns for these dtypes."""
    from lazydag import compiler  # noqa: PLC0415

    return compiler.user_kernel_dtype(kernel, dtypes)


def compile_whole(
    function: FunctionType, plain: Callable[[Any], Any]
) -> Callable[..., Any]:
    """Return a Python function as Numba compiles it, or raise `cannot_compile`."""
    from lazydag import compiler  # noqa: PLC0415

    return compiler.compile_whole(function, plain)


def cannot_compile() -> type[Exception]:
    """Return the error of functions that Numba cannot compile."""
    from lazydag import compiler  # noqa: PLC0415

    return compiler.cannot_compile()


def get_num_threads() -> int:
    """Return how many threads plans run on.

    Examples
    --------
    >>> import lazydag as ld
    >>> ld.get_num_threads() >= 1
    True
    """
    from lazydag import compiler  # noqa: PLC0415

    return compiler.get_num_threads()


def set_num_threads(threads: int) -> None:
    """Let plans run on so many threads; the results do not depend on it.

    Parameters
    ----------
    threads : int
        At least 1. All cores are used by default, or as many as the environment
        variable ``LAZYDAG_NUM_THREADS`` says.
    """
    from lazydag import compiler  # noqa: PLC0415

    compiler.set_num_threads(threads)

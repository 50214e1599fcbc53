"""The one place that calls the compiler, which is loaded when first needed.

Loading it loads the code generator; ``import lazydag`` must not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from lazydag.ir.attrs import UserKernel
from lazydag.ir.graph import Graph
from lazydag.ir.types import DType

if TYPE_CHECKING:
    from lazydag.compiler import Plan

NDArray: TypeAlias = "np.ndarray[Any, Any]"


def evaluate(
    graph: Graph, arrays: Sequence[NDArray], located: Callable[[], Graph]
) -> list[NDArray]:
    """Return the values of the graph's outputs, in arrays of their own.

    If it fails, the error has the user's line from the `located` graph.
    """
    from lazydag import compiler  # noqa: PLC0415

    return compiler.evaluate(graph, arrays, located=located)


def plan(graph: Graph, arrays: Sequence[NDArray]) -> Plan:
    """Return the plan of `graph` for arrays with the layouts of `arrays`."""
    from lazydag import compiler  # noqa: PLC0415

    return compiler.plan(graph, [compiler.layout_of(array) for array in arrays])


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

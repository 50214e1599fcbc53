"""Tasks that call NumPy on whole arrays, node by node.

For library ops, which are calls on every backend, and for the reference backend.
"""

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.errors import SourceLine
from lazydag.ir.graph import Graph
from lazydag.ir.lapack import calls_small_lapack
from lazydag.ir.node import Node
from lazydag.ir.reference import evaluate_graph
from lazydag.runtime import CallTask, Mode, View

Array: TypeAlias = NDArray[Any]


def call_arguments(inputs: Sequence[View], outputs: Sequence[View]) -> tuple[View, ...]:
    """Return the views of a call: inputs to read, then outputs to write."""
    return (
        *(replace(v, mode=Mode.IN) for v in inputs),
        *(replace(v, mode=Mode.OUT) for v in outputs),
    )


def evaluation_task(
    name: str,
    body: Graph,
    inputs: Sequence[View],
    outputs: Sequence[View],
    source: SourceLine | None,
    seconds: float,
) -> CallTask:
    """Return a task that evaluates the nodes of `body` one by one."""
    arguments = call_arguments(inputs, outputs)
    return CallTask(name, _function(body), arguments, source, seconds)


def _function(body: Graph) -> Callable[..., None]:
    node = body.outputs[0]
    if node.op.name == "matmul" and set(node.srcs) == set(body.params):
        return multiply if node.srcs == body.params else multiply_itself
    return evaluator(body)


def multiply(x: Array, y: Array, out: Array) -> None:
    """Write the product of matrices."""
    with np.errstate(all="ignore"):
        np.matmul(x, y, out=out)


def multiply_itself(x: Array, out: Array) -> None:
    """Write the product of a matrix with itself."""
    with np.errstate(all="ignore"):
        np.matmul(x, x, out=out)


def evaluator(body: Graph) -> Callable[..., None]:
    """Return a function of the inputs' and outputs' arrays that evaluates `body`."""
    count = len(body.params)

    def evaluate(*arrays: Array) -> None:
        # Empty slices have no mean, and NumPy warns of it apart from errstate.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            results = evaluate_graph(body, arrays[:count])
        for result, out in zip(results, arrays[count:], strict=True):
            out[...] = result

    return on_few_threads(evaluate, body.nodes())


def on_few_threads(
    function: Callable[..., None], nodes: Iterable[Node]
) -> Callable[..., None]:
    """Return a task's function, marked if BLAS is to use one thread while it runs."""
    if any(map(calls_small_lapack, nodes)):
        function.uses_blas = True  # type: ignore[attr-defined]
    return function

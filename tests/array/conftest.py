"""The frontend is tested on its own: graphs are evaluated with NumPy, node by node."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from lazydag.array import engine
from lazydag.ir.attrs import UserKernel
from lazydag.ir.graph import Graph, topological
from lazydag.ir.node import Node


class Interpreted:
    """Stands in for a plan."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def run(self, arrays: Sequence[Any], out: Sequence[Any] | None = None) -> list[Any]:
        values = interpret(self.graph, arrays)
        for i, target in enumerate(out or ()):
            if target is not None:
                target[...] = values[i]
                values[i] = target
        return values


class Log:
    """The graphs that were evaluated and planned."""

    def __init__(self) -> None:
        self.evaluated: list[Graph] = []
        self.planned: list[Graph] = []

    def evaluate(
        self, graph: Graph, arrays: Sequence[Any], located: Callable[[], Graph]
    ) -> list[Any]:
        assert [n.op for n in located().nodes()] == [n.op for n in graph.nodes()]
        self.evaluated.append(graph)
        return interpret(graph, arrays)

    def plan(self, graph: Graph, arrays: Sequence[Any]) -> Interpreted:
        assert len(graph.params) == len(arrays)
        for param, array in zip(graph.params, arrays, strict=True):
            assert (param.type.shape, param.type.dtype) == (array.shape, array.dtype)
        self.planned.append(graph)
        return Interpreted(graph)


def interpret(graph: Graph, arrays: Sequence[Any]) -> list[Any]:
    """Return the outputs, in arrays of their own."""
    values: dict[Node, Any] = dict(zip(graph.params, arrays, strict=True))
    with np.errstate(all="ignore"):
        for node in topological(graph.outputs):
            if node not in values:
                assert node.op.evaluate is not None, node
                sources = [values[s] for s in node.srcs]
                value = node.op.evaluate(node.attrs, *sources)
                assert value.shape == node.type.shape, (node, value.shape)
                assert value.dtype == node.type.dtype, (node, value.dtype)
                values[node] = value
    return [np.array(values[node]) for node in graph.outputs]


def result_dtype(kernel: UserKernel, dtypes: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    """Ask the function itself."""
    return np.result_type(kernel.function(*(dtype.type(1) for dtype in dtypes)))


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """Evaluate with NumPy, and keep the graphs."""
    found = Log()
    monkeypatch.setattr(engine, "evaluate", found.evaluate)
    monkeypatch.setattr(engine, "plan", found.plan)
    monkeypatch.setattr(engine, "user_kernel_dtype", result_dtype)
    return found


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Let NumPy divide by zero without a warning."""
    with np.errstate(all="ignore"):
        yield


def counted(function: Any) -> tuple[Any, list[int]]:
    """Return the function, and a list that grows with each run of it."""
    runs: list[int] = []

    @functools.wraps(function)
    def counting(*args: Any, **kwargs: Any) -> Any:
        runs.append(1)
        return function(*args, **kwargs)

    return counting, runs

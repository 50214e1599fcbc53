"""Evaluate a graph of any stage with NumPy, node by node: the oracle."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazydag.ir.attrs import FunctionAttrs, GetAttrs, KernelAttrs, ParamAttrs
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node


def evaluate_graph(
    graph: Graph, arrays: Sequence[NDArray[Any]]
) -> tuple[NDArray[Any], ...]:
    """Return the outputs of `graph` for these arrays, one for each parameter.

    Works at every stage: what passes make of a graph must still give these values.
    """
    values: dict[Node, Any] = {}
    calls = Calls()
    with np.errstate(all="ignore"):
        for node in graph.nodes():
            operands = [values[s] for s in node.srcs]
            values[node] = _value(node, operands, arrays, calls)
    return tuple(values[o] for o in graph.outputs)


class Calls:
    """Evaluates ops, and functions with several results once for all of them."""

    def __init__(self) -> None:
        self._results: dict[Hashable, tuple[NDArray[Any], ...]] = {}

    def value(self, node: Node, operands: Sequence[NDArray[Any]]) -> Any:
        """Return the value of `node` for its sources' values."""
        attrs = node.attrs
        if not isinstance(attrs, FunctionAttrs):
            assert node.op.evaluate is not None
            return node.op.evaluate(attrs, *operands)
        key = attrs.name, attrs.options, node.srcs
        known = self._results.get(key)
        if known is None:
            function = FUNCTIONS[attrs.name]
            known = self._results[key] = function.results(operands, attrs.options)
        return known[attrs.output]


def _value(
    node: Node, operands: list[Any], arrays: Sequence[NDArray[Any]], calls: Calls
) -> Any:
    attrs = node.attrs
    if isinstance(attrs, ParamAttrs):
        return arrays[attrs.slot]
    if isinstance(attrs, KernelAttrs):
        return evaluate_graph(attrs.body, operands)
    if isinstance(attrs, GetAttrs):
        return operands[0][attrs.index]
    return calls.value(node, operands)

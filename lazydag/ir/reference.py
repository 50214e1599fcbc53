"""Evaluate a graph of any stage with NumPy, node by node: the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazydag.ir.attrs import GetAttrs, KernelAttrs, ParamAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node


def evaluate_graph(
    graph: Graph, arrays: Sequence[NDArray[Any]]
) -> tuple[NDArray[Any], ...]:
    """Return the outputs of `graph` for these arrays, one for each parameter.

    Works at every stage: what passes make of a graph must still give these values.
    """
    values: dict[Node, Any] = {}
    with np.errstate(all="ignore"):
        for node in graph.nodes():
            values[node] = _value(node, [values[s] for s in node.srcs], arrays)
    return tuple(values[o] for o in graph.outputs)


def _value(node: Node, operands: list[Any], arrays: Sequence[NDArray[Any]]) -> Any:
    attrs = node.attrs
    if isinstance(attrs, ParamAttrs):
        return arrays[attrs.slot]
    if isinstance(attrs, KernelAttrs):
        return evaluate_graph(attrs.body, operands)
    if isinstance(attrs, GetAttrs):
        return operands[0][attrs.index]
    assert node.op.evaluate is not None
    return node.op.evaluate(attrs, *operands)

"""Evaluate a graph of any stage with NumPy, node by node: the oracle."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lazydag.ir.attrs import (
    BranchAttrs,
    FunctionAttrs,
    GetAttrs,
    KernelAttrs,
    LoopAttrs,
    ParamAttrs,
    StencilAttrs,
    call_key,
)
from lazydag.ir.boundaries import padded
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


_CALLS = (FunctionAttrs, LoopAttrs, BranchAttrs, StencilAttrs)


class Calls:
    """Evaluates ops, and functions with several results once for all of them."""

    def __init__(self) -> None:
        self._results: dict[Hashable, tuple[NDArray[Any], ...]] = {}

    def value(self, node: Node, operands: Sequence[NDArray[Any]]) -> Any:
        """Return the value of `node` for its sources' values."""
        attrs = node.attrs
        if not isinstance(attrs, _CALLS):
            assert node.op.evaluate is not None
            return node.op.evaluate(attrs, *operands)
        key = call_key(attrs), node.srcs
        known = self._results.get(key)
        if known is None:
            known = self._results[key] = _results(attrs, operands)
        return known[attrs.output]


def _results(
    attrs: FunctionAttrs | LoopAttrs | BranchAttrs | StencilAttrs,
    operands: Sequence[NDArray[Any]],
) -> tuple[NDArray[Any], ...]:
    if isinstance(attrs, FunctionAttrs):
        return FUNCTIONS[attrs.name].results(operands, attrs.options)
    if isinstance(attrs, LoopAttrs):
        return _looped(attrs, operands)
    if isinstance(attrs, StencilAttrs):
        return _swept(attrs, operands)
    index, *given = operands
    chosen = min(max(int(index), 0), len(attrs.bodies) - 1)
    return evaluate_graph(attrs.bodies[chosen], given)


def _looped(
    attrs: LoopAttrs, operands: Sequence[NDArray[Any]]
) -> tuple[NDArray[Any], ...]:
    """Run the steps one after the other."""
    body, carries = attrs.body, attrs.carries
    given = carries + attrs.rows
    state = tuple(operands[:carries])
    stacks = [
        np.empty((attrs.length or 0, *o.type.shape), o.type.dtype)
        for o in body.outputs[carries:]
    ]
    step = 0
    while bool(state[0]) if attrs.length is None else step < attrs.length:
        row = step if not attrs.reverse else (attrs.length or 0) - 1 - step
        rows = [array[row] for array in operands[carries:given]]
        number = np.asarray(step)
        found = evaluate_graph(body, [number, *state, *rows, *operands[given:]])
        state = found[:carries]
        for stack, value in zip(stacks, found[carries:], strict=True):
            stack[row] = value
        step += 1
    return *state, *stacks


def _swept(
    attrs: StencilAttrs, operands: Sequence[NDArray[Any]]
) -> tuple[NDArray[Any], ...]:
    """Sweep again and again over arrays with margins."""
    arrays, shape = list(operands), operands[0].shape
    for _ in range(attrs.steps):
        wide = [
            padded(each, attrs.radius, attrs.boundary) if each.ndim else each
            for each in arrays
        ]
        given = [
            wide[source][_shifted(offsets, attrs.radius, shape)]
            for source, *offsets in attrs.neighbours
        ]
        found = evaluate_graph(attrs.body, given)
        arrays[: len(found)] = [np.array(np.broadcast_to(x, shape)) for x in found]
    return tuple(arrays[: len(attrs.body.outputs)])


def _shifted(
    offsets: Sequence[int], radius: Sequence[int], shape: Sequence[int]
) -> tuple[slice, ...]:
    """Return where the neighbours of all elements are in an array with margins."""
    return tuple(
        slice(r + k, r + k + n) for k, r, n in zip(offsets, radius, shape, strict=False)
    )


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

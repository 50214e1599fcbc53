"""Branches: the side that is not chosen is not computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index as whole
from typing import Any

import numpy as np

from lazydag.array.array import Array, node_of
from lazydag.array.control import body as bodies
from lazydag.array.control.fit import fitted, is_weak, same_structure
from lazydag.array.nodes.broadcast import cast
from lazydag.array.pytree import build, flatten, paths
from lazydag.errors import DTypeError, UsageError
from lazydag.ir.attrs import BranchAttrs
from lazydag.ir.node import Node, array_type, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import caller_location
from lazydag.ir.types import BOOL, I64

_BRANCH = OPS["branch"]


def cond(
    pred: Any,
    true_fn: Callable[..., Any],
    false_fn: Callable[..., Any],
    *operands: Any,
) -> Any:
    """Return ``true_fn(*operands) if pred else false_fn(*operands)``.

    Only the function that is chosen is computed, when the result is needed.

    Parameters
    ----------
    pred : bool or array without axes
        What decides.
    true_fn, false_fn : callable
        Return values of the same structure and types.
    *operands : array_like, or tuples, lists, dicts and dataclasses of them
        What both are given.

    Raises
    ------
    ShapeError, DTypeError
        If `pred` has axes, or the results are of different types.

    Examples
    --------
    >>> import lazydag as ld
    >>> x = ld.asarray([1.0, -2.0])
    >>> ld.cond(x.sum() < 0, lambda x: -x, lambda x: x, x).tolist()
    [-1.0, 2.0]
    """
    if not isinstance(pred, Array):
        return true_fn(*operands) if _truth(pred) else false_fn(*operands)
    type_ = array_type(pred.node)
    if type_.shape or type_.dtype.kind not in "biuf":
        raise DTypeError(
            f"the condition is {type_}, and no bool without axes",
            caller_location(),
            "Use where() to choose by element, or all() or any().",
        )
    source = caller_location()
    number = cast(cast(pred.node, BOOL, source), I64, source)
    return _chosen(number, (false_fn, true_fn), operands)


def _truth(pred: Any) -> bool:
    if np.ndim(pred):
        raise DTypeError(
            f"the condition has {np.ndim(pred)} axes, and is no bool",
            caller_location(),
            "Use where() to choose by element, or all() or any().",
        )
    return bool(pred)


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """Return ``branches[index](*operands)``; beyond the ends, of the first or last.

    Parameters
    ----------
    index : int or integer array without axes
        Which function.
    branches : sequence of callable
        Return values of the same structure and types.
    *operands : array_like, or tuples, lists, dicts and dataclasses of them
        What all are given.

    Raises
    ------
    ShapeError, DTypeError
        If `index` is no integer, or the results are of different types.

    Examples
    --------
    >>> import lazydag as ld
    >>> powers = [lambda x: x, lambda x: x * x, lambda x: x * x * x]
    >>> float(ld.switch(ld.asarray(2), powers, 3.0))
    27.0
    """
    branches = list(branches)
    if not branches:
        raise UsageError("there is no branch to switch to", caller_location())
    if not isinstance(index, Array):
        at = min(max(whole(index), 0), len(branches) - 1)
        return branches[at](*operands)
    type_ = array_type(index.node)
    if type_.shape or type_.dtype.kind not in "biu":
        raise DTypeError(
            f"the index is {type_}, and no integer without axes", caller_location()
        )
    return _chosen(cast(index.node, I64, caller_location()), branches, operands)


def _chosen(
    number: Node, functions: Sequence[Callable[..., Any]], operands: tuple[Any, ...]
) -> Any:
    """Return the results of the function of this number."""
    source = caller_location()
    leaves, tree = flatten(operands)
    nodes = [node_of(leaf) for leaf in leaves]
    types = [
        (array_type(node), is_weak(leaf))
        for node, leaf in zip(nodes, leaves, strict=True)
    ]
    traced = [
        bodies.run(f, types, lambda stands: build(tree, stands), f"#{i}")
        for i, f in enumerate(functions)
    ]
    outputs = _agreed(traced)
    each = list(zip(traced, outputs, strict=True))
    captured = list(dict.fromkeys(n for t, o in each for n in bodies.outside(t, o)))
    graphs = tuple(bodies.closed(t, o, captured) for t, o in each)
    srcs = (number, *nodes, *captured)
    found = [
        Array(make(_BRANCH, *srcs, attrs=BranchAttrs(graphs, i), source=source))
        for i in range(len(outputs[0]))
    ]
    return build(traced[0].results, found)


def _agreed(traced: Sequence[bodies.Body]) -> list[list[Node]]:
    """Return the outputs of all, in one structure and one type each."""
    first = traced[0]
    names = paths(first.results, "result")
    strong = [
        next((t for t in traced if not is_weak(t.leaves[i])), first)
        for i in range(len(first.leaves))
        if all(len(t.leaves) == len(first.leaves) for t in traced)
    ]
    for each in traced:
        same_structure(each.name, each.results, first.results, "result")
    types = [array_type(t.outputs[i]) for i, t in enumerate(strong)]
    return [fitted(t.name, names, t.leaves, t.outputs, types) for t in traced]

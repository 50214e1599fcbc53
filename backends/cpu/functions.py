"""Calls of NumPy for functions of whole arrays, shared by threads where lanes allow it.

Such calls run on the thread that leads a run, while its helpers have nothing to do.
NumPy lets the interpreter go while it sorts, searches and adds up, so other threads of
Python can do the same with other lanes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np

from lazydag.backends.evaluation import call_arguments
from lazydag.errors import SourceLine
from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.cuts import CUTS, INTO, Cut
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.runtime import CallTask, View

Array: TypeAlias = "np.ndarray[Any, Any]"
Call: TypeAlias = Callable[..., None]

MIN_FLOPS: Final = 1 << 20
"""What a part costs at least, in additions: far more than to start a thread."""


def function_task(
    name: str,
    body: Graph,
    inputs: Sequence[View],
    outputs: Sequence[View],
    source: SourceLine | None,
    seconds: float,
    threads: int,
) -> CallTask | None:
    """Return a task that calls one function of whole arrays.

    None if the body is something else, or the function has nothing to gain here.
    """
    node = body.outputs[0]
    attrs = node.attrs
    is_one = len(body.outputs) == 1 and node.srcs == tuple(body.params)
    if not is_one or not isinstance(attrs, FunctionAttrs) or attrs.output:
        return None
    if attrs.name not in CUTS:
        return None
    call = _shared(node, attrs, threads)
    return CallTask(name, call, call_arguments(inputs, outputs), source, seconds)


def _shared(node: Node, attrs: FunctionAttrs, threads: int) -> Call:
    """Return the call of a function, in parts if they are worth it."""
    types, options = [src.type for src in node.srcs], dict(attrs.options)
    cut = CUTS[attrs.name](types, **options)
    if cut is None:
        return _whole(attrs)
    most = int(FUNCTIONS[attrs.name].flops(types)) // MIN_FLOPS
    parts = min(threads, most, node.type.sizes[cut.result])
    return _whole(attrs) if parts < 2 else partial(_in_parts, _whole(attrs), cut, parts)


def _whole(attrs: FunctionAttrs) -> Call:
    """Return the call ``f(*operands, out)`` of a function."""
    options, into = dict(attrs.options), INTO.get(attrs.name)
    function = FUNCTIONS[attrs.name].call

    def call(*arrays: Array) -> None:
        *operands, out = arrays
        with np.errstate(all="ignore"):
            if into is not None:
                into(out, *operands, **options)
            else:
                out[...] = function(*operands, **options)

    return call


def _in_parts(call: Call, cut: Cut, parts: int, *arrays: Array) -> None:
    """Call a function on parts of arrays at the same time."""
    axes = (*cut.operands, cut.result)
    extent = arrays[-1].shape[cut.result]
    bounds = [extent * i // parts for i in range(parts + 1)]
    failures: list[BaseException] = []

    def one(start: int, stop: int) -> None:
        own = [
            array if axis is None else array[_between(axis, start, stop)]
            for array, axis in zip(arrays, axes, strict=True)
        ]
        try:
            call(*own)
        except BaseException as error:  # noqa: BLE001 -- raised where all come together
            failures.append(error)

    rest = pairwise(bounds[1:])
    others = [threading.Thread(target=one, args=ends) for ends in rest]
    for thread in others:
        thread.start()
    one(bounds[0], bounds[1])
    for thread in others:
        thread.join()
    if failures:
        raise failures[0]


def _between(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))

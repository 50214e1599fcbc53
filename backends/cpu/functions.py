"""Calls of NumPy for functions of whole arrays, shared by threads where lanes allow it.

Such calls run on the thread that leads a run, while its helpers have nothing to do.
NumPy lets the interpreter go while it sorts, searches and adds up, so other threads of
Python can do the same with other lanes.
"""

from __future__ import annotations

import _thread
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final, TypeAlias

import numpy as np

from lazydag.backends.evaluation import call_arguments, on_few_threads
from lazydag.errors import SourceLine
from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.cuts import CUTS, INTO, Cut
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.runtime import CallTask, View

Array: TypeAlias = "np.ndarray[Any, Any]"
Call: TypeAlias = Callable[..., None]
Piece: TypeAlias = Callable[[], object]

MIN_FLOPS: Final = 1 << 22
"""What a call costs that is shared, in additions: far more than to start a thread."""
PARTS: Final = 4
"""Parts for each thread at most: some threads may come late."""


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
    call = on_few_threads(_shared(node, attrs, threads), [node])
    return CallTask(name, call, call_arguments(inputs, outputs), source, seconds)


def _shared(node: Node, attrs: FunctionAttrs, threads: int) -> Call:
    """Return the call of a function, shared by threads if that is worth it."""
    types, options = [src.type for src in node.srcs], dict(attrs.options)
    cut = CUTS[attrs.name](types, **options)
    if threads == 1 or FUNCTIONS[attrs.name].flops(types) < MIN_FLOPS:
        return _whole(attrs)
    parts = min(PARTS * threads, node.type.sizes[cut.result] if cut else 1)
    if cut is None or parts < 2:
        return _whole(attrs)
    return partial(_in_parts, _whole(attrs), cut, parts, threads)


def _whole(attrs: FunctionAttrs) -> Call:
    """Return the call ``f(*operands, out)`` of a function."""
    options, into = dict(attrs.options), INTO.get(attrs.name)
    function = FUNCTIONS[attrs.name]

    def call(*arrays: Array) -> None:
        *operands, out = arrays
        with np.errstate(all="ignore"):
            if into is not None:
                into(out, *operands, **options)
            else:
                out[...] = function.results(operands, options)[0]

    return call


def _in_parts(call: Call, cut: Cut, parts: int, threads: int, *arrays: Array) -> None:
    """Call a function on parts of arrays at the same time."""
    axes = (*cut.operands, cut.result)
    extent = arrays[-1].shape[cut.result]
    bounds = [extent * i // parts for i in range(parts + 1)]

    def own(start: int, stop: int) -> list[Array]:
        return [
            array if axis is None else array[_between(axis, start, stop)]
            for array, axis in zip(arrays, axes, strict=True)
        ]

    at_once([partial(call, *own(*ends)) for ends in pairwise(bounds)], threads)


def at_once(pieces: Sequence[Piece], threads: int) -> None:
    """Do all pieces, on so many threads, the caller's among them.

    Each takes the next piece when it is done with one. Nobody waits for a thread that
    the system lets run too late to get any; but for others in any case, since they
    write into memory that may not be there later.

    Raises
    ------
    Exception
        What a piece raises that fails, when all are done.
    """
    claims = iter(pieces)
    failures: list[Exception] = []
    busy = [_thread.allocate_lock() for _ in pieces[1:threads]]

    def work() -> None:
        for piece in claims:
            _do(piece, failures)

    def join_in(lock: _thread.LockType) -> None:
        with lock:
            work()

    try:
        for lock in busy:
            _thread.start_new_thread(join_in, (lock,))
        work()
    finally:
        deque(claims, maxlen=0)  # after Ctrl-C nobody begins another
        _wait_for(busy)
    if failures:
        raise failures[0]


def _do(piece: Piece, failures: list[Exception]) -> None:
    try:
        with np.errstate(all="ignore"):
            piece()
    except Exception as error:  # noqa: BLE001 -- raised where all come together
        failures.append(error)


def _wait_for(busy: Sequence[_thread.LockType]) -> None:
    """Wait until no thread holds a lock, and then for Ctrl-C."""
    interrupt: KeyboardInterrupt | None = None
    for lock in busy:
        while True:
            try:
                with lock:
                    break
            except KeyboardInterrupt as error:
                interrupt = error
    if interrupt is not None:
        raise interrupt


def _between(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))

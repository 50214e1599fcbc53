"""What a step may write over: operands that nothing reads afterwards.

In: a kernel, and the values that it is the last to read. Out: those in whose buffers
its outputs can be made, since each element is read before it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from lazydag.ir.attrs import FunctionAttrs, KernelAttrs, SliceAttrs
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.node import Node
from lazydag.ir.ops import OPS, Kind
from lazydag.passes.memory_plan import Value, items_of
from lazydag.passes.regions import may_write_over
from lazydag.passes.work import (
    base_of,
    factors_of,
    is_library,
    place_of,
    product_of,
    update_of,
)

_COPY, _GET, _PARAM, _RESHAPE = (
    OPS[name] for name in ("copy", "get", "param", "reshape")
)

#: The value that a source is or views.
ValueOf: TypeAlias = Callable[[Node], Value | None]


def overwritable(
    step: Node, dying: Collection[Value], value_of: ValueOf
) -> dict[int, list[Value]]:
    """Return by nbytes the dying operands that outputs may be written over.

    Each element is then read before it is written, by the same lane.

    Parameters
    ----------
    step : Node
        A kernel or copy.
    dying : collection of Value
        What nothing reads after the step.
    value_of : callable
        The value that a source is or views; None for what may not be written over.
    """
    if not isinstance(step.attrs, KernelAttrs):
        return {}
    body = step.attrs.body
    if update_of(body) is not None:
        found = _base(step, dying, value_of)
    elif is_library(body):
        found = _operand(step, dying, value_of)
    elif any(o.op.kind is Kind.REDUCTION for o in body.outputs):
        found = {}
    else:
        found = _elementwise(step, dying, value_of)
    return found


def _elementwise(
    step: Node, dying: Collection[Value], value_of: ValueOf
) -> dict[int, list[Value]]:
    """Return by nbytes the operands that a fused kernel reads once, lane by lane."""
    readers: dict[Value, list[Node]] = {}
    for src in step.srcs:
        value = value_of(src)
        if value is not None:
            readers.setdefault(value, []).append(src)
    found: dict[int, list[Value]] = {}
    factors = _factors(step)
    for value in dying:
        first, *more = readers[value]
        if first in factors:
            continue
        if not more and _is_whole(first) and _fits(first, step):
            found.setdefault(first.type.nbytes, []).append(value)
    return found


def _operand(
    step: Node, dying: Collection[Value], value_of: ValueOf
) -> dict[int, list[Value]]:
    """Return by nbytes the operand that a function's result can be written over."""
    src = _written_over(step)
    value = None if src is None else value_of(src)
    if src is None or value is None or value not in dying:
        return {}
    readers = [each for each in step.srcs if value_of(each) == value]
    if len(readers) > 1 or not _is_whole(src) or not _fits(src, step):
        return {}
    return {src.type.nbytes: [value]}


def _base(
    step: Node, dying: Collection[Value], value_of: ValueOf
) -> dict[int, list[Value]]:
    """Return by nbytes the base that a write can happen in, if it dies.

    All that the kernel reads of it is what it writes, or elsewhere.
    """
    base = base_of(step)
    value = None if base is None else value_of(base)
    if base is None or value is None or not _is_whole(base):
        return {}
    readers = [s for s in step.srcs if s is not base and value_of(s) == value]
    if value not in dying or not _may_write_over(step, base, readers):
        return {}
    return {base.type.nbytes: [value]}


def _may_write_over(step: Node, base: Node, readers: list[Node]) -> bool:
    """Tell whether a kernel reads nothing of its base that it may have written."""
    assert isinstance(step.attrs, KernelAttrs)
    update = step.attrs.body.outputs[0]
    if isinstance(update.attrs, SliceAttrs):
        return may_write_over(base, update.attrs, readers)
    return not readers and update.srcs[0] not in update.srcs[1:]


def written_early(step: Node) -> int | None:
    """Return the output in whose place a product is made before others are read."""
    if not isinstance(step.attrs, KernelAttrs):
        return None
    product = product_of(step.attrs.body)
    return None if product is None else place_of(product, step.attrs.body)


def _factors(step: Node) -> set[Node]:
    """Return the sources that a kernel multiplies, tile by tile."""
    assert isinstance(step.attrs, KernelAttrs)
    product = product_of(step.attrs.body)
    slots = [] if product is None else factors_of(product)
    return {step.srcs[slot] for slot in slots}


def _written_over(step: Node) -> Node | None:
    """Return the source that a function of whole arrays can write its result over."""
    assert isinstance(step.attrs, KernelAttrs)
    body = step.attrs.body
    attrs = body.outputs[0].attrs
    over = FUNCTIONS[attrs.name].over if isinstance(attrs, FunctionAttrs) else -1
    if over < 0:
        return None
    operand = body.outputs[0].srcs[over]
    return step.srcs[body.params.index(operand)] if operand in body.params else None


def _is_whole(src: Node) -> bool:
    """Tell whether `src` is all of its buffer's value, in order.

    A copy lies as its source does: an argument or a slice may lie anyhow.
    """
    while src.op is _RESHAPE:
        src = src.srcs[0]
    if src.op is _COPY:
        return src.srcs[0].op is not _PARAM and _is_whole(src.srcs[0])
    return src.op in {_GET, _PARAM}


def _fits(src: Node, step: Node) -> bool:
    """Tell whether elements of outputs of the same nbytes cover those of `src`."""
    size, nbytes = src.type.dtype.itemsize, src.type.nbytes
    return nbytes > 0 and all(
        item.dtype.itemsize == size for item in items_of(step) if item.nbytes == nbytes
    )

"""Kernels' bodies that libraries of a device compute, as calls of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import prod
from typing import Any

import numpy as np

from lazydag.backends.cuda.library.blas import Array
from lazydag.backends.cuda.library.rows import ROWS, Row, Types
from lazydag.ir.attrs import ConstAttrs, FunctionAttrs, ParamAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind


@dataclass(frozen=True, slots=True)
class LibraryCall:
    """A kernel that a row computes; see `lazydag.backends.cuda.library.calls`.

    Called with the library, the arrays of the kernel's inputs and outputs and, if it
    can fail, an array for `codes`.

    Parameters
    ----------
    name
        Of the row.
    operands
        The nodes that the operands are: views of inputs, or of constants.
    inputs
        How many there are.
    results
        Number of the result that each output is.
    codes
        How many codes there are; 0 if it cannot fail.
    """

    name: str
    options: tuple[tuple[str, Any], ...]
    operands: tuple[Node, ...]
    inputs: int
    results: tuple[int, ...]
    codes: int

    def __call__(self, xp: Any, *arrays: Array) -> None:
        """Put it on the stream."""
        with np.errstate(all="ignore"):
            self._put(xp, arrays)

    def _put(self, xp: Any, arrays: Sequence[Array]) -> None:
        row, options = ROWS[self.name], dict(self.options)
        outs = arrays[self.inputs :]
        operands = [_operand(xp, node, arrays) for node in self.operands]
        if row.is_into:
            row.call(xp, outs[0], *operands, **options)
            return
        found = row.call(xp, *operands, **options)
        listed = found if isinstance(found, tuple) else (found,)
        wanted = (*self.results, -1) if self.codes else self.results
        for out, number in zip(outs, wanted, strict=True):
            out[...] = listed[number]


def library_call(body: Graph) -> LibraryCall | None:
    """Return what computes a kernel's body; None if no library does."""
    first = body.outputs[0]
    row = ROWS.get(_name(first)) if first.op.kind is Kind.LIBRARY else None
    types = [src.type for src in first.srcs]
    if row is None or not _is_one(body.outputs) or not all(map(_is_view, first.srcs)):
        return None
    options = _options(first)
    is_empty = any(0 in each.type.sizes for each in (*first.srcs, *body.outputs))
    if (is_empty and not row.is_into) or not row.takes(types, dict(options)):
        return None
    results = tuple(_result(node) for node in body.outputs)
    given = first.srcs, len(body.params), results
    return LibraryCall(_name(first), options, *given, _code_count(row, types))


def _code_count(row: Row, types: Types) -> int:
    if not row.can_fail:
        return 0
    return 1 if row.has_one_code else prod(types[0].sizes[:-2])


def multiplies(product: Node) -> bool:
    """Tell whether a library computes a product of two inputs of a kernel."""
    are_inputs = all(isinstance(src.attrs, ParamAttrs) for src in product.srcs)
    return are_inputs and ROWS["matmul"].takes([src.type for src in product.srcs], {})


def _chain(node: Node) -> list[Node]:
    """Return a view, what it is a view of, and so on."""
    found = [node]
    while found[-1].op.kind is Kind.MOVEMENT:
        found.append(found[-1].srcs[0])
    return found


def _is_view(node: Node) -> bool:
    return isinstance(_chain(node)[-1].attrs, (ParamAttrs, ConstAttrs))


def _operand(xp: Any, node: Node, arrays: Sequence[Array]) -> Array:
    """Return the array that a view is."""
    *views, base = _chain(node)
    if isinstance(base.attrs, ParamAttrs):
        found = arrays[base.attrs.slot]
    else:
        assert base.op.evaluate is not None
        found = xp.asarray(base.op.evaluate(base.attrs))
    for view in reversed(views):
        assert view.op.evaluate is not None
        found = view.op.evaluate(view.attrs, found)
    return found


def _name(node: Node) -> str:
    attrs = node.attrs
    return attrs.name if isinstance(attrs, FunctionAttrs) else node.op.name


def _options(node: Node) -> tuple[tuple[str, Any], ...]:
    """Return the options that a row is called with."""
    attrs = node.attrs
    if isinstance(attrs, FunctionAttrs):
        return attrs.options
    return tuple((each.name, getattr(attrs, each.name)) for each in fields(attrs))


def _is_one(outputs: Sequence[Node]) -> bool:
    """Tell whether all outputs are results of one call."""
    return len({(_name(node), _options(node), node.srcs) for node in outputs}) == 1


def _result(node: Node) -> int:
    return node.attrs.output if isinstance(node.attrs, FunctionAttrs) else 0

"""Tile programs in plans: an operation becomes the tasks that its program spawns.

The program runs once, when the plan is made, over placeholders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.algorithms import Program, program_of
from lazydag.compiler.planned_region import PlannedRegion
from lazydag.ir.attrs import FunctionAttrs, KernelAttrs
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.passes.wishes import wish_of
from lazydag.runtime import View
from lazydag.runtime.placeholders import placeholder

Array: TypeAlias = NDArray[Any]

#: Programs spawn up to the third power of so many tiles along an axis.
MOST_ALONG: Final = 128


def program_for(body: Graph) -> Program | None:
    """Return the program that computes a kernel's body; None if there is none."""
    node = body.outputs[0]
    if not set(node.srcs) <= set(body.params):
        return None
    return program_of(_name(node), [src.type for src in node.srcs], _options(node))


def run_program(
    program: Program,
    kernel: Node,
    inputs: Sequence[View],
    outputs: Sequence[View],
    region: PlannedRegion,
    tile: int | None = None,
) -> None:
    """Record the tasks of a kernel that a program computes in a region.

    Parameters
    ----------
    tile
        Order of its tiles, where no operand says it and the program takes one.
    """
    assert isinstance(kernel.attrs, KernelAttrs)
    body = kernel.attrs.body
    options = _options(body.outputs[0])
    wished = (wished_tile(kernel) or tile) if program.takes_tile else None
    if wished is not None:
        options["tile"] = wished
    arrays = dict(zip(body.params, map(placeholder, inputs), strict=True))
    given = [arrays[src] for src in body.outputs[0].srcs]
    wanted = _wanted(body, outputs)
    with region.recording():
        program.run(given, wanted, **options)


def wished_tile(kernel: Node) -> int | None:
    """Return the order of the tiles that an operand is cut into, the first that is."""
    for src in kernel.srcs:
        wish = wish_of(src)
        if wish is not None and wish.tile:
            sizes: tuple[int, ...] = src.type.sizes
            return max(min(wish.tile), max(sizes) // MOST_ALONG)
    return None


def _name(node: Node) -> str:
    attrs = node.attrs
    return attrs.name if isinstance(attrs, FunctionAttrs) else node.op.name


def _options(node: Node) -> dict[str, Any]:
    attrs = node.attrs
    return dict(attrs.options) if isinstance(attrs, FunctionAttrs) else {}


def _wanted(body: Graph, outputs: Sequence[View]) -> list[Array | None]:
    """Return a placeholder for each result of the operation that is an output."""
    found: dict[int, Array] = {}
    for node, view in zip(body.outputs, outputs, strict=True):
        attrs = node.attrs
        number = attrs.output if isinstance(attrs, FunctionAttrs) else 0
        found[number] = placeholder(view)
    return [found.get(number) for number in range(_result_count(body.outputs[0]))]


def _result_count(node: Node) -> int:
    if not isinstance(node.attrs, FunctionAttrs):
        return 1
    types = [src.type for src in node.srcs]
    return len(FUNCTIONS[node.attrs.name].infer(types, **_options(node)))

"""Which loops and branches devices can run: those whose every kernel they can."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakKeyDictionary

from lazydag.ir.attrs import KernelAttrs, LoopAttrs, StencilAttrs, bodies_of
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node

# Bodies are interned and never change; placement asks again and again.
_known: WeakKeyDictionary[Graph, bool] = WeakKeyDictionary()


def can_repeat(
    body: Graph, fused: Callable[[Graph], Graph], can_run: Callable[[Graph], bool]
) -> bool:
    """Tell whether a device can run the loop or branch that a kernel is.

    Parameters
    ----------
    fused
        Returns a body as kernels.
    can_run
        Whether a device computes a kernel.
    """
    found = _known.get(body)
    if found is None:
        found = _known[body] = _can_repeat(body, fused, can_run)
    return found


def _can_repeat(
    body: Graph, fused: Callable[[Graph], Graph], can_run: Callable[[Graph], bool]
) -> bool:
    attrs = body.outputs[0].attrs
    inner = bodies_of(attrs)
    if isinstance(attrs, StencilAttrs):
        return can_run(attrs.body)
    if not inner or _counts_freely(attrs):
        return False
    kernels = [node for each in inner for node in fused(each).nodes()]
    return all(_runs(node, can_run) for node in kernels)


def _counts_freely(attrs: object) -> bool:
    """Tell whether a loop without a length looks at the numbers of its steps."""
    if not isinstance(attrs, LoopAttrs) or attrs.length is not None:
        return False
    return attrs.body.params[0] in attrs.body.nodes()


def _runs(node: Node, can_run: Callable[[Graph], bool]) -> bool:
    return not isinstance(node.attrs, KernelAttrs) or can_run(node.attrs.body)

"""Lower scatters: the base is copied, unless it is there already, and then changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lazydag.backends.backend import Backend
from lazydag.backends.work import Work
from lazydag.compiler.views import sliced
from lazydag.compiler.writes import MIN_COPIED, copied
from lazydag.ir.attrs import KernelAttrs, ScatterAttrs
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import Node, make
from lazydag.ir.types import ArrayType
from lazydag.passes.regions import whole
from lazydag.passes.work import base_of, update_of
from lazydag.runtime import View


def scatter_tasks(
    kernel: Node,
    inputs: Sequence[View],
    out: View,
    backend: Backend,
    seconds: float,
    *,
    in_place: bool,
) -> list[Work]:
    """Return the tasks of a kernel that writes elements at positions.

    Parameters
    ----------
    kernel : Node
        Its body is a scatter.
    inputs : sequence of View
        Where its sources lie, in their order.
    out : View
        Where the array lies after the scatter.
    backend : Backend
        Makes the tasks.
    seconds : float
        The estimate.
    in_place : bool
        Whether the base lies at `out` already.
    """
    attrs, base = kernel.attrs, base_of(kernel)
    assert isinstance(attrs, KernelAttrs)
    scatter = update_of(attrs.body)
    assert scatter is not None
    tasks: list[Work] = []
    if not in_place and 0 not in out.shape:
        pairs = zip(kernel.srcs, inputs, strict=True)
        old = [view for src, view in pairs if src is base]
        part = whole(out.shape)
        tasks.append(copied(part, kernel, scatter, old, out, MIN_COPIED, backend))
    assert isinstance(scatter.attrs, ScatterAttrs)
    place = sliced(out, scatter.attrs.region)
    tasks.append(
        backend.lower_kernel(
            attrs.body.name,
            _over(attrs.body, scatter, scatter.attrs),
            [*inputs, place],
            [place],
            attrs.tile or (),
            source=kernel.source,
            seconds=seconds,
        )
    )
    return tasks


def _over(body: Graph, scatter: Node, attrs: ScatterAttrs) -> Graph:
    """Return the body with another parameter as its base: the part to be changed."""
    shape = attrs.region.counts
    base = param(len(body.params), ArrayType(shape, scatter.type.dtype))
    changed = make(
        scatter.op,
        base,
        *scatter.srcs[1:],
        attrs=replace(attrs, region=whole(shape)),
        source=scatter.source,
    )
    return make_graph(body.name, [*body.params, base], [changed], Stage.SIMPLIFIED)

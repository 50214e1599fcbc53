"""What grids of threads compute: maps and reductions, and functions of our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from lazydag.backends.cuda import plans
from lazydag.backends.cuda.forms import GridForm
from lazydag.backends.cuda.grid import GridKernel
from lazydag.backends.cuda.grid_plan import GridPlan
from lazydag.backends.cuda.indexed_form import IndexedGrid
from lazydag.backends.cuda.indexed_plans import (
    is_indexed_grid,
    plan_indexed_grid,
    print_indexed_grid,
)
from lazydag.backends.cuda.scan_kernel import ScanForm, print_scan
from lazydag.backends.cuda.scans import plan_scan, scan_of
from lazydag.ir.attrs import CallAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.runtime import View

#: Keys of compiled kernels.
Form: TypeAlias = GridForm | IndexedGrid | ScanForm


def is_grid(body: Graph) -> bool:
    """Tell whether kernels of ours compute a body."""
    if scan_of(body) is not None:
        return True
    return plans.is_grid(body) and all(map(_can_call, body.nodes()))


def _can_call(node: Node) -> bool:
    """Tell whether GPUs can call the function that a node may be a call of."""
    if not isinstance(node.attrs, CallAttrs):
        return True
    from lazydag.backends.cuda.user_kernel import can_run  # loads Numba

    return can_run(node.attrs.kernel.function, [src.type.dtype for src in node.srcs])


def plan_grids(
    body: Graph, inputs: Sequence[View], outputs: Sequence[View]
) -> list[GridPlan]:
    """Return the kernels that compute a body one after the other, and their words."""
    scan = scan_of(body)
    if scan is not None:
        return plan_scan(scan, inputs, outputs)
    plan = plan_indexed_grid if is_indexed_grid(body) else plans.plan_grid
    return [plan(body, inputs, outputs)]


def print_form(form: Form, body: Graph) -> GridKernel:
    """Return the kernel of a form that was chosen for a body."""
    if isinstance(form, ScanForm):
        return print_scan(form)
    if isinstance(form, IndexedGrid):
        return print_indexed_grid(form)
    return plans.print_grid(form, body)

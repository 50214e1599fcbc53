"""What grids of threads compute: maps and reductions, and functions of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import numpy as np

from lazydag.backends.cpu.user_calls import failing
from lazydag.backends.cpu.vector import Call
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
from lazydag.backends.cuda.scan_form import ScanForm
from lazydag.backends.cuda.scan_kernel import print_scan
from lazydag.backends.cuda.scans import plan_scan, scan_of
from lazydag.errors import KernelError
from lazydag.ir.attrs import CallAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.types import DType
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

    return can_run(node.attrs.kernel.function, _dtypes(node))


def _dtypes(node: Node) -> tuple[DType, ...]:
    return tuple(src.type.dtype for src in node.srcs)


def plan_grids(
    body: Graph, inputs: Sequence[View], outputs: Sequence[View]
) -> list[GridPlan]:
    """Return the kernels that compute a body one after the other, and their words."""
    scan = scan_of(body)
    if scan is not None:
        return plan_scan(scan, inputs, outputs)
    if is_indexed_grid(body):
        return [plan_indexed_grid(body, inputs, outputs)]
    plan, raised = plans.plan_grid(body, inputs, outputs), failures(body)
    return [plan if not raised else _failing(plan, raised)]


def failures(body: Graph) -> list[str]:
    """Return what the failures of people's functions mean, in the order of codes."""
    found = [node for node in body.nodes() if isinstance(node.attrs, CallAttrs)]
    if not found:
        return []
    from lazydag.backends.cpu.user_kernel import user_function  # loads Numba

    calls = {
        Call(user_function(node.attrs.kernel.function, _dtypes(node)), 1)  # type: ignore[union-attr]
        for node in found
    }
    return [call.function.failure for call in failing(calls)]


def _failing(plan: GridPlan, raised: list[str]) -> GridPlan:
    """Return a plan with a word more: the address that failures are told at."""
    words = plan.template
    error = partial(_raised, raised)
    return replace(plan, template=np.append(words, 0), failed=len(words), error=error)


def _raised(raised: list[str], code: int) -> KernelError:
    return KernelError(f"a kernel failed on a device: {raised[-code - 1]}", code=code)


def print_form(form: Form, body: Graph) -> GridKernel:
    """Return the kernel of a form that was chosen for a body."""
    if isinstance(form, ScanForm):
        return print_scan(form)
    if isinstance(form, IndexedGrid):
        return print_indexed_grid(form)
    return plans.print_grid(form, body)

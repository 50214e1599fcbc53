"""From views to the form of a kernel, and the words that it is launched with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from lazydag.backends.cpu.program import Program, by_part, program_of, structure_of
from lazydag.backends.cpu.space import views_by_part
from lazydag.backends.cuda.column_kernel import print_column
from lazydag.backends.cuda.crossed_kernel import print_crossed
from lazydag.backends.cuda.forms import GridForm, Kind
from lazydag.backends.cuda.grid import GridKernel
from lazydag.backends.cuda.grid_plan import GridPlan
from lazydag.backends.cuda.indexed_plans import is_indexed_grid
from lazydag.backends.cuda.line_kernel import print_line
from lazydag.backends.cuda.map_kernel import print_map
from lazydag.backends.cuda.map_plans import plan_map
from lazydag.backends.cuda.reduction_plans import plan_reduction
from lazydag.backends.cuda.row_kernel import print_row
from lazydag.backends.cuda.words import MAX_WORDS
from lazydag.ir.graph import Graph
from lazydag.ir.node import array_type
from lazydag.ir.ops import Kind as OpKind
from lazydag.runtime import Mode, View

PRINTERS: Final[dict[Kind, Callable[[GridForm, Program], GridKernel]]] = {
    "map": print_map,
    "line": print_line,
    "crossed": print_crossed,
    "row": print_row,
    "column": print_column,
}


def is_grid(body: Graph) -> bool:
    """Tell whether a kernel of ours computes a body."""
    if is_indexed_grid(body):
        return True
    is_write = any(node.op.kind is OpKind.WRITE for node in body.outputs)
    return not is_write and _fits(body) and not structure_of(body).needs_call


def _fits(body: Graph) -> bool:
    """Tell whether a launch has room for the words of all operands, be they complex."""
    operands = [array_type(node) for node in (*body.params, *body.outputs)]
    dims = max(each.ndim for each in operands)
    return 2 * len(operands) * (1 + dims) + 2 * (1 + dims) <= MAX_WORDS


def plan_grid(body: Graph, inputs: Sequence[View], outputs: Sequence[View]) -> GridPlan:
    """Choose the form and the words of a kernel."""
    read = [replace(view, mode=Mode.IN) for view in views_by_part(inputs)]
    written = [replace(view, mode=Mode.OUT) for view in views_by_part(outputs)]
    structure, results = structure_of(body).number, by_part(body.outputs)
    size = len(body.nodes())
    if all(node.op.kind is not OpKind.REDUCTION for node in results):
        return plan_map(structure, size, read, written)
    return plan_reduction(structure, size, results, read, written)


def print_grid(form: GridForm, body: Graph) -> GridKernel:
    """Return the kernel of a form that was chosen for a body."""
    return PRINTERS[form.kind](form, program_of(body))

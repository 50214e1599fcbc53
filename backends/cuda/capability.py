"""What GPUs compute: known from a kernel's body alone, without a GPU."""

from __future__ import annotations

from lazydag.backends.cuda.grids import is_grid
from lazydag.backends.cuda.library.table import library_call, multiplies
from lazydag.backends.scalar.lower import has_scalar_form
from lazydag.ir.graph import Graph
from lazydag.ir.ops import OPS, Kind


def runs(body: Graph) -> bool:
    """Tell whether a device computes a kernel's body, by a grid or by a library."""
    return is_grid(body) or library_call(body) is not None or _is_joined(body)


def _is_joined(body: Graph) -> bool:
    """Tell whether a body is a product of matrices, and what a grid makes of it."""
    nodes = body.nodes()
    products = [node for node in nodes if node.op is OPS["matmul"]]
    if len(products) != 1 or not multiplies(products[0]):
        return False
    if body.outputs[0] is products[0]:
        return False
    rest = (node for node in nodes if node is not products[0])
    return all(n.op.kind is Kind.REDUCTION or has_scalar_form(n) for n in rest)

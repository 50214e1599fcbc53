"""The interpreter: small graphs, node by node, without compiling them.

NumPy computes what NumPy's bits are the contract for. Elementary functions and
reductions run as one-op plans, made by the same printer as any kernel and kept for
ever, so a tier never changes a bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms import ANY_SIZE
from lazydag.backends.cpu.blas import single_threaded_blas
from lazydag.compiler.layout import Residence, layout_of
from lazydag.errors import LazydagError, place
from lazydag.ir.attrs import FunctionAttrs, ParamAttrs, PinAttrs, bodies_of
from lazydag.ir.graph import Graph, make_graph, param
from lazydag.ir.lapack import calls_small_lapack
from lazydag.ir.node import Node, is_fusable, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reference import Calls
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import ArrayType
from lazydag.passes.rules.match import is_exact, ops

if TYPE_CHECKING:
    from lazydag.compiler.plan import Plan

Array: TypeAlias = NDArray[Any]
Planner: TypeAlias = Callable[[Graph, Sequence[Residence]], "Plan"]

#: More nodes are worth a plan at once; so are more than `SMALL` elements in them all.
MAX_NODES = 256

_MIN_LENGTH = 64

_FREE = frozenset({Kind.SOURCE, Kind.MOVEMENT})
_CALLED = frozenset({Kind.MOVEMENT, Kind.LIBRARY, Kind.WRITE})
_MATMUL = OPS["matmul"]
_BY_NUMPY = ops("mod", "floordiv", "const")


def can_interpret(graph: Graph) -> bool:
    """Tell whether a graph that comes for the first time is small."""
    nodes = graph.nodes()
    if len(nodes) > MAX_NODES:
        return False
    elements = 0
    for node in nodes:
        if bodies_of(node.attrs) or isinstance(node.attrs, PinAttrs):
            return False
        if node.op.kind not in _FREE:
            elements += max(each.type.size for each in (node, *node.srcs))
    return elements <= SMALL


def interpret(
    graph: Graph,
    arrays: Sequence[Array],
    planner: Planner,
    located: Callable[[], Graph] | None = None,
) -> list[Array]:
    """Return the outputs of a traced graph, evaluated node by node.

    Parameters
    ----------
    graph : Graph
        At stage TRACED, over params only.
    arrays : sequence of ndarray
        One for each parameter.
    planner : callable
        Plans graphs of one node.
    located : callable, optional
        Returns the graph with the lines that a failure is reported at.
    """
    values: dict[Node, Array] = {}
    calls = Calls()
    is_lapack = any(map(calls_small_lapack, graph.nodes()))
    threads = single_threaded_blas() if is_lapack else nullcontext()
    with np.errstate(all="ignore"), threads:
        for node in graph.nodes():
            if isinstance(node.attrs, ParamAttrs):
                values[node] = arrays[node.attrs.slot]
            else:
                operands = [values[s] for s in node.srcs]
                try:
                    values[node] = _evaluated(node, operands, planner, calls)
                except Exception as error:
                    told = graph if located is None else located()
                    _tell(error, told.nodes()[graph.nodes().index(node)])
                    raise
    taken: set[int] = set()
    return [_owned(o, values[o], taken) for o in graph.outputs]


def _tell(error: Exception, node: Node) -> None:
    """Let an error say which node failed, and at which line of the user."""
    if isinstance(error, LazydagError):
        error.at = node.source
    else:
        where = "" if node.source is None else f" at {place(node.source)}"
        error.add_note(f"in {node.op.name}{where}")


def _evaluated(
    node: Node, operands: list[Array], planner: Planner, calls: Calls
) -> Array:
    op = node.op
    is_called = op.kind in _CALLED and op is not _MATMUL and not _is_programmed(node)
    if is_called or _is_numpys(node):
        value: Array = calls.value(node, operands)
        # Plans store in C order, and which BLAS routine runs depends on the order.
        is_view = op.kind is Kind.MOVEMENT
        return value if is_view else np.asarray(value, order="C")
    if op.kind is Kind.ELEMENTWISE:
        return _elementwise(node, operands, planner)
    params = [param(i, s.type) for i, s in enumerate(node.srcs)]
    return _run_single(node, params, operands, planner)


def _is_numpys(node: Node) -> bool:
    """Tell whether NumPy's bits are the contract, or kernels cannot compute it."""
    if is_exact(node) or node.op in _BY_NUMPY:
        return True
    return node.op.kind is Kind.ELEMENTWISE and not is_fusable(node)


def _is_programmed(node: Node) -> bool:
    """Tell whether a tile program computes a function, however small."""
    attrs = node.attrs
    return isinstance(attrs, FunctionAttrs) and attrs.name in ANY_SIZE


def _elementwise(node: Node, operands: list[Array], planner: Planner) -> Array:
    """Run a one-op kernel on flat operands, padded to a power of two.

    A few plans then serve all sizes. The padding repeats the last element, so that a
    person's kernel meets no values that it was not given.
    """
    size, shape = node.type.size, node.type.shape
    if not size:
        return np.empty(shape, node.type.dtype)
    length = max(_MIN_LENGTH, 1 << (size - 1).bit_length())
    params = [
        param(i, ArrayType((length,), s.type.dtype)) for i, s in enumerate(node.srcs)
    ]
    flat = _run_single(node, params, [_padded(a, length) for a in operands], planner)
    return flat[:size].reshape(shape)


def _padded(array: Array, length: int) -> Array:
    flat = array.ravel()
    padded = np.empty(length, array.dtype)
    padded[: flat.size] = flat
    padded[flat.size :] = flat[-1]
    return padded


def _run_single(
    node: Node, params: list[Node], operands: list[Array], planner: Planner
) -> Array:
    # It serves all programs, so it is of no line.
    single = make(node.op, *params, attrs=node.attrs)
    graph = make_graph(node.op.name, params, [single])
    found: Any = planner(graph, [layout_of(a) for a in operands]).run(operands)[0]
    value: Array = found  # no operand is on a device
    return value


def _owned(node: Node, value: Array, taken: set[int]) -> Array:
    """Return `value`, copied unless it is a fresh array that nobody else has."""
    if node.op.kind in {Kind.SOURCE, Kind.MOVEMENT} or id(value) in taken:
        value = value.copy()
    taken.add(id(value))
    return value

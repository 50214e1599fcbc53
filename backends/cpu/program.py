"""What a kernel computes of one element, apart from all sizes.

A `Form` is the key of a compiled kernel: the body's structure, and how the operands lie
in memory. A `Program` is what the printers need of a body: its expressions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from lazydag.backends.cpu.folds import MOMENTS
from lazydag.backends.cpu.user_calls import user_call
from lazydag.backends.scalar.expr import Expr
from lazydag.backends.scalar.lower import (
    has_scalar_form,
    lower_nodes,
    part_types,
    scalar_type,
)
from lazydag.backends.scalar.order import topological
from lazydag.backends.scalar.pairs import parts
from lazydag.backends.scalar.types import TYPES, DType
from lazydag.ir.attrs import CallAttrs, ConstAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.node import Node
from lazydag.ir.ops import Kind

VECTOR_NBYTES: Final = 64
MAX_WIDTH: Final = 32


@dataclass(frozen=True, slots=True)
class Form:
    """Key of a compiled kernel.

    Attributes
    ----------
    structure
        Number of the body's structure.
    kind
        ``"map"``, ``"row"`` or ``"column"``: which nest of loops.
    loops
        Number of loops around it.
    reduced
        Number of reduced axes that could not be merged into one.
    inputs, outputs
        A letter for each operand: its stride class along the innermost loop, in upper
        case if its reduced axes do not merge into one.
    streams
        Whether outputs bypass the caches.
    """

    structure: int
    kind: str
    loops: int
    reduced: int
    inputs: str
    outputs: str
    streams: bool = False


@dataclass(frozen=True, slots=True)
class Program:
    """Expressions of a kernel. Complex inputs and outputs count as their two parts.

    Attributes
    ----------
    inputs
        Types of the arguments.
    values
        The element of each output before it is reduced; equal values are identical.
    reductions
        Kind of reduction of each output, ``""`` for none.
    width
        Lanes of a vector: one cache line of the widest type.
    """

    inputs: tuple[DType, ...]
    values: tuple[Expr, ...]
    reductions: tuple[str, ...]
    width: int

    @property
    def size(self) -> int:
        """Number of operations."""
        return sum(bool(x.args) for x in topological(self.values))

    @property
    def moments(self) -> dict[Expr, dict[str, int]]:
        """Values whose moments are wanted, and the outputs that they go to by kind."""
        pairs = list(zip(self.values, self.reductions, strict=True))
        return {
            value: {k: pairs.index((value, k)) for k in MOMENTS if (value, k) in pairs}
            for value, kind in pairs
            if kind in MOMENTS[1:]
        }

    @property
    def folds(self) -> list[int]:
        """Outputs that are reduced each for itself."""
        found = {k for outputs in self.moments.values() for k in outputs.values()}
        return [k for k, kind in enumerate(self.reductions) if kind and k not in found]

    @property
    def is_inline(self) -> bool:
        """Whether each operation is a few instructions."""
        nodes = topological(self.values)
        return not any(x.op in ("call", "table", "rem") for x in nodes)


@dataclass(frozen=True, slots=True)
class Structure:
    """A body without shapes and names.

    Attributes
    ----------
    number
        The same for all bodies of one structure in this process.
    needs_call
        Whether no kernel can compute it.
    """

    number: int
    needs_call: bool


_structures: WeakKeyDictionary[Graph, Structure] = WeakKeyDictionary()
_numbers: dict[tuple[Any, ...], int] = {}
_lock = Lock()


def structure_of(body: Graph) -> Structure:
    """Return the structure of a body.

    Notes
    -----
    About 1 µs a node, once per graph.
    """
    known = _structures.get(body)
    if known is None:
        nodes = body.nodes()
        key = _key(body, nodes)
        with _lock:
            number = _numbers.setdefault(key, len(_numbers))
        needs_call = not all(map(_is_native, nodes))
        known = _structures[body] = Structure(number, needs_call)
    return known


def _key(body: Graph, nodes: Sequence[Node]) -> tuple[Any, ...]:
    number: dict[Node, int] = {}
    rows: list[Any] = []
    for param in body.params:
        number[param] = len(rows)
        rows.append(param.type.dtype.char)
    for node in nodes:
        if node not in number:
            number[node] = len(rows)
            srcs = tuple([number[s] for s in node.srcs])
            rows.append((node.op.name, node.type.dtype.char, srcs, _identity(node)))
    rows.append(tuple([number[out] for out in body.outputs]))
    return tuple(rows)


def _is_native(node: Node) -> bool:
    return node.op.kind is Kind.REDUCTION or has_scalar_form(node)


def _identity(node: Node) -> object:
    """Return what of a node's attributes the code depends on."""
    if isinstance(node.attrs, ConstAttrs):
        return node.attrs.data
    return node.attrs.kernel if isinstance(node.attrs, CallAttrs) else None


def program_of(body: Graph) -> Program:
    """Lower a body to expressions."""
    outputs = [value_node(out) for out in body.outputs]
    unique = list(dict.fromkeys(outputs))
    values = dict(zip(unique, lower_nodes(body.params, unique, user_call), strict=True))
    return Program(
        tuple(part_types(body.params)),
        tuple(expr for out in outputs for expr in parts(values[out])),
        tuple(
            out.op.name if out.op.kind is Kind.REDUCTION else ""
            for out in by_part(body.outputs)
        ),
        width_of(body),
    )


def by_part(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes, the complex ones twice: once for each part."""
    return [node for node in nodes for _ in range(1 + node.type.is_complex)]


def value_node(output: Node) -> Node:
    """Return the elementwise value of an output: itself, or what it reduces."""
    if output.op.kind is Kind.REDUCTION:
        source: Node = output.srcs[0]
        return source
    return output


def width_of(body: Graph) -> int:
    """Lanes of the kernel's vectors: the widest type of the body decides."""
    nodes: Sequence[Node] = (*body.params, *body.nodes())
    widest = max(TYPES[scalar_type(n)].nbytes for n in nodes)
    return min(VECTOR_NBYTES // widest, MAX_WIDTH)

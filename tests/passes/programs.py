"""Short ways to write graphs and to run passes over them."""

from math import prod

from lazydag.compiler.pipeline import PIPELINE
from lazydag.ir import attrs as a
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import Node, const, make
from lazydag.ir.ops import OPS
from lazydag.ir.text import parse_type
from lazydag.ir.types import F64
from lazydag.ir.verify import verify
from lazydag.passes.place import Place
from lazydag.passes.work import kernel_work
from tests.passes.targets import LAPTOP

KERNEL = OPS["kernel"]
#: Elements of an array that is not small to the passes.
LARGE = 1 << 20


def inputs(*types: str) -> list[Node]:
    """Return parameters of these types."""
    return [param(slot, parse_type(text)) for slot, text in enumerate(types)]


def do(name: str, *srcs: Node | float) -> Node:
    """Apply an elementwise op or a product; scalars and rows are broadcast."""
    shape = max((s.type.shape for s in srcs if isinstance(s, Node)), key=prod)
    nodes = [s if isinstance(s, Node) else const(s, F64) for s in srcs]
    is_product = name == "matmul"
    return make(OPS[name], *(n if is_product else spread(n, shape) for n in nodes))


def spread(node: Node, shape: tuple[int, ...]) -> Node:
    """Broadcast `node` to `shape`."""
    if node.type.shape == shape:
        return node
    return make(OPS["broadcast"], node, attrs=a.ShapeAttrs(shape))


def reduce(name: str, x: Node, *axes: int) -> Node:
    """Reduce over axes; over all without any."""
    over = axes or tuple(range(x.type.ndim))
    return make(OPS[name], x, attrs=a.ReduceAttrs(over))


def reshape(x: Node, *shape: int) -> Node:
    """Reshape."""
    return make(OPS["reshape"], x, attrs=a.ShapeAttrs(shape))


def transpose(x: Node) -> Node:
    """Reverse the axes."""
    return make(
        OPS["transpose"], x, attrs=a.TransposeAttrs(tuple(reversed(range(x.type.ndim))))
    )


def graph_of(params: list[Node], *outputs: Node) -> Graph:
    """Return a traced graph."""
    return make_graph("f", params, outputs)


def planned(graph: Graph, target=LAPTOP, stage: Stage = Stage.PLACED) -> Graph:
    """Run the pipeline up to a stage, checking invariants."""
    pipeline = PIPELINE | {Stage.PLACED: (Place(),)}  # whatever GPUs compute
    for reached, passes in pipeline.items():
        if reached <= stage:
            for each in passes:
                graph = each(graph, target)
                verify(graph, by=type(each).__name__)
    return graph


def kernels(graph: Graph) -> list[Node]:
    """Return the kernels of a graph in order."""
    return [n for n in graph.nodes() if n.op is KERNEL]


def fused(graph: Graph, target=LAPTOP) -> list[Node]:
    """Return the kernels after fusing."""
    return kernels(planned(graph, target, Stage.FUSED))


def moved_nbytes(found: list[Node]) -> int:
    """Return the bytes that kernels read and write."""
    return int(sum(kernel_work(k).nbytes for k in found))

"""The passes' graphs keep their invariants and round-trip at every stage."""

from hypothesis import given, settings

from lazydag.compiler.pipeline import PIPELINE
from lazydag.ir.graph import Graph, Stage
from lazydag.ir.ops import Kind
from lazydag.ir.text import dump, parse
from lazydag.ir.verify import verify
from tests.ir.targets import TWO_THREADS
from tests.strategies import graphs


@settings(max_examples=60)
@given(graphs(kinds=tuple(Kind)))
def test_graphs_at_every_stage(graph: Graph) -> None:
    for passes in PIPELINE.values():
        for each in passes:
            graph = each(graph, TWO_THREADS)
            verify(graph, by=type(each).__name__)
            assert parse(dump(graph)) is graph
    assert graph.stage is Stage.PLACED

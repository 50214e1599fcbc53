"""The passes' graphs keep their invariants and round-trip at every stage."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.compiler.pipeline import PIPELINE
from lazydag.ir.graph import Graph, Stage, with_lines
from lazydag.ir.ops import Kind
from lazydag.ir.source import SourceLoc
from lazydag.ir.text import dump, parse
from lazydag.ir.verify import verify
from tests.ir.targets import TWO_THREADS
from tests.strategies import graphs


@settings(max_examples=60)
@given(graphs(kinds=tuple(Kind)), st.booleans())
def test_graphs_at_every_stage(graph: Graph, has_lines: bool) -> None:
    if has_lines:
        lines = {n: SourceLoc("f.py", i, "f") for i, n in enumerate(graph.nodes())}
        graph = with_lines(graph, lines)
    for passes in PIPELINE.values():
        for each in passes:
            graph = each(graph, TWO_THREADS)
            verify(graph, by=type(each).__name__)
            assert parse(dump(graph)) is graph
    assert graph.stage is Stage.PLACED

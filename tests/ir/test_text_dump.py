"""What dumps look like: golden files, comments and excerpts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lazydag.ir import attrs as a
from lazydag.ir.graph import Graph, Note, Stage, make_graph, param
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc
from lazydag.ir.text import dump, excerpt, parse, to_json
from lazydag.ir.types import F64, ArrayType

Golden = Callable[[str, str], None]

GOLDEN = Path(__file__).parent / "golden"

TRACED = """
graph @price(%s: f64[10000000], %k: f64[10000000])  stage=traced
  %0 = div %s %k
  %1 = log %0
  %2: f64[] = const[0.5]
  %3: f64[10000000] = broadcast %2
  %4 = mul %1 %3
  %5 = sum[axes=(0,)] %4
  %6 = slice[0:9999999:2] %4
  return %6, %5
"""


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.ir")), ids=lambda p: p.stem)
def test_golden_files_are_what_they_parse_to(path: Path, golden: Golden) -> None:
    graph = parse(path.read_text(), file=path.name)
    golden(f"golden/{path.name}", dump(graph, sources=False))


def test_types_are_written_out(golden: Golden) -> None:
    golden("golden/traced.ir", dump(parse(TRACED), sources=False))


def commented() -> tuple[Graph, Node]:
    """Return a graph with sources, and its kernel."""

    def op(name: str, *srcs: Node, line: int, attrs: a.Attrs = a.NONE) -> Node:
        at = SourceLoc("/home/ada/pricing.py", line, "price")
        return make(OPS[name], *srcs, attrs=attrs, source=at)

    big = ArrayType((123_457,), F64)
    s, k = param(0, big), param(1, big)
    ratio = op("div", s, k, line=9)
    outputs = [op("log", ratio, line=9), op("sqrt", ratio, line=10)]
    body = make_graph("log_sqrt", [s, k], outputs, Stage.SIMPLIFIED)
    attrs = a.KernelAttrs(body, (65536,), "cpu:0")
    kernel = op("kernel", s, k, line=9, attrs=attrs)
    gets = [op("get", kernel, line=9, attrs=a.GetAttrs(i)) for i in range(2)]
    half = op("slice", gets[1], line=11, attrs=a.SliceAttrs((0,), (61_728,), (2,)))
    outputs = [gets[0], half]
    notes = [Note("fuse", "log_sqrt", "one pass instead of three")]
    graph = make_graph(
        "price", [s, k], outputs, Stage.PLACED, param_names=["s", "k"], notes=notes
    )
    return graph, kernel


def test_comments_stand_in_one_column(golden: Golden) -> None:
    graph, kernel = commented()
    notes = {kernel: "3.95 MB, 0.21 ms, memory-bound", graph.outputs[1]: "a view"}
    text = dump(
        graph, notes, title="cpu:0 x2", summary="3 ops -> 1 kernel, est. 0.21 ms"
    )
    golden("golden/commented.txt", text)
    columns = {line.index("  # ") for line in text.splitlines() if "  # " in line}
    assert len(columns) <= 2  # the long lines have theirs


def test_sources_can_be_left_out() -> None:
    graph, _ = commented()
    assert "#" not in dump(graph, sources=False)
    assert "# pricing.py:9" in dump(graph)


def test_annotations_of_outputs_stand_with_their_kernel() -> None:
    graph, _ = commented()
    (line,) = (
        line
        for line in dump(graph, {graph.outputs[0]: "hot"}).splitlines()
        if "hot" in line
    )
    assert line.lstrip().startswith("}")


def test_leaves_show_their_type() -> None:
    leaf = a.Leaf(np.zeros(3))
    node = make(OPS["leaf"], attrs=a.LeafAttrs(leaf, ArrayType((3,), F64)))
    graph = make_graph("f", [], [make(OPS["exp"], node)])
    assert "  %0: f64[3] = leaf\n" in dump(graph)


def test_nodes_of_a_body_are_not_annotated_as_those_outside() -> None:
    """The same node can be in a graph and in a body: there it means another value."""
    graph, kernel = commented()
    inner = kernel.attrs.body.outputs[0]
    assert "outer" not in dump(graph, {inner: "outer"})


def test_excerpts_show_the_neighbours_under_their_names(golden: Golden) -> None:
    lines = "".join(f"  %{i} = exp %{i - 1}\n" for i in range(1, 40))
    text = f"graph @f(%x: f64[8])  stage=traced\n  %0 = exp %x\n{lines}  return %39"
    graph = parse(text)
    (root,) = graph.outputs
    node = root
    for _ in range(20):
        (node,) = node.srcs
    golden("golden/excerpt.txt", excerpt(graph, [node]))
    assert excerpt(graph, []).count("\n") == 3


def test_excerpts_cut_long_kernels() -> None:
    x = param(0, ArrayType((8,), F64))
    inner = x
    for _ in range(50):
        inner = make(OPS["exp"], inner)
    kernel = make(
        OPS["kernel"], x, attrs=a.KernelAttrs(make_graph("long", [x], [inner]))
    )
    graph = make_graph("f", [x], [make(OPS["get"], kernel, attrs=a.GetAttrs(0))])
    assert dump(graph).count("\n") == 55
    text = excerpt(graph, graph.outputs)
    assert "%0: f64[8] = kernel @long" in text
    assert text.count("\n") < 20


def test_json_form() -> None:
    graph, _ = commented()
    form = to_json(graph)
    assert form["stage"] == "placed"
    assert [each["name"] for each in form["params"]] == ["%s", "%k"]
    assert form["outputs"] == ["%0", "%2"]
    kernel, *_, half = form["nodes"]
    assert kernel["op"] == "kernel"
    assert kernel["sources"] == ["%s", "%k"]
    assert kernel["attrs"]["tile"] == [65536]
    assert kernel["attrs"]["device"] == "cpu:0"
    assert kernel["at"] == {
        "file": "/home/ada/pricing.py",
        "line": 9,
        "function": "price",
    }
    body = kernel["attrs"]["body"]
    assert [node["op"] for node in body["nodes"]] == ["div", "log", "sqrt"]
    assert half["attrs"] == {"starts": [0], "counts": [61728], "steps": [2]}
    assert form["notes"] == [
        {"by": "fuse", "subject": "log_sqrt", "reason": "one pass instead of three"}
    ]

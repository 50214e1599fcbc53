"""Columns, reasons and Graphviz text."""

import re

from lazydag.explain.columns import aligned, counted
from lazydag.explain.dot import graph_dot
from lazydag.explain.notes import notes_text
from lazydag.explain.summary import op_count
from lazydag.ir.graph import Note
from lazydag.ir.text import parse

TRACED = """
graph @f(%x: f64[8], %y: f64[8])  stage=traced
  %0 = mul %x %x
  %1 = add %0 %y
  %2 = sum[axes=(0,)] %1
  return %1, %2
"""
FUSED = """
graph @f(%x: f64[8], %unused: f64[8])  stage=fused
  %0, %1 = kernel @both %x {
    %a = mul %x %x
    %b = sqrt %a
    yield %a, %b
  }
  %2 = kernel @last %1 %x {
    %c = add %1 %x
    yield %c
  }
  return %0, %2
"""


def test_aligned_columns():
    assert aligned([("a", "10"), ("long", "5")], right={1}, indent=" ") == [
        " a     10",
        " long   5",
    ]


def test_notes_are_grouped_and_wrapped():
    notes = [
        Note("fuse", "k0", "one reader"),
        Note("tile", "k0", "word " * 40),
        Note("fuse", "kernel1", "shared input"),
    ]
    lines = notes_text(notes).splitlines()
    assert lines[:4] == [
        "reasons",
        "  fuse",
        "    k0       one reader",
        "    kernel1  shared input",
    ]
    assert lines[4] == "  tile"
    assert all(len(line) <= 88 for line in lines)
    assert len(lines) > 6


def test_no_notes():
    assert "no pass had anything to decide" in notes_text([])


def test_operations_are_counted_without_sources():
    assert op_count(parse(TRACED)) == 3
    assert counted(2, "copy", "copies") == "2 copies"


def edges(dot):
    return re.findall(r"(n\d+) -> (n\d+);", dot)


def test_dot_of_a_traced_graph():
    dot = graph_dot(parse(TRACED), {})
    assert dot.startswith('digraph "f traced" {')
    assert len(edges(dot)) == 6
    assert dot.count("shape=ellipse") == 4


def test_dot_frames_kernels_and_follows_values_through_them():
    graph = parse(FUSED)
    dot = graph_dot(graph, {graph.outputs[1].srcs[0]: "80 B"})
    assert dot.count("subgraph cluster_") == 2
    assert '"kernel last 80 B"' in dot
    boxes = dict(re.findall(r'(n\d+) \[label="([\w ]+)', dot))
    named = {(boxes[a], boxes[b]) for a, b in edges(dot)}
    assert named == {
        ("x", "mul"),
        ("mul", "sqrt"),
        ("sqrt", "add"),
        ("x", "add"),
        ("mul", "return 0"),
        ("add", "return 1"),
    }
    assert dot.count("{") == dot.count("}")


def test_dot_calls_functions_by_their_names():
    call = "function[name=sort, options=\"{'axis': 0}\"] %x"
    lines = ["graph @f(%x: f64[8])  stage=traced", f"  %0 = {call}", "  return %0"]
    text = "\n".join(lines)
    assert r"sort\nf64[8]" in graph_dot(parse(text), {})

"""Loops and branches: types, meaning, text and invariants."""

from __future__ import annotations

import numpy as np
import pytest

from lazydag.errors import ParseError, ShapeError, VerifyError
from lazydag.ir.attrs import Attrs, LoopAttrs
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import const, make
from lazydag.ir.ops import OPS
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.text import dump, parse, parse_type, to_json
from lazydag.ir.types import F64
from lazydag.ir.verify import verify

NESTED = """
graph @f(%x: f64[8], %n: i64[], %w: f64[5,8])  stage=traced
  %0, %1: f64[8], f64[5] = loop[carries=1, rows=1, length=5, reverse=1] %x %w {
    params %i: i64[], %c: f64[8], %row: f64[8]
    %a: f64[8] = loop @inner[carries=1, length=2, scope=deep] %c %row {
      params %p0: i64[], %p1: f64[8], %p2: f64[8]
      %a: f64[8] = add %p1 %p2
      yield %a
    }
    %b: f64[] = sum[axes=(0,)] %a
    yield %a, %b
  }
  %2, _: f64[8], f64[8] = branch @minus[scope=here] %n %0 %x {
    %a: f64[8] = neg %0
    yield %a, %x
  } else {
    params %u: f64[8], %v: f64[8]
    yield %u, %v
  }
  return %2, %1
"""

X = param(0, parse_type("f64[8]"))
STEP = param(0, parse_type("i64[]"))


def test_dump_and_parse() -> None:
    graph = parse(NESTED)
    assert dump(graph) == NESTED.lstrip()
    assert parse(dump(graph)) is graph
    verify(graph)
    assert to_json(graph)["nodes"][0]["attrs"]["body"]["nodes"][0]["op"] == "loop"


def test_meaning() -> None:
    w = np.arange(40.0).reshape(5, 8)
    for n, factor in ((-3, -1.0), (0, -1.0), (1, 1.0), (9, 1.0)):
        last, sums = evaluate_graph(parse(NESTED), [np.ones(8), np.asarray(n), w])
        assert last.tolist() == (factor * (1 + 2 * w.sum(axis=0))).tolist()
        assert sums[0] == (1 + 2 * w).sum() - 32
        assert sums[4] == (1 + 2 * w[4]).sum()


def test_a_condition_is_a_carry() -> None:
    goes_on = param(1, parse_type("bool[]"))
    x = param(2, parse_type("f64[]"))
    less = make(OPS["sub"], x, const(1.0, F64))
    more = make(OPS["gt"], less, const(0.0, F64))
    body = make_graph("body", [STEP, goes_on, x], [more, less])
    first = [param(0, goes_on.type), param(1, x.type)]
    loop = make(OPS["loop"], *first, attrs=LoopAttrs(body, 2, output=1))
    graph = make_graph("count", first, [loop])
    for start, end in ((3.5, -0.5), (-7.0, -7.0)):
        found = evaluate_graph(graph, [np.asarray(start > 0), np.asarray(start)])
        assert found[0] == end


def _body(stage: Stage = Stage.TRACED) -> Graph:
    inside = param(1, X.type)
    return make_graph("body", [STEP, inside], [inside], stage)


@pytest.mark.parametrize(
    ("attrs", "message"),
    [
        (LoopAttrs(_body(), 1), "a loop without a length has"),
        (LoopAttrs(_body(), 1, length=-1), "a loop of -1 steps"),
        (LoopAttrs(_body(), 0, 1, length=3), r"takes rows of \(f64\[8\]\)"),
        (LoopAttrs(_body(), 1, length=3, output=1), "1 results have no result 1"),
    ],
)
def test_types_have_to_fit(attrs: LoopAttrs, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        make(OPS["loop"], X, attrs=attrs)


def test_a_body_gives_what_it_takes() -> None:
    total = make(OPS["sum"], param(1, X.type), attrs=parse_sum())
    body = make_graph("body", [STEP, param(1, X.type)], [total])
    with pytest.raises(ShapeError, match=r"gives \(f64\[\]\) instead of \(f64\[8\]\)"):
        make(OPS["loop"], X, attrs=LoopAttrs(body, 1, length=3))


def parse_sum() -> Attrs:
    text = "graph @f(%x: f64[8])  stage=traced\n  %0 = sum[axes=(0,)] %x\n  return %0\n"
    return parse(text).outputs[0].attrs


def test_bodies_are_traced() -> None:
    attrs = LoopAttrs(_body(Stage.SIMPLIFIED), 1, length=3)
    graph = make_graph("f", [X], [make(OPS["loop"], X, attrs=attrs)])
    with pytest.raises(VerifyError, match="bodies of loops and branches"):
        verify(graph)


def test_bodies_are_checked() -> None:
    stray = param(7, X.type)
    body = make_graph("body", [STEP, param(1, X.type)], [stray])
    attrs = LoopAttrs(body, 1, length=3)
    graph = make_graph("f", [X], [make(OPS["loop"], X, attrs=attrs)])
    with pytest.raises(VerifyError, match="is not a param of @body"):
        verify(graph)


@pytest.mark.parametrize(
    "head", ["loop[length=5]", "loop[carries=x]", "loop[tile=(1,)]", "branch[rows=1]"]
)
def test_faults_have_a_place(head: str) -> None:
    text = f"""
graph @f(%x: f64[8])  stage=traced
  %0: f64[8] = {head} %x {{
    params %i: i64[], %c: f64[8]
    yield %c
  }}
  return %0
"""
    with pytest.raises(ParseError, match=head.partition("[")[0]):
        parse(text)

"""``parse(dump(g)) is g``, whatever the graph and its stage."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.errors import ParseError
from lazydag.ir import attrs as a
from lazydag.ir.graph import Graph, Stage, make_graph, param
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.text import dump, parse, to_json, user_kernels
from lazydag.ir.types import DTYPES, F64, ArrayType, Dim, DType
from tests.strategies import graphs

ROOT = Path(__file__).parents[2]
X = param(0, ArrayType((8,), F64))
Y = param(1, ArrayType((8,), F64))
EVERY_KIND = tuple(Kind)


def check(graph: Graph) -> str:
    text = dump(graph)
    assert parse(text, user_kernels(graph)) is graph
    assert dump(graph) == text
    json.dumps(to_json(graph), allow_nan=False)
    return text


@given(graphs(kinds=EVERY_KIND, max_nodes=20))
def test_traced_graphs(graph: Graph) -> None:
    check(graph)


@given(st.lists(st.text(max_size=6), min_size=2, max_size=2), st.text(max_size=6))
def test_names_of_any_kind(names: list[str], name: str) -> None:
    """Names are quoted where they must be, and may be equal."""
    total = make(OPS["add"], X, Y)
    check(make_graph(name, [X, Y], [total], param_names=names))


@given(st.text(max_size=6), st.text(max_size=6))
def test_scopes_of_any_kind(scope: str, other: str) -> None:
    x = param(0, X.type, scope=scope)
    body = make_graph("g", [y := param(0, X.type, scope=other)], [make(OPS["exp"], y)])
    count = make(OPS["iota"], attrs=a.IotaAttrs(8, DTYPES["i64"], other))
    graph = make_graph("f", [x], [get(kernel(body, x), 0), count])
    check(graph)
    assert graph.scope == to_json(graph)["scope"] == scope


def test_scopes_of_long_headers() -> None:
    params = [param(i, X.type, scope="f.py:3:f") for i in range(12)]
    graph = make_graph("many", params, [make(OPS["add"], params[0], params[11])])
    assert "\n)  stage=traced  scope=f.py:3:f\n" in check(graph)


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=str)
@given(st.data())
def test_constants_of_any_bits(dtype: DType, data: st.DataObject) -> None:
    bits = data.draw(st.binary(min_size=dtype.itemsize, max_size=dtype.itemsize))
    node = make(OPS["const"], attrs=a.ConstAttrs(bits, dtype))
    check(make_graph("f", [], [node]))


def constant(bits: int, dtype: str) -> str:
    """Return how the constant of these bits is written."""
    data = bits.to_bytes(DTYPES[dtype].itemsize, sys.byteorder)
    node = make(OPS["const"], attrs=a.ConstAttrs(data, DTYPES[dtype]))
    line = check(make_graph("f", [], [node])).splitlines()[1]
    return line.split("const")[1]


def test_constants_read_as_numbers() -> None:
    assert constant(0x8000000000000000, "f64") == "[-0.0]"
    assert constant(0x7FF0000000000000, "f64") == "[inf]"
    assert constant(0x7FF8000000000000, "f64") == "[nan]"
    assert constant(0xFFF8000000000000, "f64") == "[bits:0xfff8000000000000]"
    assert constant(0x3DCCCCCD, "f32") == "[0.1]"
    assert constant(0x00000001, "f32") == "[1e-45]"
    assert constant(0x7F800001, "f32") == "[bits:0x7f800001]"
    assert constant(0xFF, "i8") == "[-1]"
    assert constant(0xFF, "u8") == "[255]"
    assert constant(1, "bool") == "[true]"
    assert constant(2, "bool") == "[bits:0x02]"


def test_symbolic_extents() -> None:
    x = param(0, ArrayType((Dim("n", 100), 4), F64))
    root = make(OPS["sum"], make(OPS["exp"], x), attrs=a.ReduceAttrs((1,)))
    text = check(make_graph("f", [x], [root]))
    assert "f64[n<=100,4]" in text


@given(st.integers(-9, 9), st.integers(0, 4), st.integers(-4, 4).filter(bool))
def test_slices(start: int, count: int, step: int) -> None:
    """Any slice that a node can hold is written so that it is read back."""
    last = start + (count - 1) * step
    if count and not (0 <= start < 8 and 0 <= last < 8):
        return
    attrs = a.SliceAttrs((start,), (count,), (step,))
    check(make_graph("f", [X], [make(OPS["slice"], X, attrs=attrs)]))


def test_slices_read_as_python_does() -> None:
    data = np.arange(8)
    for index in (np.s_[2:7], np.s_[7::-1], np.s_[6:1:-2], np.s_[1:8:3]):
        start, stop, step = index.indices(8)
        attrs = a.SliceAttrs((start,), (len(range(start, stop, step)),), (step,))
        node = make(OPS["slice"], X, attrs=attrs)
        line = check(make_graph("f", [X], [node])).splitlines()[1]
        written = line.split("slice")[1].split()[0]
        assert (eval(f"data{written}") == data[index]).all()


def kernel(body: Graph, *srcs: Node, **attrs: Any) -> Node:
    return make(OPS["kernel"], *srcs, attrs=a.KernelAttrs(body, **attrs))


def get(node: Node, index: int) -> Node:
    return make(OPS["get"], node, attrs=a.GetAttrs(index))


B0, B1 = param(0, X.type), param(1, X.type)
PAIR = make_graph(
    "pair", [B0, B1], [make(OPS["add"], B0, B1), make(OPS["sub"], B0, B1)]
)


def test_kernels_with_unused_outputs() -> None:
    text = check(make_graph("f", [X, Y], [get(kernel(PAIR, X, Y), 1)]))
    assert "  _, %0: f64[8], f64[8] = kernel @pair[stage=traced] %p0 %p1 {" in text


def test_kernels_whose_outputs_cross() -> None:
    first = kernel(PAIR, X, Y, tile=(4,), device="gpu:1")
    second = kernel(PAIR, get(first, 1), get(first, 0), tile=())
    outputs = [get(second, 1), get(first, 1), get(second, 1)]
    check(make_graph("f", [X, Y], outputs, Stage.PLACED))


def test_kernels_with_an_operand_twice() -> None:
    """The body then says what its parameters are called."""
    text = check(make_graph("f", [X], [get(kernel(PAIR, X, X), 0)]))
    assert "    params %p0: f64[8], %p1: f64[8]\n" in text


def test_kernels_with_parameters_of_other_types_or_numbers() -> None:
    short = param(0, ArrayType((3,), F64))
    check(make_graph("f", [X], [get(kernel(make_graph("g", [short], [short]), X), 0)]))
    check(make_graph("f", [X], [get(kernel(PAIR, X), 0)]))
    check(make_graph("f", [X], [get(kernel(make_graph("g", [], [short]), X), 0)]))


def test_kernels_as_whole_values() -> None:
    """No pass makes them, but a dump for debugging must show them."""
    whole = kernel(PAIR, X, Y)
    text = check(make_graph("f", [X, Y], [whole, get(whole, 0)]))
    assert "%0: (f64[8], f64[8]) = kernel" in text
    empty = kernel(make_graph("nothing", [], []))
    check(make_graph("f", [], [empty]))


def test_kernels_within_kernels() -> None:
    inner = get(kernel(PAIR, B0, B1), 0)
    outer = make_graph("outer", [B0, B1], [make(OPS["exp"], inner)], Stage.FUSED)
    check(make_graph("f", [X, Y], [get(kernel(outer, Y, X), 0)]))


def test_names_in_bodies_avoid_those_of_parameters() -> None:
    names = ["a", "b"]
    graph = make_graph("f", [X, Y], [get(kernel(PAIR, Y, X), 0)], param_names=names)
    text = check(graph)
    assert "    %c: f64[8] = add %b %a\n" in text


def test_parameters_of_another_graph_are_shown() -> None:
    check(make_graph("f", [X], [make(OPS["add"], X, Y)]))
    check(make_graph("f", [Y, X], [make(OPS["add"], X, Y)]))
    theirs = param(1, X.type, scope="g.py:3:g")
    text = check(make_graph("f", [X], [make(OPS["add"], X, theirs)]))
    assert "param[slot=1, scope=g.py:3:g]" in text


def test_user_kernels_by_name() -> None:
    ours, theirs = a.UserKernel("f", abs), a.UserKernel("f", min)
    odd = a.UserKernel("<lambda> 1", max)
    calls = [
        make(OPS["call"], X, attrs=a.CallAttrs(k, F64)) for k in (ours, theirs, odd)
    ]
    graph = make_graph("g", [X], calls)
    text = check(graph)
    assert "call[kernel=@f, dtype=f64] %p0" in text
    assert "call[kernel=@f+1, dtype=f64] %p0" in text
    with pytest.raises(ParseError, match="no kernel 'f' was given"):
        parse(text)


def test_long_headers_take_a_line_for_each_parameter() -> None:
    params = [param(i, X.type) for i in range(12)]
    graph = make_graph("many", params, [make(OPS["add"], params[0], params[11])])
    assert "    %p3: f64[8],\n" in check(graph)


def test_sources_and_annotations_are_comments() -> None:
    graph = make_graph("f", [X], [make(OPS["exp"], X)])
    text = dump(graph, {graph.outputs[0]: "# odd\n } \"'"}, title="{", summary="return")
    assert parse(text) is graph


PROGRAM = """
import sys
from pathlib import Path
from lazydag.ir.text import dump, parse
text = Path(sys.argv[1]).read_text()
assert dump(parse(text), sources=False) == text
"""


def test_dumps_are_the_same_in_every_process(tmp_path: Path) -> None:
    """No ids, no hashes, no times."""
    graph = make_graph("f", [X, Y], [get(kernel(PAIR, X, Y), i) for i in (0, 1)])
    file = tmp_path / "graph.ir"
    file.write_text(dump(graph, sources=False))
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        program = [sys.executable, "-c", PROGRAM, str(file)]
        subprocess.run(program, check=True, env=env, cwd=ROOT)

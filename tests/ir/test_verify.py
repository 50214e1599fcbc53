"""Each invariant, broken once, is reported with its sentence and the nodes about it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lazydag.errors import VerifyError
from lazydag.ir import attrs as a
from lazydag.ir.graph import Graph, Stage, evolve, make_graph, param
from lazydag.ir.invariants import INVARIANTS
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc
from lazydag.ir.text import parse
from lazydag.ir.types import F64, I64, ArrayType
from lazydag.ir.verify import verify

X = param(0, ArrayType((8,), F64))
ARRAYS, TYPES, PARAMS, REPEATED, UNGROUPED = (row.sentence for row in INVARIANTS[:5])


def text(
    lines: str, stage: str = "fused", params: str = "%x: f64[8], %y: f64[8]"
) -> Graph:
    return parse(f"graph @f({params}) stage={stage}\n{lines}")


def kernel(body: str, tile: str = "", params: str = "%x: f64[8], %y: f64[8]") -> Graph:
    """Return a graph of one kernel over all its parameters, placed if it has a tile."""
    names = " ".join(part.split(":")[0] for part in params.split(", "))
    attrs = f"[tile={tile}]" if tile else ""
    device = "@cpu:0 " if tile else ""
    first = f"%0 {device}= kernel{attrs} {names} {{\n{body}\n}}\nreturn %0"
    return text(first, "placed" if tile else "fused", params)


def node(op: str, *srcs: Node, type: Any, attrs: a.Attrs = a.NONE) -> Node:
    """Return a node that `make` would not make."""
    return Node(OPS[op], srcs, attrs, type, None)


def whole_kernel() -> Node:
    return make(OPS["kernel"], X, attrs=a.KernelAttrs(make_graph("b", [X], [X])))


def leaf() -> Node:
    attrs = a.LeafAttrs(a.Leaf(np.zeros(8)), X.type)
    return make(OPS["exp"], make(OPS["leaf"], attrs=attrs))


def other_params() -> Graph:
    short = param(0, ArrayType((3,), F64))
    body = make_graph("b", [short], [make(OPS["exp"], short)])
    got = make(OPS["kernel"], X, attrs=a.KernelAttrs(body))
    out = make(OPS["get"], got, attrs=a.GetAttrs(0))
    return make_graph("f", [X], [out], Stage.FUSED)


MATRIX = "%x: f64[300,40]"
LONG = "%x: f64[3000]"


# what is broken, the stage it is checked at, parts of the sentence and of what happened
def loop_over(stage: Stage) -> Graph:
    params = [param(0, ArrayType((), I64)), param(1, X.type)]
    body = make_graph("body", params, params[1:], stage)
    attrs = a.LoopAttrs(body, carries=1, length=3)
    return make_graph("f", [X], [make(OPS["loop"], X, attrs=attrs)])


BROKEN: list[tuple[Callable[[], Graph], Stage, str, str]] = [
    (lambda: make_graph("f", [X], [whole_kernel()]), Stage.FUSED, ARRAYS, "an output"),
    (
        lambda: make_graph("f", [X], [node("exp", whole_kernel(), type=X.type)]),
        Stage.TRACED,
        ARRAYS,
        "<exp: f64[8]> reads <kernel: (f64[8])>",
    ),
    (
        lambda: make_graph(
            "f", [X], [node("get", X, type=X.type, attrs=a.GetAttrs(0))]
        ),
        Stage.FUSED,
        ARRAYS,
        "<get: f64[8]> reads <param: f64[8]>",
    ),
    (
        lambda: make_graph("f", [X], [node("exp", X, type=ArrayType((9,), F64))]),
        Stage.TRACED,
        TYPES,
        "exp has type f64[9], and infers f64[8]",
    ),
    (
        lambda: make_graph("f", [X], [node("lnot", X, type=X.type)]),
        Stage.TRACED,
        TYPES,
        "logical op on f64[8]",
    ),
    (
        lambda: loop_over(Stage.SIMPLIFIED),
        Stage.TRACED,
        REPEATED,
        "@body is simplified",
    ),
    (
        lambda: make_graph("f", [], [X]),
        Stage.TRACED,
        PARAMS,
        "<param: f64[8]> is not a param of @f",
    ),
    (
        lambda: make_graph("f", [param(1, X.type)], [param(1, X.type)]),
        Stage.TRACED,
        PARAMS,
        "param 0 of @f",
    ),
    (
        lambda: make_graph("f", [make(OPS["exp"], X)], []),
        Stage.TRACED,
        PARAMS,
        "param 0 of @f is <exp: f64[8]>",
    ),
    (
        lambda: make_graph("f", [X, param(1, X.type, scope="g.py:3")], [X]),
        Stage.TRACED,
        PARAMS,
        "param 1 of @f is in 'g.py:3', and param 0 in ''",
    ),
    (
        lambda: make_graph("f", [X], [X], param_names=["x", "y"]),
        Stage.TRACED,
        PARAMS,
        "@f has 1 params and 2 names",
    ),
    (
        lambda: kernel("%a = add %x %y\nyield %a"),
        Stage.SIMPLIFIED,
        UNGROUPED,
        "kernel in a graph not yet fused",
    ),
    (
        lambda: make_graph("f", [], [leaf()]),
        Stage.SIMPLIFIED,
        "no leaves",
        "<leaf: f64[8]> is left",
    ),
    *(
        (
            lambda line=line: text(f"%0: f64[8] = {line} %x\nreturn %0"),
            Stage.SIMPLIFIED,
            "no cast, broadcast, reshape or transpose does nothing",
            f"{line.split('[')[0]} to f64[8] does nothing",
        )
        for line in ("cast", "broadcast", "reshape", "transpose[axes=(0,)]")
    ),
    (
        lambda: text("%0 = exp %x\nreturn %0"),
        Stage.FUSED,
        "outside kernels are only",
        "exp outside of kernels",
    ),
    (
        lambda: text("%0: f64[] = const[1.0]\nreturn %0"),
        Stage.FUSED,
        "outside kernels are only",
        "const outside of kernels",
    ),
    (other_params, Stage.FUSED, "have the types of the kernel's sources", "f64[3]"),
    (
        lambda: kernel("%a = exp %x\n%b = concat[axis=0] %a %y\nyield %b"),
        Stage.FUSED,
        "a body that is a call is one op",
        "exp in a body that calls concat",
    ),
    (
        lambda: kernel("%a: i64[8] = cast %x\n%b = pow %a %a\nyield %b"),
        Stage.FUSED,
        "a body that is a call is one op",
        "cast in a body that calls pow",
    ),
    (
        lambda: kernel("%a = add %x %y\n%b = concat[axis=0] %x %y\nyield %a, %b"),
        Stage.FUSED,
        "a fused body holds",
        "concat in a fused body",
    ),
    (
        lambda: kernel("%a = slice[0:4] %x\n%b = exp %a\nyield %b"),
        Stage.FUSED,
        "a fused body holds",
        "slice in a fused body",
    ),
    (
        lambda: kernel(
            "%a = exp %x\n%b = exp %y\nyield %a, %b", params="%x: f64[8], %y: f64[3]"
        ),
        Stage.FUSED,
        "a fused body runs over one shape",
        "<param: f64[3]> in a body that runs over [8]",
    ),
    (
        lambda: kernel("%a = sum[axes=(0,)] %x\n%b: f64[] = const[1.0]\nyield %a, %b"),
        Stage.FUSED,
        "a constant that a fused body yields is broadcast",
        "<const: f64[]> of a body that runs over (8,)",
    ),
    (
        lambda: kernel("%a = sum[axes=(0,)] %x\n%b: f64[] = broadcast %a\nyield %b"),
        Stage.FUSED,
        "no cast, broadcast",
        "broadcast to f64[] does nothing",
    ),
    (
        lambda: kernel(
            "%a = sum[axes=(0,)] %x\n%b = sum[axes=(0,)] %a\nyield %b",
            params="%x: f64[1,8]",
        ),
        Stage.FUSED,
        "a fused body runs over one shape",
        "in a body that runs over [8]",
    ),
    (
        lambda: kernel(
            "%a = exp %y\n%b = write[0:4] %x %y\nyield %b, %a",
            params="%x: f64[8], %y: f64[4]",
        ),
        Stage.FUSED,
        "a write is the only output",
        "<write: f64[8]> beside other values",
    ),
    (
        lambda: kernel(
            "%a = exp %x\n%b = write[0:8] %x %a\nyield %b",
        ),
        Stage.FUSED,
        "nothing else uses its base",
        "is read and written",
    ),
    (
        lambda: kernel("%a = sum[axes=()] %x\n%b = exp %a\nyield %b"),
        Stage.FUSED,
        "reductions are outputs",
        "exp reads <sum: f64[8]>",
    ),
    (
        lambda: kernel(
            "%a = sum[axes=(0,)] %x\n%b = sum[axes=(1,)] %x\nyield %a, %b",
            params="%x: f64[4,4]",
        ),
        Stage.FUSED,
        "over the same adjacent axes",
        "beside",
    ),
    (
        lambda: kernel("%a = sum[axes=(0,2)] %x\nyield %a", params="%x: f64[4,4,4]"),
        Stage.FUSED,
        "over the same adjacent axes",
        "sum over axes (0, 2)",
    ),
    (
        lambda: kernel("%a = sum[axes=(0,)] %x\nyield %a", params=LONG),
        Stage.FUSED,
        "cut into blocks that the shape decides",
        "3000 elements of [3000] in blocks of 0 instead of 1024",
    ),
    (
        lambda: kernel("%a = sum[axes=(0,), block=512] %x\nyield %a", params=LONG),
        Stage.FUSED,
        "cut into blocks that the shape decides",
        "in blocks of 512 instead of 1024",
    ),
    (
        lambda: kernel("%a = sum[axes=(0,)] %x\nyield %a", params=MATRIX),
        Stage.FUSED,
        "cut into blocks that the shape decides",
        "300 elements of [300, 40] in blocks of 0 instead of 64",
    ),
    (
        lambda: text(
            "%0 = transpose[axes=(1,0)] %x\n%1: f64[8] = reshape %0\nreturn %1",
            params="%x: f64[2,4]",
        ),
        Stage.FUSED,
        "a reshape outside kernels is a view",
        "reshape to f64[8] of <transpose: f64[4,2]>",
    ),
    (
        lambda: text(
            "%0 = slice[0:2, 0:3] %x\n%1: f64[6] = reshape %0\nreturn %1",
            params="%x: f64[2,4]",
        ),
        Stage.FUSED,
        "a reshape outside kernels is a view",
        "which has gaps",
    ),
    (
        lambda: kernel("%a = add %x %y\nyield %a"),
        Stage.TILED,
        "a kernel has a tile that fits",
        "runs over [8] in tiles of None",
    ),
    *(
        (
            lambda tile=tile: kernel("%a = add %x %y\nyield %a", tile),
            Stage.TILED,
            "a kernel has a tile that fits",
            "runs over [8] in tiles of",
        )
        for tile in ("()", "(9,)", "(0,)", "(4,1)")
    ),
    (
        lambda: kernel("%a = concat[axis=0] %x %y\nyield %a", "(4,)"),
        Stage.TILED,
        "a call has tile ()",
        "runs over [] in tiles of (4,)",
    ),
    (
        lambda: kernel("%a = sum[axes=(0,), block=1024] %x\nyield %a", "(1000,)", LONG),
        Stage.TILED,
        "tiles end where the blocks of reductions end",
        "in tiles of (1000,)",
    ),
    (
        lambda: kernel("%a = sum[axes=(0,)] %x\nyield %a", "(4,)", "%x: f64[8]"),
        Stage.TILED,
        "tiles end where the blocks of reductions end",
        "in tiles of (4,)",
    ),
    (
        lambda: kernel(
            "%a = sum[axes=(0,1), block=1024] %x\nyield %a", "(1000,)", MATRIX
        ),
        Stage.TILED,
        "tiles end where the blocks of reductions end",
        "in tiles of (1000,)",
    ),
    (
        lambda: text("%0 = kernel[tile=(8,)] %x {\nyield %x\n}\nreturn %0"),
        Stage.PLACED,
        "a kernel has a device",
        "kernel @kernel has no device",
    ),
    (
        lambda: text("%0 = pin[device=gpu:0] %x\nreturn %0"),
        Stage.PLACED,
        "pins have become devices",
        "is left, and nothing looks at it",
    ),
    (
        lambda: text('%0 = copy[space=""] %x\nreturn %0'),
        Stage.PLACED,
        "a copy names a memory space",
        "no space to copy to",
    ),
]


@pytest.mark.parametrize(("build", "stage", "sentence", "what"), BROKEN)
def test_broken(
    build: Callable[[], Graph], stage: Stage, sentence: str, what: str
) -> None:
    graph = build()
    graph = evolve(graph, graph.outputs, stage)
    with pytest.raises(VerifyError) as raised:
        verify(graph, by="some pass")
    error = raised.value
    assert sentence in error.invariant
    assert what in error.what
    message = str(error)
    assert f"  some pass broke: {error.invariant}" in message
    assert "  | graph @" in message
    assert "please report it" in message


def test_every_invariant_is_broken_by_a_test() -> None:
    reported = {
        row.sentence for row in INVARIANTS for _, _, s, _ in BROKEN if s in row.sentence
    }
    assert reported == {row.sentence for row in INVARIANTS}


def test_the_context_shows_the_neighbours_of_the_fault() -> None:
    lines = "".join(f"%{i} = exp %{i - 1}\n" for i in range(1, 50))
    graph = text(f"%0 = exp %x\n{lines}return %49", "traced")
    source = SourceLoc("model.py", 7, "f")
    bad = Node(OPS["exp"], (graph.outputs[0],), a.NONE, ArrayType((2,), F64), source)
    user = Node(OPS["exp"], (bad,), a.NONE, ArrayType((2,), F64), None)
    with pytest.raises(VerifyError) as raised:
        verify(make_graph("f", graph.params, [user]), by="fuse")
    message = str(raised.value)
    assert "%50: f64[2] = exp %49" in message
    assert "%49: f64[8] = exp %48" in message
    assert "%51: f64[2] = exp %50" in message
    assert "%47" not in message
    assert "at model.py:7" in message


def test_graphs_that_keep_the_invariants() -> None:
    for graph in (
        text("return"),
        text("return %x, %x"),
        text("%0 = slice[2:8:2] %x\nreturn %0"),
        text(
            "%0 = transpose[axes=(1,0)] %z\n%1: f64[1,4,2] = reshape %0\nreturn %1",
            params="%z: f64[2,4]",
        ),
        text(
            "%0 = slice[1:2, 0:4] %z\n%1: f64[4] = reshape %0\nreturn %1",
            params="%z: f64[2,4]",
        ),
        kernel("%a: f64[] = const[2.0]\n%b = mul %x %a\nyield %b", "()", "%x: f64[]"),
        kernel("%a = sum[axes=(0,1), block=1024] %x\nyield %a", "(5120,)", MATRIX),
        kernel("%a = sum[axes=(0,), block=64] %x\nyield %a", "(64,7)", MATRIX),
        kernel(
            "%a = exp %x\n%b = sum[axes=(0,)] %a\nyield %a, %b", "(8,)", "%x: f64[8]"
        ),
        kernel("%a = sum[axes=(0,)] %x\nyield %a", "(1,3)", "%x: f64[0,3]"),
        kernel(
            "%a: f64[] = const[0.0]\n%b: f64[8] = broadcast %a\n"
            "%c = concat[axis=0] %x %b\nyield %c",
            "()",
            "%x: f64[8]",
        ),
    ):
        verify(graph)

"""Nodes are interned: equal means identical, and nothing unequal is merged."""

import gc
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lazydag.errors import DTypeError, ShapeError, VerifyError
from lazydag.ir import attrs as a
from lazydag.ir.graph import Stage, make_graph, param
from lazydag.ir.node import Node, const, is_elementwise, is_fusable, make
from lazydag.ir.ops import OPS
from lazydag.ir.source import SourceLoc
from lazydag.ir.types import DTYPES, F32, F64, I64, ArrayType, Dim

X = param(0, ArrayType((3,), F64))
Y = param(1, ArrayType((3,), F64))


def test_same_node_is_one_object() -> None:
    assert make(OPS["add"], X, Y) is make(OPS["add"], X, Y)
    assert param(0, ArrayType((3,), F64)) is X
    assert const(1.5, F64) is const(1.5, F64)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (const(0.0, F64), const(-0.0, F64)),
        (const(0.0, F32), const(-0.0, F32)),
        (const(1, I64), const(True, DTYPES["bool"])),
        (const(1, I64), const(1, DTYPES["i32"])),
        (const(1, DTYPES["u8"]), const(1, DTYPES["i8"])),
        (const(1.0, F64), const(1, I64)),
        (make(OPS["add"], X, Y), make(OPS["add"], Y, X)),
        (make(OPS["add"], X, Y), make(OPS["sub"], X, Y)),
        (X, Y),
        (X, param(0, ArrayType((3,), F32))),
        (X, param(0, ArrayType((Dim("n", 3),), F64))),
        (
            make(OPS["sum"], X, attrs=a.ReduceAttrs((0,))),
            make(OPS["sum"], X, attrs=a.ReduceAttrs((0,), 1024)),
        ),
    ],
    ids=str,
)
def test_different_nodes_stay_apart(left: Node, right: Node) -> None:
    assert left is not right


def test_nan_is_one_constant_and_its_payload_counts() -> None:
    assert const(np.nan, F64) is const(float("nan"), F64)
    other = np.array([0x7FF8000000000001], np.uint64).view(np.float64)[0]
    assert const(other, F64) is not const(np.nan, F64)


def test_constant_converts_as_numpy_does() -> None:
    value = const(0.1, F32).attrs
    assert isinstance(value, a.ConstAttrs)
    assert value.value() == np.float32(0.1)
    assert value.value().dtype == F32


def test_source_is_the_first_one_and_no_part_of_the_identity() -> None:
    here, there = SourceLoc("a.py", 1, "f"), SourceLoc("b.py", 2, "g")
    first = make(OPS["exp2"], X, source=here)
    assert make(OPS["exp2"], X, source=there) is first
    assert first.source == here


def test_leaves_and_user_kernels_are_what_they_are() -> None:
    data = np.zeros(3)
    leaves = [
        make(OPS["leaf"], attrs=a.LeafAttrs(a.Leaf(data), X.type)) for _ in range(2)
    ]
    assert leaves[0] is not leaves[1]
    kernels = [a.UserKernel("f", abs) for _ in range(2)]
    calls = [make(OPS["call"], X, attrs=a.CallAttrs(k, F64)) for k in kernels]
    assert calls[0] is not calls[1]
    assert make(OPS["call"], X, attrs=a.CallAttrs(kernels[0], F64)) is calls[0]


def test_nodes_are_forgotten_with_their_last_user() -> None:
    node = make(OPS["cbrt"], make(OPS["cbrt"], X))
    source = SourceLoc("late.py", 1, "f")
    del node
    gc.collect()
    again = make(OPS["cbrt"], make(OPS["cbrt"], X), source=source)
    assert again.source == source


def test_graphs_are_interned_and_notes_are_no_part_of_that() -> None:
    graph = make_graph("f", [X], [X])
    assert make_graph("f", [X], [X]) is graph
    assert make_graph("g", [X], [X]) is not graph
    assert make_graph("f", [X], [X], Stage.SIMPLIFIED) is not graph
    assert make_graph("f", [X], [X], param_names=["x"]) is not graph


@pytest.mark.parametrize(
    ("op", "srcs", "attrs"),
    [
        ("add", (X,), a.NONE),
        ("add", (X, X, X), a.NONE),
        ("neg", (X, X), a.NONE),
        ("neg", (X,), a.ShapeAttrs((3,))),
        ("broadcast", (X,), a.NONE),
        ("const", (X,), a.ConstAttrs(b"\0", DTYPES["i8"])),
    ],
)
def test_a_wrong_call_names_what_the_op_takes(
    op: str, srcs: tuple[Node, ...], attrs: a.Attrs
) -> None:
    with pytest.raises(VerifyError, match=f"{op} made from {len(srcs)} sources"):
        make(OPS[op], *srcs, attrs=attrs)


def test_a_failed_node_leaves_nothing_behind() -> None:
    narrow = param(2, ArrayType((3,), F32))
    short = param(3, ArrayType((2,), F64))
    for _ in range(2):
        with pytest.raises(DTypeError):
            make(OPS["add"], X, narrow)
        with pytest.raises(ShapeError):
            make(OPS["add"], X, short)


def test_interning_holds_across_threads() -> None:
    """Threads that build one program at once get one program."""
    count, depth = 8, 300
    start = threading.Barrier(count)

    def build(_: int) -> Node:
        start.wait()
        node = X
        for i in range(depth):
            shape = a.ShapeAttrs((3,))
            scale = make(OPS["broadcast"], const(float(i), F64), attrs=shape)
            node = make(OPS["hypot"], node, scale if i % 3 else Y)
        return node

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(count) as pool:
            roots = list(pool.map(build, range(count)))
    finally:
        sys.setswitchinterval(interval)
    assert all(root is roots[0] for root in roots)


def test_predicates() -> None:
    i = param(4, ArrayType((3,), I64))
    assert is_elementwise(make(OPS["pow"], i, i))
    assert not is_fusable(make(OPS["pow"], i, i))
    assert is_fusable(make(OPS["pow"], X, X))
    assert not is_elementwise(X)

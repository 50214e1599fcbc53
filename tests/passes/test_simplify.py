"""Rules: each is fired by the programs in simplify/, and none changes a bit."""

import time
from pathlib import Path

import numpy as np
import pytest

from lazydag.ir.graph import Graph, Stage, make_graph
from lazydag.ir.node import const, make
from lazydag.ir.ops import OPS, Kind
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.text import parse
from lazydag.ir.types import BOOL, DTYPES
from lazydag.passes.simplify import RULES, Simplify
from tests.passes.programs import LARGE, do, graph_of, inputs, spread, transpose
from tests.passes.targets import LAPTOP
from tests.passes.test_pipeline import assert_same_bits
from tests.strategies import special_values

PROGRAMS = sorted((Path(__file__).parent / "simplify").glob("*.ir"))
NEUTRAL = ("add", "sub", "mul", "div")


def simplified(graph: Graph) -> Graph:
    return Simplify()(graph, LAPTOP)


def names(graph: Graph) -> list[str]:
    """Return the ops that compute something."""
    free = {Kind.SOURCE, Kind.MOVEMENT}
    return [n.op.name for n in graph.nodes() if n.op.kind not in free]


def test_every_rule_is_fired_by_some_program():
    fired = {
        note.subject
        for path in PROGRAMS
        for note in simplified(parse(path.read_text())).notes
    }
    assert fired == {*(rule.name for rule in RULES), "move views to the inputs"}


def test_a_rule_that_is_fired_once_says_so():
    (x,) = inputs("f64[4]")
    graph = simplified(graph_of([x], do("mul", x, 1.0)))
    assert graph.outputs == (x,)
    (note,) = graph.notes
    assert (note.by, note.subject) == ("simplify", "multiply by one")
    assert note.reason == "applied 1 time"


@pytest.mark.parametrize(
    ("dtype", "op"),
    [
        *((dtype, op) for dtype in ("f32", "f64") for op in NEUTRAL),
        *((dtype, op) for dtype in ("i8", "u16") for op in ("add", "sub", "mul")),
        *(("bool", op) for op in ("add", "mul")),
    ],
)
@pytest.mark.parametrize("constant", [0, 1, -0.0, 2])
def test_constants_on_either_side_keep_all_bits(dtype, op, constant):
    values = np.array(special_values(DTYPES[dtype]), DTYPES[dtype])
    (x,) = inputs(f"{dtype}[{values.size}]")
    number = spread(const(constant, DTYPES[dtype]), x.type.shape)
    for srcs in ((x, number), (number, x)):
        graph = graph_of([x], make(OPS[op], *srcs))
        expected = evaluate_graph(graph, [values])
        assert_same_bits(evaluate_graph(simplified(graph), [values]), expected)


def test_adding_true_is_not_multiplying_by_one():
    (x,) = inputs("bool[4]")
    true = spread(const(1, BOOL), (4,))
    assert names(simplified(graph_of([x], make(OPS["add"], x, true)))) == ["add"]


def test_values_of_two_users_are_not_computed_twice():
    (x,) = inputs("f64[3,4]")
    value = do("exp", x)
    graph = simplified(graph_of([x], transpose(value), do("neg", value)))
    assert names(graph).count("exp") == 1


def test_users_that_want_the_same_view_share_it():
    (x,) = inputs("f64[3,4]")
    value = do("exp", x)
    graph = graph_of([x], do("add", transpose(value), transpose(do("neg", value))))
    result = simplified(graph)
    assert sorted(names(result)) == ["add", "exp", "neg"]
    views = [n for n in result.nodes() if n.op.kind is Kind.MOVEMENT]
    assert [v.srcs for v in views] == [(x,)]


def test_outputs_stay_what_they_are_when_a_view_is_wanted_too():
    (x,) = inputs("f64[3,4]")
    value = do("exp", x)
    graph = graph_of([x], value, transpose(value))
    assert simplified(graph).outputs == graph.outputs


def test_long_scalar_computations_are_not_repeated_in_every_lane():
    s, x = inputs("f64[]", f"f64[{LARGE}]")
    scalar = s
    for _ in range(50):
        scalar = do("mul", do("add", scalar, s), s)
    result = simplified(graph_of([s, x], do("add", x, scalar)))
    lanes = [n for n in result.nodes() if n.type.size == LARGE and n.op.flops]
    assert len(lanes) == 1


def test_symbolic_and_folded_constants_meet():
    (x,) = inputs("f64[4]")
    six = do("mul", const(2, DTYPES["f64"]), const(3, DTYPES["f64"]))
    graph = graph_of([x], do("mul", x, six), do("mul", x, 6.0))
    first, second = simplified(graph).outputs
    assert first is second


@pytest.mark.slow
def test_long_chains_take_time_in_proportion():
    (x,) = inputs("f64[4,4]")
    value = x
    for _ in range(5000):
        value = do("neg", transpose(do("mul", value, 1.0)))
    start = time.perf_counter()
    result = simplified(make_graph("f", [x], [value], Stage.TRACED))
    assert time.perf_counter() - start < 20
    # Views move past so many ops at most; where they meet they merge.
    assert "mul" not in names(result)
    views = [n for n in result.nodes() if n.op.kind is Kind.MOVEMENT]
    assert len(views) < 5000 / 4

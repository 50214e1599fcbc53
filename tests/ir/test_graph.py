"""Walks over graphs: deterministic orders, rebuilding, and 100,000 nodes."""

import gc
import sys
import time

import pytest
from hypothesis import given

from lazydag.ir.attrs import ParamAttrs
from lazydag.ir.graph import (
    Graph,
    Note,
    Stage,
    evolve,
    make_graph,
    param,
    rebuild,
    topological,
    users,
    with_lines,
    with_sources,
)
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.rewrite import Rule, rewrite
from lazydag.ir.source import SourceLoc
from lazydag.ir.text import dump, excerpt, parse, to_json
from lazydag.ir.types import F64, ArrayType
from lazydag.ir.verify import verify
from tests.strategies import graphs

X = param(0, ArrayType((4,), F64))
Y = param(1, ArrayType((4,), F64))
LENGTH = 100_000


@given(graphs())
def test_sources_come_first_and_nodes_once(graph: Graph) -> None:
    order = topological(graph.outputs)
    position = {node: i for i, node in enumerate(order)}
    assert len(position) == len(order)
    assert all(position[s] < position[n] for n in order for s in n.srcs)
    assert set(graph.outputs) <= set(order)
    assert order == topological(graph.outputs) == graph.nodes()


def test_the_order_is_that_of_a_walk_from_the_first_root() -> None:
    a, b = make(OPS["exp"], X), make(OPS["log"], Y)
    c = make(OPS["add"], b, a)
    assert topological([a, c]) == [X, a, Y, b, c]
    assert topological([c, a]) == [Y, b, X, a, c]
    assert topological([]) == []


@given(graphs())
def test_rebuilding_without_a_change_returns_the_nodes(graph: Graph) -> None:
    assert rebuild(graph.outputs, with_sources) == graph.outputs


@given(graphs())
def test_other_lines_make_an_equal_graph(graph: Graph) -> None:
    lines = {n: SourceLoc("f.py", 2 * i, "f") for i, n in enumerate(graph.nodes())}
    other = with_lines(graph, lines)
    assert other.scope.startswith("f.py:0")
    assert parse(dump(other).replace(f"  scope={other.scope}", "")) is graph
    pairs = zip(graph.nodes(), other.nodes(), strict=True)
    assert all(new.source is lines[old] for old, new in pairs if new is not old)
    assert not set(graph.params) & set(other.nodes())


@given(graphs())
def test_users_invert_sources(graph: Graph) -> None:
    nodes = graph.nodes()
    found = users(nodes)
    pairs = {(src, user) for src, all_users in found.items() for user in all_users}
    assert pairs == {(src, node) for node in nodes for src in node.srcs}
    assert all(len(set(each)) == len(each) for each in found.values())


def test_rebuilding_replaces_params() -> None:
    graph = make_graph("f", [X], [make(OPS["mul"], X, X)])

    def visit(node: Node, srcs: tuple[Node, ...]) -> Node:
        return Y if isinstance(node.attrs, ParamAttrs) else with_sources(node, srcs)

    assert rebuild(graph.outputs, visit) == (make(OPS["mul"], Y, Y),)


def test_evolving_keeps_the_name_and_adds_notes() -> None:
    note, more = Note("a", "b", "c"), Note("d", "e", "f")
    graph = make_graph("evolving", [X], [X], param_names=["x"], notes=[note])
    later = evolve(graph, [make(OPS["neg"], X)], Stage.SIMPLIFIED, [more])
    assert (later.name, later.param_names) == ("evolving", ("x",))
    assert later.stage is Stage.SIMPLIFIED
    assert later.notes == (note, more)
    assert repr(later) == "<graph @evolving simplified>"


def chain(length: int) -> Node:
    """Return ``((x + y) + y) + …``."""
    node = X
    add = OPS["add"]
    for _ in range(length):
        node = make(add, node, Y)
    return node


@pytest.fixture(scope="module")
def long_graph() -> Graph:
    return make_graph("long", [X, Y], [chain(LENGTH)], param_names=["x", "y"])


def test_long_chains_are_walked_without_recursion(long_graph: Graph) -> None:
    assert len(topological(long_graph.outputs)) == LENGTH + 2
    assert rebuild(long_graph.outputs, with_sources) == long_graph.outputs
    swap = {X: Y, Y: X}
    (swapped,) = rebuild(
        long_graph.outputs, lambda n, srcs: swap.get(n) or with_sources(n, srcs)
    )
    assert swapped is not long_graph.outputs[0]
    verify(long_graph)


def test_long_chains_are_rewritten_without_recursion(long_graph: Graph) -> None:
    rule = Rule(
        "add is sub", frozenset({OPS["add"]}), lambda n: make(OPS["sub"], *n.srcs)
    )
    (root,), fired = rewrite(long_graph.outputs, [rule])
    assert fired == {"add is sub": LENGTH}
    assert len(topological([root])) == LENGTH + 2


def test_long_chains_are_dumped_and_parsed_in_seconds(long_graph: Graph) -> None:
    start = time.process_time()
    text = dump(long_graph)
    assert parse(text) is long_graph
    assert time.process_time() - start < 20
    assert text.count("\n") == LENGTH + 2
    assert len(to_json(long_graph)["nodes"]) == LENGTH
    middle = long_graph.nodes()[LENGTH // 2]
    assert excerpt(long_graph, [middle]).count("\n") < 10


def test_long_chains_are_deleted_without_recursion() -> None:
    node = chain(LENGTH)
    deepest = sys.getrefcount(X)
    del node
    gc.collect()
    assert sys.getrefcount(X) <= deepest

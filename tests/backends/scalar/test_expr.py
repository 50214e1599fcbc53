"""Expressions: types, constants by bits, merging, order without recursion."""

import math
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cpu.probe import NUMPY
from lazydag.backends.scalar import (
    OPS,
    Expr,
    Function,
    arg,
    bitcast,
    call,
    const,
    convert,
    cse,
    make,
    select,
    sqrt,
    substitute,
    table,
    topological,
    value_of,
)
from lazydag.backends.scalar.types import TYPES


def test_numbers_take_the_type_of_the_expression_beside_them() -> None:
    x = arg(0, "f32")
    total = 1 - x * 2.5
    assert total.dtype == "f32"
    assert [value_of(a) for a in total.args] == [1.0, None]
    assert value_of((arg(0, "u8") + -1).args[1]) == 255


@pytest.mark.parametrize("op", OPS)
def test_each_op_takes_only_its_kinds(op: str) -> None:
    row = OPS[op]
    for name in NUMPY:
        args = [arg(i, name) for i in range(row.arity)]
        if TYPES[name].kind in row.kinds:
            assert make(op, *args).dtype == (row.result or name)
        else:
            with pytest.raises(TypeError, match=op):
                make(op, *args)


def test_mixed_types_are_refused_with_their_names() -> None:
    with pytest.raises(TypeError, match=r"add needs operands of one type.*f32, f64"):
        arg(0, "f32") + arg(1, "f64")
    with pytest.raises(TypeError, match="select needs"):
        select(arg(0, "i32"), 1.0, arg(1, "f64"))
    with pytest.raises(TypeError, match="changes the width"):
        bitcast(arg(0, "f32"), "i64")
    with pytest.raises(TypeError, match="index must be an integer"):
        table((1.0,), arg(0, "f64"), "f64")
    with pytest.raises(TypeError, match="is not an integer"):
        const(1.5, "i32")
    with pytest.raises(TypeError, match="f takes"):
        call(Function("lib", "f", ("f64",), "f64"), arg(0, "f32"))
    with pytest.raises(TypeError, match="is an expression"):
        sqrt(2.0)


def test_constants_are_their_bits() -> None:
    assert const(0.0, "f64").imm != const(-0.0, "f64").imm
    assert const(1, "f64").imm == const(True, "f64").imm
    assert math.isinf(value_of(const(1e300, "f32")))
    assert value_of(const(-1e300, "f32")) == -math.inf
    assert math.isnan(value_of(const(math.nan, "f32")))
    assert value_of(const(200, "i8")) == -56


def test_cse_merges_equal_structures_and_only_those() -> None:
    x, y = arg(0, "f64"), arg(1, "f64")
    same, also, swapped = cse([x * y + 1.0, arg(0, "f64") * y + 1.0, y * x + 1.0])
    assert same is also
    assert same is not swapped
    zero, negative = cse([x + 0.0, x + -0.0])
    assert zero is not negative
    single, double = cse([convert(arg(0, "i32"), "f32"), convert(arg(0, "i32"), "f64")])
    assert single.dtype != double.dtype


def test_substitute_replaces_arguments() -> None:
    x, y = arg(0, "f64"), arg(1, "f64")
    (root,) = substitute([x * y + x], {0: y})
    (expected,) = [y * y + y]
    assert cse([root, expected])[0] is cse([root, expected])[0]
    assert {n.imm for n in topological([root]) if n.op == "arg"} == {1}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40))
def test_operands_come_before_users(pairs: list[tuple[int, int]]) -> None:
    nodes: list[Expr] = [arg(i, "f64") for i in range(10)]
    for a, b in pairs:
        nodes.append(nodes[-1 - a] + nodes[-1 - b])
    order = topological([nodes[-1]])
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order)
    assert all(place[a] < place[node] for node in order for a in node.args)


def test_a_chain_of_100_000_takes_linear_time_and_no_stack() -> None:
    x = y = arg(0, "f64")
    for _ in range(100_000):
        y = y + x
    start = perf_counter()
    assert len(topological(cse([y]))) == 100_001
    assert perf_counter() - start < 5.0
    assert repr(y) == "<f64 add/2>"

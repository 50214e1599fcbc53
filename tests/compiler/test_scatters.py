"""Gathers and scatters in plans: native, in tiles, in place, and what fails."""

from typing import Any

import numpy as np
import pytest

from lazydag.compiler import get_num_threads, set_num_threads
from lazydag.compiler.cache import clear, plan
from lazydag.compiler.plan import Plan
from lazydag.errors import BoundsError
from lazydag.ir.attrs import GatherAttrs, ScatterAttrs, SliceAttrs
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import Node, const, make
from lazydag.ir.ops import OPS
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.types import DTYPES, F64, I64, ArrayType
from lazydag.passes.regions import whole
from lazydag.passes.rules.match import spread
from lazydag.runtime import KernelTask

RNG = np.random.default_rng(0)
PLACES = [((0,), 0), ((1,), 1), ((1,), 0), ((0, 2), 0), ((0, 1, 2), 0), ((1, 2), 1)]
HOWS = {"f": ("set", "add", "maximum"), "b": ("set", "logical_or"), "c": ("set", "add")}


def values(shape: tuple[int, ...], dtype: Any) -> Any:
    return (RNG.normal(size=shape) * 9).astype(dtype)


def inputs(*arrays: Any) -> list[Node]:
    return [param(i, ArrayType(a.shape, a.dtype)) for i, a in enumerate(arrays)]


def checked(outputs: list[Node], params: list[Node], *arrays: Any) -> Plan:
    graph = make_graph("indexed", params, outputs)
    planned = plan(graph)
    wanted = evaluate_graph(graph, arrays)
    for found, want in zip(planned.run(arrays), wanted, strict=True):
        np.testing.assert_array_equal(found, want)
    return planned


def tasks(planned: Plan) -> list[str]:
    return [task.name for task in planned.task_graph.tasks]


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
@pytest.mark.parametrize("kind", ["i64", "i8", "u16", "u64"])
@pytest.mark.parametrize(("axes", "at"), PLACES)
def test_all_dtypes(dtype: Any, kind: str, axes: tuple[int, ...], at: int) -> None:
    x = values((5, 4, 3), dtype)
    least = [0 if kind[0] == "u" else -x.shape[axis] for axis in axes]
    each = zip(axes, least, strict=True)
    where = [
        RNG.integers(lo, x.shape[a], (3, 2)).astype(DTYPES[kind]) for a, lo in each
    ]
    base, *positions = params = inputs(x, *where)
    taken = make(OPS["gather"], *params, attrs=GatherAttrs(axes, at))
    checked([taken], params, x, *where)
    new = values(taken.type.shape, dtype)
    *_, value = given = inputs(x, *where, new)
    for how in HOWS.get(x.dtype.kind, HOWS["f"]):
        attrs = ScatterAttrs(whole(x.shape), axes, at, how)
        changed = make(OPS["scatter"], base, value, *positions, attrs=attrs)
        planned = checked([changed], given, x, *where, new)
        is_native = isinstance(planned.task_graph.tasks[-1], KernelTask)
        assert is_native == (x.dtype.kind != "c" or how == "set")


def test_a_scatter_into_what_dies_is_in_place() -> None:
    x, where = values((100,), F64), RNG.integers(0, 100, 40)
    base, positions = params = inputs(x, where)
    doubled = make(OPS["add"], base, base)
    value = spread(const(1.5, F64), (40,))
    attrs = ScatterAttrs(whole(x.shape), (0,), 0, "add")
    once = make(OPS["scatter"], doubled, value, positions, attrs=attrs)
    twice = make(OPS["scatter"], once, value, positions, attrs=attrs)
    assert tasks(checked([twice], params, x, where)) == ["add", "scatter", "scatter"]
    planned = checked([once, doubled], params, x, where)
    assert sorted(tasks(planned)) == ["add", "copy", "scatter"]


def test_what_is_scattered_may_be_the_base_itself() -> None:
    x = RNG.permutation(50)
    (p,) = params = inputs(x)
    base = make(OPS["add"], p, p)
    half = make(OPS["floordiv"], base, spread(const(2, I64), (50,)))
    attrs = ScatterAttrs(whole(x.shape), (0,))
    for value, positions in ((base, half), (half, half)):
        changed = make(OPS["scatter"], base, value, positions, attrs=attrs)
        checked([changed], params, x)
        changed = make(OPS["scatter"], half, value, positions, attrs=attrs)
        checked([changed], params, x)


def test_a_scatter_into_a_constant_and_a_region() -> None:
    where, new = RNG.integers(0, 4, 9), values((9, 3), F64)
    positions, value = params = inputs(where, new)
    zeros = spread(const(0.0, F64), (8, 7))
    attrs = ScatterAttrs(SliceAttrs((7, 0), (4, 3), (-2, 3)), (0,), 0, "add")
    changed = make(OPS["scatter"], zeros, value, positions, attrs=attrs)
    checked([changed], params, where, new)


@pytest.mark.parametrize("how", ["set", "add"])
def test_long_runs_are_written_by_ranges_of_places(how: str) -> None:
    x, where = values((300, 64), F64), RNG.integers(-300, 300, 2000)
    new = values((2000, 64), F64)
    base, positions, value = params = inputs(x, where, new)
    attrs = ScatterAttrs(whole(x.shape), (0,), 0, how)
    changed = make(OPS["scatter"], base, value, positions, attrs=attrs)
    before = get_num_threads()
    try:
        for threads in (1, 3):
            set_num_threads(threads)
            planned = checked([changed], params, x, where, new)
            task = planned.task_graph.tasks[-1]
            assert isinstance(task, KernelTask)
            assert task.ntiles == threads
    finally:
        set_num_threads(before)
        clear()


def test_many_positions_are_looked_up_in_tiles() -> None:
    x, where = values((1000,), F64), RNG.integers(-1000, 1000, 500_000)
    params = inputs(x, where)
    taken = make(OPS["gather"], *params, attrs=GatherAttrs((0,)))
    (task,) = checked([taken], params, x, where).task_graph.tasks
    assert isinstance(task, KernelTask)
    assert task.ntiles > 1


@pytest.mark.parametrize(
    ("position", "told"),
    [(10, "10"), (-11, "-11"), (2**30 - 8, str(2**30 - 8)), (-(2**63), "far away")],
)
def test_positions_outside_fail(position: int, told: str) -> None:
    x, where = values((10,), F64), np.array([0, position])
    params = inputs(x, where)
    taken = make(OPS["gather"], *params, attrs=GatherAttrs((0,)))
    message = f"index {told} is out of bounds for axis 0 with size 10"
    with pytest.raises(BoundsError, match=message):
        plan(make_graph("outside", params, [taken])).run([x, where])

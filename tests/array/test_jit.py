"""jit: caching, arguments, results."""

import functools
import importlib
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import lazydag as ld
from lazydag.ir.types import F64, ArrayType
from tests.array.conftest import Log, counted

X = np.arange(3.0)


class Pair(NamedTuple):
    left: Any
    right: Any


@dataclass(frozen=True)
class Point:
    x: Any
    y: Any


def values(tree: Any) -> Any:
    return tree.tolist()


def test_result_is_computed(log: Log) -> None:
    found = ld.jit(lambda x: x + 1)(X)
    assert isinstance(found, ld.Array)
    assert found.is_computed
    assert found.tolist() == [1.0, 2.0, 3.0]
    assert not log.evaluated


def test_traced_once_for_types_and_layouts() -> None:
    function, runs = counted(lambda x: x * 2)
    f = ld.jit(function)
    for _ in range(3):
        f(X)
    assert len(runs) == 1
    f(X.astype("f4"))
    f(np.ones(4))
    f(np.ones(6)[::2])
    assert len(runs) == 4
    f(ld.asarray(X))
    f(X + 1)
    f(ld.asarray(X) + 1)
    assert len(runs) == 5  # that of a lazy argument has a key of its own
    info = f.cache_info()
    assert (info.misses, info.currsize, info.hits) == (5, 5, 4)
    f.cache_clear()
    f(X)
    assert len(runs) == 6


def test_python_scalars_are_parameters() -> None:
    function, runs = counted(lambda x, s: x * s)
    f = ld.jit(function)
    assert f(X, 2.0).tolist() == [0.0, 2.0, 4.0]
    assert f(X, 3.0).tolist() == [0.0, 3.0, 6.0]
    assert len(runs) == 1
    assert f(X.astype("f4"), 3.0).dtype == np.float32
    assert f(X.astype("f4"), 3).dtype == np.float32
    assert f(X.astype("f4"), np.float64(3)).dtype == np.float64
    assert f(np.array([1, 2], "i1"), 3).dtype == np.int8
    assert f(np.array([1, 2], "i1"), 3.5).dtype == np.float64


def test_arithmetic_of_python_scalars_stays_weak() -> None:
    f = ld.jit(lambda x, n: x * (n * 2 + 1))
    assert f(X.astype("f4"), 3).dtype == np.float32
    assert f(X.astype("f4"), 0.5).dtype == np.float32
    assert f(np.ones(2, "i2"), 3).tolist() == [7, 7]


def test_huge_integer() -> None:
    with pytest.raises(
        ld.RangeError, match="Python integer 1267650600228229401496703205377 out of"
    ):
        ld.jit(lambda n: n + 1)(2**100)


def test_containers() -> None:
    @ld.jit
    def f(tree: Any, extra: Any = None) -> Any:
        assert extra is None
        a, (b, pair), point = tree["a"], tree["b"], tree["p"]
        return {"sum": a + b, "pair": Pair(pair.right, [pair.left]), "none": None,
                "point": Point(point.y, point.x)}  # fmt: skip

    found = f({"a": X, "b": (X, Pair(X + 1, X + 2)), "p": Point(X, 1.0)})
    assert found["sum"].tolist() == [0.0, 2.0, 4.0]
    assert type(found["pair"]) is Pair
    assert found["pair"].right[0].tolist() == [1.0, 2.0, 3.0]
    assert found["none"] is None
    assert float(found["point"].x) == 1.0
    assert np.asarray(found["point"].y).tolist() == X.tolist()


def test_results_that_are_no_arrays_yet() -> None:
    f = ld.jit(lambda x: (x, 2, True, 1.5, np.float32(3), np.ones(2), None))
    found = f(X)
    assert [r.dtype.name for r in found[:-1]] == [
        "float64", "int64", "bool", "float64", "float32", "float64",
    ]  # fmt: skip
    assert found[1].shape == ()
    assert ld.jit(lambda: None)() is None


@pytest.mark.parametrize(
    ("result", "what"),
    [("abc", "a str"), ({"a": [object()]}, "a object at a.0"), ({1, 2}, "a set")],
)
def test_results_that_cannot_be(result: Any, what: str) -> None:
    @ld.jit
    def mine(x: Any) -> Any:
        return result

    with pytest.raises(ld.TraceError) as caught:
        mine(X)
    assert caught.value.what == f"mine returned {what}, which is no array"
    assert caught.value.at is not None
    assert caught.value.at.text() == "def mine(x: Any) -> Any:"


def test_static_arguments() -> None:
    function, runs = counted(lambda x, n, mode="a": x * len(mode) * sum(range(n)))

    def named(x: Any, n: int, mode: str = "a") -> Any:
        return function(x, n, mode)

    f = ld.jit(named, static_argnames=("n", "mode"))
    assert f(X, 3).tolist() == [0.0, 3.0, 6.0]
    assert f(X, n=3).tolist() == [0.0, 3.0, 6.0]
    assert f(X, 4, mode="ab").tolist() == [0.0, 12.0, 24.0]
    assert f(X, 4, mode="ab").tolist() == [0.0, 12.0, 24.0]
    assert len(runs) == 3
    by_number = ld.jit(named, static_argnums=(1, -1))
    assert by_number(X, n=3).tolist() == [0.0, 3.0, 6.0]


def test_static_values_that_are_equal_but_differ() -> None:
    f = ld.jit(lambda x, n: x * 0 + (2 if n is True else 1), static_argnums=1)
    assert f(X, 1).tolist() == [1.0] * 3
    assert f(X, True).tolist() == [2.0] * 3


def test_static_mistakes() -> None:
    with pytest.raises(ld.UsageError, match="no argument 'm' to be static"):
        ld.jit(lambda x: x, static_argnames="m")
    with pytest.raises(ld.UsageError, match="static argument n is a list"):
        ld.jit(lambda x, n: x, static_argnames="n")(X, n=[1])
    with pytest.raises(ld.TraceError) as caught:
        ld.jit(lambda x, mode: x)(X, {1, 2})
    assert "argument mode is a set, which cannot be traced" in str(caught.value)
    assert "static_argnames=('mode',)" in caught.value.remedy


def test_functions_and_names_are_conditions() -> None:
    class Scale:
        def __call__(self, x: Any) -> Any:
            return x * 2

    f = ld.jit(lambda x, g: g(x))
    for g in (np.exp, ld.sqrt, abs, ld.jit(lambda x: x + 1), lambda x: -x, float):
        assert f(X[1], g).tolist() == np.asarray(g(X[1])).tolist()
    assert f(X, functools.partial(np.add, 1.0)).tolist() == (X + 1).tolist()
    assert f.cache_info().currsize == 7
    with pytest.raises(ld.TraceError, match="argument g is a Scale"):
        f(X, Scale())
    with pytest.raises(ld.TraceError, match="argument g is a object"):
        f(X, object())


def test_decorator_with_arguments_and_partial() -> None:
    @ld.jit(static_argnames="n")
    def f(x: Any, n: int) -> Any:
        return x + n

    assert f(X, n=1).tolist() == [1.0, 2.0, 3.0]
    assert vars(f)["__name__"] == "f"
    g = ld.jit(functools.partial(lambda a, b: a - b, X))
    assert g(X).tolist() == [0.0] * 3


def test_nested_jit_is_inlined(log: Log) -> None:
    inner = ld.jit(lambda x: x * 2)
    outer = ld.jit(lambda x: inner(x) + inner(x + 1))
    assert outer(X).tolist() == [2.0, 6.0, 10.0]
    assert len(log.planned) == 1
    assert inner.cache_info().currsize == 0


def test_captured_arrays_are_seen_anew() -> None:
    weights = np.ones(3)
    f = ld.jit(lambda x: x * weights + ld.asarray(weights).sum())
    assert f(X).tolist() == [3.0, 4.0, 5.0]
    weights[:] = 2
    assert f(X).tolist() == [6.0, 8.0, 10.0]


def test_lazy_arrays_from_outside_are_seen_anew() -> None:
    weights, more = ld.zeros(3), [ld.array(np.ones(3))]

    def helper(x: Any) -> Any:
        return x + weights

    f = ld.jit(lambda x: helper(x) * more[0])
    assert f(X).tolist() == [0.0, 1.0, 2.0]
    weights[0] = 5.0
    assert f(X).tolist() == [5.0, 1.0, 2.0]
    weights[1:] = 7.0
    more[0] *= 2.0
    assert f(X).tolist() == [10.0, 16.0, 18.0]
    misses = f.cache_info().misses
    assert f(X).tolist() == [10.0, 16.0, 18.0]
    assert f.cache_info().misses == misses
    g = ld.jit(functools.partial(lambda a, b: a + b, weights))
    assert g(X).tolist() == [5.0, 8.0, 9.0]
    weights[0] = 0.0
    assert g(X).tolist() == [0.0, 8.0, 9.0]


def test_trace_gives_the_graph() -> None:
    def f(lat1: Any, columns: Any, *rest: Any, scale: float = 1.0) -> Any:
        return lat1 + columns[0] + columns[1] + rest[0] * scale

    graph = ld.jit(f).trace(X, [X, X], X, scale=2.0)
    assert graph.name == "f"
    assert graph.param_names == ("lat1", "columns.0", "columns.1", "rest.0", "scale")
    assert [n.op.name for n in graph.nodes()].count("add") == 3
    types = ArrayType((3,), F64)
    assert ld.jit(f).trace(types, [types, types], types, scale=2.0) is graph
    graph, arrays = ld.jit(lambda x: x + X).traced_with_arrays(types)
    assert graph.param_names == ("x", "captured0")
    assert arrays[0] is None
    assert arrays[1] is X


def test_methods() -> None:
    class Model:
        def __init__(self, scale: float) -> None:
            self.scale = scale
            self.runs = 0

        @ld.jit
        def apply(self, x: Any) -> Any:
            self.runs += 1
            return x * self.scale

    two, three = Model(2.0), Model(3.0)
    for _ in range(2):
        assert two.apply(X).tolist() == [0.0, 2.0, 4.0]
        assert three.apply(X).tolist() == [0.0, 3.0, 6.0]
    assert (two.runs, three.runs) == (1, 1)
    assert two.apply.trace(X).param_names == ("x",)
    del two
    assert len(Model.apply._bound) == 1


def test_into() -> None:
    f = ld.jit(lambda x: (x + 1, x.sum()))
    out = np.empty(3), np.empty(())
    assert f.into(out, X) is out
    assert out[0].tolist() == [1.0, 2.0, 3.0]
    assert out[1] == 3.0
    flip = ld.jit(lambda x: x[::-1])
    a = np.arange(4.0)
    assert flip.into(a, a).tolist() == [3.0, 2.0, 1.0, 0.0]
    strided = np.zeros(8)
    assert flip.into(strided[::2], a).tolist() == [0.0, 1.0, 2.0, 3.0]


def test_into_refuses() -> None:
    f = ld.jit(lambda x: x + 1)
    with pytest.raises(ld.ShapeError, match=r"out has shape \(4,\), but the result is"):
        f.into(np.empty(4), X)
    with pytest.raises(ld.DTypeError, match="out has dtype float32"):
        f.into(np.empty(3, "f4"), X)
    with pytest.raises(ld.UsageError, match="differ in structure"):
        f.into((np.empty(3),), X)
    with pytest.raises(ld.UsageError, match="not a NumPy array"):
        f.into(ld.zeros(3), X)
    frozen = np.empty(3)
    frozen.flags.writeable = False
    with pytest.raises(ld.UsageError, match="read-only"):
        f.into(frozen, X)


def test_errors_of_the_function_pass_through() -> None:
    def f(x: Any) -> Any:
        raise KeyError("mine")

    jitted = ld.jit(f)
    with pytest.raises(KeyError, match="mine"):
        jitted(X)
    assert jitted.cache_info().currsize == 0
    assert ld.asarray(X).sum().tolist() == 3.0  # the trace is over


def test_jit_of_no_function() -> None:
    with pytest.raises(ld.UsageError, match="jit takes a function, not a int"):
        ld.jit(3)  # type: ignore[call-overload]


def test_the_trace_used_longest_ago_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("lazydag.array.entries")
    monkeypatch.setattr(module, "MOST_TRACES", 2)
    function, runs = counted(lambda x: x + 1)
    f = ld.jit(function)
    for size in (1, 2, 1, 3, 1):
        f(np.ones(size))
    assert len(runs) == 3
    f(np.ones(2))
    assert len(runs) == 4
    assert f.cache_info().currsize == 2

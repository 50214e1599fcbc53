"""Functions that need values while they are traced: conditions, counts, parts."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.array.jitted import Jitted
from tests.array.conftest import Log, counted

X = np.arange(6.0)


def halved(x: Any, limit: float) -> Any:
    """Halve until nothing is above the limit; count how often."""
    times = 0
    while x.max() > limit:
        x = x / 2
        times += 1
    return x, times


def test_a_condition_on_values_cuts_the_function() -> None:
    function, runs = counted(halved)
    f = ld.jit(function)
    for scale in (1.0, 8.0, 0.01):
        got, times = f(X * scale, 1.0)
        want, count = halved(X * scale, 1.0)
        assert got.tolist() == want.tolist()
        assert int(times) == count
    assert len(runs) == 3  # it runs each time
    assert f.cache_info()[:2] == (2, 1)


def test_parts_are_planned_once(log: Log) -> None:
    f = ld.jit(halved)
    big = np.ones(200_000)
    f(big * 5.0, 1.0)
    planned = len(log.planned)
    assert planned <= 3  # x.max(); x / 2 with its maximum; the result
    f(big * 1e6, 1.0)
    assert len(log.planned) == planned


def test_work_is_not_repeated_after_a_cut() -> None:
    calls = []

    @ld.kernel
    def watched(x: float) -> float:
        return x + 1.0

    @ld.jit
    def f(x: Any) -> Any:
        calls.append(1)
        dear = watched(x)
        twice = dear * 2  # shares `dear`, which has no name of its own later
        total = dear.sum()
        del dear
        if total > 0:
            return twice
        return total

    segments = f.segments(X).parts
    assert [s.why for s in segments] == ["bool"]
    assert sum(n.op.name == "call" for s in segments for n in s.graph.nodes()) == 1
    assert f(X).tolist() == [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]


def test_what_is_not_needed_is_not_computed() -> None:
    @ld.jit
    def f(x: Any) -> Any:
        other = ld.exp(x)
        if x.sum() > 0:
            x = x + 1
        del other
        return x

    first, last = f.segments(X).parts
    assert [n.op.name for n in first.graph.nodes()] == ["param", "sum", "const", "gt"]
    assert first.at is not None
    assert first.at.text() == "if x.sum() > 0:"
    assert last.why == "return"


@pytest.mark.parametrize("strict", [False, True])
def test_numbers_become_conditions(*, strict: bool) -> None:
    def powers(x: Any, n: int, flag: bool = False, *, name: str = "a") -> Any:
        for _ in range(n):
            x = x * 2
        if flag:
            x = -x
        return x + len(name)

    function, runs = counted(powers)
    f = ld.jit(function, strict=strict)
    for n, flag, name in [
        (2, False, "a"),
        (3, False, "a"),
        (2, True, "a"),
        (2, False, "bb"),
    ]:
        for _ in range(2):
            want = powers(X, n, flag, name=name).tolist()
            assert f(X, n, flag, name=name).tolist() == want
    assert len(runs) == 4
    assert f.cache_info().currsize == 4


def test_a_number_that_is_not_looked_at_is_a_parameter() -> None:
    function, runs = counted(lambda x, n, m: x * n + sum(range(m - 1)))
    f = ld.jit(function)
    for n in range(5):
        assert f(X, n, 3).tolist() == (X * n + 1).tolist()
    assert len(runs) == 1
    assert f(X, 1, 5).tolist() == (X + 6).tolist()
    assert len(runs) == 2


def test_arrays_from_outside_are_no_condition() -> None:
    limits = np.array([2.0])

    @ld.jit
    def f(x: Any, n: int) -> Any:
        return x + 1 if limits[0] > n else x - 1

    @ld.jit
    def g(x: Any, n: int) -> Any:
        return x + 1 if ld.asarray(limits)[0] > n else x - 1

    for h in (f, g):
        for limit in (2.0, 0.0, 2.0):
            limits[0] = limit
            assert h(X, 1).tolist() == (X + (1 if limit else -1)).tolist()


def test_what_stands_on_arrays_from_outside_is_looked_at_anew() -> None:
    limits, mask = np.array([2.0, 3.0]), np.array([True, False] * 3)
    several = ld.asarray(limits)
    f = ld.jit(lambda x: x + 1 if ld.asarray(limits).sum() > 4 else x - 1)
    g = ld.jit(lambda x: x[mask] * 2)
    h = ld.jit(lambda x: x * float(several[1]))
    for _ in range(2):
        assert f(X).tolist() == (X + 1).tolist()
        assert g(X).tolist() == (X[::2] * 2).tolist()
        assert h(X).tolist() == (X * 3).tolist()
    limits[0], mask[1] = -2.0, True
    several[1] = 5.0
    assert f(X).tolist() == (X - 1).tolist()
    assert g(X).tolist() == (X[mask] * 2).tolist()
    assert h(X).tolist() == (X * 5).tolist()


def test_lists_and_ranges_are_known() -> None:
    function, runs = counted(
        lambda x: x * float(ld.asarray([1.0, 2.0]).sum()) + float(ld.arange(3).sum())
    )
    f = ld.jit(function)
    for _ in range(3):
        assert f(X).tolist() == (X * 3 + 3).tolist()
    assert len(runs) == 1


def test_numbers_that_follow_from_others() -> None:
    function, runs = counted(lambda x, n, m: x + sum(range(range(n + m)[-1] + n)))
    f = ld.jit(function)
    for n, m in [(1, 2), (1, 2), (2, 2)]:
        want = X + sum(range(range(n + m)[-1] + n))
        assert f(X, n, m).tolist() == want.tolist()
    assert len(runs) == 2


def test_a_look_may_depend_on_an_earlier_one() -> None:
    def f(x: Any, n: int, m: int) -> Any:
        if n > 1:
            return x * sum(range(m))
        return x - m

    function, runs = counted(f)
    g = ld.jit(function)
    for n, m in [(0, 1), (0, 2), (2, 3), (2, 4), (0, 5), (2, 3)]:
        assert g(X, n, m).tolist() == f(X, n, m).tolist()
    assert len(runs) == 3  # m is looked at only where n > 1


def test_signed_zeros_and_nans_are_numbers_of_their_own() -> None:
    f = ld.jit(lambda x, s: x + np.copysign(1.0, float(s)))
    assert f(X, 0.0).tolist() == (X + 1).tolist()
    assert f(X, -0.0).tolist() == (X - 1).tolist()
    g = ld.jit(lambda x, s: x + (0.0 if float(s) != float(s) else 1.0))
    assert g(X, float("nan")).tolist() == X.tolist()
    assert g(X, 0.0).tolist() == (X + 1).tolist()


def test_writes_into_arguments_of_a_function_in_parts() -> None:
    @ld.jit
    def relax(a: Any, tolerance: float) -> Any:
        sweeps = 0
        while True:
            before = a.copy()
            a[1:-1] = (a[:-2] + a[2:]) / 2
            sweeps += 1
            if abs(a - before).max() < tolerance:
                return sweeps

    def numpys(a: Any, tolerance: float) -> int:
        function: Any = relax.function
        count: int = function(a, tolerance)
        return count

    a, b = X**2, X**2
    assert int(relax(a, 0.1)) == numpys(b, 0.1)
    assert a.tolist() == b.tolist()
    with pytest.raises(ld.UsageError, match="read-only"):
        b.flags.writeable = False
        relax(b, 0.1)


def test_nothing_is_written_if_a_later_part_fails() -> None:
    @ld.jit
    def f(a: Any) -> None:
        a += 1
        if a.sum() > 0:
            a += 1
            raise KeyError("mine")

    a = X.copy()
    with pytest.raises(KeyError):
        f(a)
    assert a.tolist() == X.tolist()


def test_arguments_that_meet_what_is_captured() -> None:
    base = X.copy()

    @ld.jit
    def f(a: Any) -> None:
        a += base[:5]
        if a.sum() > 0:
            a += 1

    with pytest.raises(ld.UsageError, match="shares memory"):
        f(base[1:])
    assert base.tolist() == X.tolist()


def test_results_own_their_elements() -> None:
    @ld.jit
    def f(x: Any) -> Any:
        y = x + 1
        assert y.sum() > 0
        return y, y, x

    a, b, c = f(X)
    parts = [np.asarray(each) for each in (a, b, c)]
    assert not np.shares_memory(parts[0], parts[1])
    assert not np.shares_memory(parts[2], X)
    assert [p.tolist() for p in parts] == [(X + 1).tolist()] * 2 + [X.tolist()]


def test_into_of_a_function_in_parts() -> None:
    f = ld.jit(lambda x: x / float(x.max()))
    out = np.empty(6)
    assert f.into(out, X) is out
    assert out.tolist() == (X / 5.0).tolist()
    with pytest.raises(ld.ShapeError):
        f.into(np.empty(5), X)


def test_views_keep_their_link_over_a_cut() -> None:
    @ld.jit
    def f(x: Any) -> Any:
        y = x * 1.0
        view = y[::2]
        if y.sum() > 0:
            view += 10.0
        y[0] = -1.0
        return y, view

    y, view = f(X)
    assert y.tolist() == [-1.0, 1.0, 12.0, 3.0, 14.0, 5.0]
    assert view.tolist() == [-1.0, 12.0, 14.0]


def test_methods_and_nested_functions_in_parts() -> None:
    inner = ld.jit(halved)

    class Model:
        @ld.jit
        def apply(self, x: Any) -> Any:
            y, times = inner(x, 1.0)
            return y + times

    assert Model().apply(X).tolist() == (halved(X, 1.0)[0] + 3).tolist()
    assert isinstance(Model.apply, Jitted)


@settings(max_examples=60)
@given(st.lists(st.sampled_from("ahlvwrc"), max_size=12))
def test_random_programs(steps: list[str]) -> None:
    def program(x: Any, y: Any) -> Any:
        done: list[Any] = []
        for step in steps:
            if step == "a":
                x = x + y
            elif step == "h":
                y = y / 2
            elif step == "l" and (x - y).sum() > 0:
                x = x - 1
            elif step == "v":
                y[::2] = x[1::2]
            elif step == "w":
                x[1:4] += y[:3]
            elif step == "r":
                done.append(x.max() + float(y[0]))
            else:
                done.append(sum(range(int(abs(x[0])) % 5)))
        return x, y, done

    x, y = X - 2.5, X[::-1] * 1.0
    f = ld.jit(program)
    for _ in range(2):
        a, b, c, d = x.copy(), y.copy(), x.copy(), y.copy()
        got_x, got_y, got = f(a, b)
        want_x, want_y, want = program(c, d)
        assert got_x.tolist() == want_x.tolist()
        assert got_y.tolist() == want_y.tolist()
        assert [float(g) for g in got] == [float(w) for w in want]
        assert a.tolist() == c.tolist()
        assert b.tolist() == d.tolist()


def test_arguments_are_computed_once() -> None:
    parts = []

    @ld.jit
    def f(x: Any) -> Any:
        first, second = np.asarray(x), np.asarray(x)
        parts.append((first, second))
        return x + first

    assert np.asarray(f(X)).tolist() == (X + X).tolist()
    assert parts[-1][0] is parts[-1][1]

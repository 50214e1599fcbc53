"""Loops against loops in Python over NumPy, outside and inside of jitted functions."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.ir.text import dump, parse
from lazydag.ir.verify import verify

F8 = np.linspace(-2.0, 3.0, 12)


def both(function: Callable[..., Any], *args: Any) -> list[Any]:
    """Return the results outside and inside of a jitted function, as trees."""
    lazy = function(*[ld.asarray(a) if isinstance(a, np.ndarray) else a for a in args])
    jitted = ld.jit(function)
    graph = jitted.trace(*args)
    verify(graph)
    assert parse(dump(graph)) is graph
    return [lazy, jitted(*args), jitted(*args)]


# Steps over (i, a, b) in NumPy and here alike; all keep shapes and types.
def _stencil(i: Any, a: Any, b: Any) -> Any:
    a[1:-1] = (a[:-2] + a[2:]) * 0.5 + b[1:-1]
    return a, b


def _swap(i: Any, a: Any, b: Any) -> Any:
    return b, a


def _swap_and_change(i: Any, a: Any, b: Any) -> Any:
    return b * 0.5, a + 1.0


def _same_twice(i: Any, a: Any, b: Any) -> Any:
    c = a - b
    return c, c


def _two_sweeps(i: Any, a: Any, b: Any) -> Any:
    b[1:-1] = a[:-2] - a[2:]
    a[1:-1] = b[:-2] * 0.25 + b[2:]
    return a, b


def _shift(i: Any, a: Any, b: Any) -> Any:
    a[1:] = a[:-1]
    a[0] = b[3]
    b[::2] = -b[::2]
    return a, b


def _by_step(i: Any, a: Any, b: Any) -> Any:
    return a + i, b * a


def _reversed(i: Any, a: Any, b: Any) -> Any:
    return a[::-1] + 0.0, b


def _overwrite(i: Any, a: Any, b: Any) -> Any:
    a[:] = b
    b[2:5] = 1.5
    return b, a


STEPS = (
    _stencil,
    _swap,
    _swap_and_change,
    _same_twice,
    _two_sweeps,
    _shift,
    _by_step,
    _reversed,
    _overwrite,
)


@given(
    steps=st.lists(st.sampled_from(STEPS), min_size=1, max_size=3),
    length=st.integers(0, 7),
    lower=st.integers(-2, 2),
)
@settings(max_examples=40, deadline=None)
def test_fori_loop(steps: list[Any], length: int, lower: int) -> None:
    def body(i: Any, carry: Any) -> Any:
        for step in steps:
            carry = step(i, *carry)
        return carry

    def program(a: Any, b: Any) -> Any:
        return ld.fori_loop(lower, lower + length, body, (a, b))

    a, b = F8.copy(), F8[::-1] * 0.25
    wanted = (a.copy(), b.copy())
    for i in range(lower, lower + length):
        wanted = tuple(each.copy() for each in body(i, wanted))
    for found in both(program, a, b):
        for x, y in zip(found, wanted, strict=True):
            assert np.asarray(x).tobytes() == y.tobytes()
    assert a.tolist() == F8.tolist()


@given(
    xs=st.integers(0, 6),
    reverse=st.booleans(),
    step=st.sampled_from(STEPS),
    stacks=st.sampled_from(["carry", "sum", "both", "none", "row"]),
)
@settings(max_examples=40, deadline=None)
def test_scan(xs: int, reverse: bool, step: Any, stacks: str) -> None:
    def body(carry: Any, x: Any) -> Any:
        a, b = step(x[0], *carry)
        a = a + x[1]
        total = a * 2.0 + x[0]
        ys = {
            "carry": a,
            "sum": total,
            "both": (a, total, a),
            "none": None,
            "row": x[1],
        }
        return (a, b), ys[stacks]

    def program(a: Any, b: Any, u: Any, v: Any) -> Any:
        return ld.scan(body, (a, b), (u, v), reverse=reverse)

    a, b = F8.copy(), F8[::-1] * 0.25
    u, v = np.arange(float(xs)), np.ones((12, xs)).T * np.arange(xs)[:, None]
    carry, rows = (a.copy(), b.copy()), []
    for k in reversed(range(xs)) if reverse else range(xs):
        carry, y = body(carry, (u[k], v[k]))
        carry = tuple(each.copy() for each in carry)
        rows.append(y if isinstance(y, tuple) else (y,))
    rows = rows[::-1] if reverse else rows
    for (x, y), ys in both(program, a, b, u, v):
        assert np.array_equal(x, carry[0])
        assert np.array_equal(y, carry[1])
        found = ys if isinstance(ys, tuple) else (ys,)
        for k, row in enumerate(rows):
            for stack, one in zip(found, row, strict=True):
                if one is not None:
                    assert np.array_equal(np.asarray(stack)[k], one)


def test_a_condition_that_depends_on_values() -> None:
    def program(x: Any, limit: Any) -> Any:
        def body(state: Any) -> Any:
            x, n = state
            return x / 2.0, n + 1

        return ld.while_loop(lambda s: ld.max(s[0]) > limit, body, (x, 0))

    for limit, times in ((100.0, 0), (1.0, 2), (0.1, 5)):
        for x, n in both(program, F8, limit):
            assert int(n) == times
            assert np.array_equal(x, F8 / 2.0**times)


def test_bounds_that_are_known_later() -> None:
    def program(x: Any, lower: Any, upper: Any) -> Any:
        return ld.fori_loop(lower, upper, lambda i, y: y + i, x)

    for lower, upper in ((0, 4), (3, 3), (5, 2)):
        args = F8, np.asarray(lower), np.asarray(upper)
        for found in both(program, *args):
            assert np.array_equal(found, F8 + sum(range(lower, upper)))


def test_captured_arrays_and_nested_loops() -> None:
    w = ld.asarray(np.full((12, 12), 0.25))

    def inner(i: Any, x: Any) -> Any:
        return ld.cond(x[0] > 0.0, lambda y: y - w[0], lambda y: y + w.sum(axis=0), x)

    def program(x: Any, n: Any) -> Any:
        scale = n * 0.5

        def outer(carry: Any, row: Any) -> Any:
            new = ld.fori_loop(0, 3, inner, carry + row * scale)
            return new, new[0]

        return ld.scan(outer, x, ld.asarray(np.arange(4.0)))

    def wanted(x: Any, n: float) -> Any:
        firsts = []
        for row in range(4):
            x = x + row * (n * 0.5)
            for _ in range(3):
                x = x - 0.25 if x[0] > 0.0 else x + 3.0
            firsts.append(x[0])
        return x, firsts

    for found, firsts in both(program, F8, 2.0):
        x, y = wanted(F8, 2.0)
        assert np.array_equal(found, x)
        assert firsts.tolist() == y


def test_nothing_is_forced() -> None:
    x = ld.asarray(F8)
    y = ld.fori_loop(0, 3, lambda i, v: v + 1.0, x * 2.0)
    assert not y.is_computed
    assert np.array_equal(y, F8 * 2.0 + 3.0)


def test_python_numbers_become_what_the_body_makes_of_them() -> None:
    x = np.arange(5, dtype=np.float32)
    total, n = ld.fori_loop(0, 5, lambda i, s: (s[0] + x.sum(), s[1] + 1), (0, 0))
    assert total.dtype == np.float32
    assert n.dtype == np.int64
    assert (float(total), int(n)) == (50.0, 5)


def test_many_carries_that_change_places() -> None:
    def turn(i: Any, c: Any) -> Any:
        two, three, five = c[:2], c[2:5], c[5:]
        return (*two[1:], two[0], *three[1:], three[0], *five[1:], five[0])

    arrays = tuple(np.full(3, float(k)) for k in range(10))
    for times in (0, 1, 7, 30):
        found = ld.fori_loop(0, times, turn, arrays)
        wanted: tuple[Any, ...] = arrays
        for _ in range(times):
            wanted = turn(0, wanted)
        assert [x[0] for x in np.asarray(ld.stack(found))] == [x[0] for x in wanted]


def test_one_array_in_several_places() -> None:
    def body(i: Any, c: Any) -> Any:
        a, b = c
        a[1:] = a[:-1] + b[1:]
        b[0] = a[2]
        return a, b

    def program(x: Any) -> Any:
        return *ld.fori_loop(0, 4, body, (x, x)), x

    a, b = F8.copy(), F8.copy()
    for _ in range(4):
        a[1:] = a[:-1] + b[1:]
        b[0] = a[2]
    for found in both(program, F8):
        for x, y in zip(found, (a, b, F8), strict=True):
            assert np.array_equal(x, y)


def test_arrays_without_elements() -> None:
    empty = np.ones((0, 3))
    for found in both(lambda x: ld.fori_loop(0, 4, lambda i, y: y * 2.0, x), empty):
        assert found.shape == (0, 3)


def test_strided_captures() -> None:
    w = np.arange(24.0).reshape(4, 6)[::-2, ::3]

    def program(x: Any, w: Any) -> Any:
        return ld.fori_loop(0, 3, lambda i, y: y + w.T.reshape(4), x)

    for found in both(program, np.zeros(4), w):
        assert np.array_equal(found, 3 * w.T.reshape(4))


@pytest.mark.parametrize(
    ("loop", "error", "message"),
    [
        (
            lambda x: ld.fori_loop(0, 3, lambda i, y: y[1:], x),
            ValueError,
            r"returned f64\[11\] for carry, which is f64\[12\]",
        ),
        (
            lambda x: ld.fori_loop(0, 3, lambda i, c: {"n": c["n"] > 0.0}, {"n": x}),
            TypeError,
            r"returned bool\[12\] for carry.n, which is f64\[12\]",
        ),
        (
            lambda x: ld.fori_loop(0, 3, lambda i, c: (c, c), x),
            TypeError,
            r"another structure .* carry.0, carry.1 instead of carry",
        ),
        (lambda x: ld.fori_loop(0, 2.5, lambda i, c: c, x), TypeError, "is a float"),
        (
            lambda x: ld.while_loop(lambda c: c > 0.0, lambda c: c, x),
            TypeError,
            r"returned bool\[12\], and no bool without axes",
        ),
        (lambda x: ld.scan(lambda c, y: c, x, x), TypeError, "and not a carry"),
        (lambda x: ld.scan(lambda c, y: (c, y), x), ValueError, "number of steps"),
        (
            lambda x: ld.scan(lambda c, y: (c, y), x, (x, x[1:])),
            ValueError,
            r"different lengths \(xs.0: 12, xs.1: 11\)",
        ),
        (lambda x: ld.scan(lambda c, y: (c, y), x, x[0]), ValueError, "no axis"),
    ],
)
def test_mistakes(loop: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        loop(ld.asarray(F8))
    assert "test_loops.py" in str(raised.value)


def test_values_are_not_known_in_a_body() -> None:
    with pytest.raises(ld.TraceError, match="truth value"):
        ld.fori_loop(0, 3, lambda i, x: x if x[0] > 0.0 else -x, ld.asarray(F8))


def test_captured_arrays_are_not_written() -> None:
    seen = ld.array(F8)

    def body(i: Any, x: Any) -> Any:
        seen[0] = x[0]
        return x

    with pytest.raises(ld.TraceError, match="not its own"):
        ld.fori_loop(0, 3, body, ld.asarray(F8))


@ld.kernel
def small(x: float) -> float:
    if x > 3.0:
        raise ValueError
    return x + 1.0


def test_failures_in_a_body_are_told() -> None:
    def inverted(i: Any, x: Any) -> Any:
        return ld.linalg.inv(x) * 0.0

    with pytest.raises(np.linalg.LinAlgError):
        np.asarray(ld.fori_loop(0, 3, inverted, ld.eye(3)))

    loop = ld.jit(lambda x: ld.fori_loop(0, 9, lambda i, y: small(y), x))
    with pytest.raises(ld.KernelError, match="small, decorated with") as raised:
        loop(np.zeros(4))
    assert "test_loops.py" in str(raised.value)


def test_an_endless_loop_can_be_interrupted() -> None:
    forever = ld.jit(
        lambda x: ld.while_loop(lambda y: y.sum() > -1.0, lambda y: y * 0.5, x)
    )
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        forever(np.ones(10))
    assert float(ld.fori_loop(0, 3, lambda i, y: y + 1.0, ld.asarray(0.0))) == 3.0

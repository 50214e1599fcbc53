"""Branches: the right side is computed, and only that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lazydag as ld

X = np.linspace(-1.0, 2.0, 7)


@pytest.mark.parametrize("jitted", [False, True])
def test_cond(jitted: bool) -> None:
    w = ld.asarray(X * 3.0)

    def program(x: Any, limit: Any) -> Any:
        half = x / 2.0
        return ld.cond(
            x.sum() > limit,
            lambda a: {"x": a["x"] + half, "n": 1},
            lambda a: {"x": a["x"] - w, "n": 2.5},
            {"x": x},
        )

    run = ld.jit(program) if jitted else program
    for limit in (0.0, 100.0):
        found = run(ld.asarray(X), limit)
        chosen = X.sum() > limit
        assert np.array_equal(found["x"], X + X / 2.0 if chosen else X - X * 3.0)
        assert float(found["n"]) == (1.0 if chosen else 2.5)


@pytest.mark.parametrize("index", [-4, 0, 1, 2, 9])
@pytest.mark.parametrize("jitted", [False, True])
def test_switch(index: int, jitted: bool) -> None:
    def program(i: Any, x: Any) -> Any:
        return ld.switch(i, [lambda y: y, lambda y: y * 2.0, lambda y: y[::-1]], x)

    run = ld.jit(program) if jitted else program
    wanted = (X, X * 2.0, X[::-1])[min(max(index, 0), 2)]
    assert np.array_equal(run(ld.asarray(index), ld.asarray(X)), wanted)
    assert np.array_equal(program(index, ld.asarray(X)), wanted)


def test_the_other_side_is_not_computed() -> None:
    singular = ld.zeros((2, 2))
    found = ld.cond(
        ld.asarray(1.0) > 0.0,
        lambda: singular + 1.0,
        lambda: ld.linalg.inv(singular),
    )
    assert np.asarray(found).tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_what_is_known_is_chosen_at_once() -> None:
    assert ld.cond(True, lambda x: x, lambda x: x[0], 5) == 5


def test_results_may_be_one_value() -> None:
    x = ld.asarray(X)
    pred = x.sum() > 0.0
    a, b = ld.cond(pred, lambda x: (x + 1.0,) * 2, lambda x: (x, x), x)
    assert np.array_equal(a, b)
    assert np.array_equal(a, X + 1.0)


@pytest.mark.parametrize(
    ("branch", "error", "message"),
    [
        (
            lambda x: ld.cond(x > 0.0, lambda: x, lambda: x),
            TypeError,
            r"the condition is bool\[7\]",
        ),
        (
            lambda x: ld.cond(x[0] > 0.0, lambda: x, lambda: x[1:]),
            ValueError,
            r"returned f64\[7\] for result, which is f64\[6\]",
        ),
        (
            lambda x: ld.cond(x[0] > 0.0, lambda: x, lambda: (x, x)),
            TypeError,
            "another structure",
        ),
        (lambda x: ld.switch(x, [lambda: x]), TypeError, "no integer"),
        (lambda x: ld.switch(x, []), ValueError, "no branch"),
    ],
)
def test_mistakes(branch: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as raised:
        branch(ld.asarray(X))
    assert "test_branches.py" in str(raised.value)

"""The comparison itself notices what differs."""

from typing import Any

import numpy as np
import pytest

from tests.array.beyond.both import agrees, dispatches, refuses

X = np.array([[1.0, -0.0], [np.nan, 3.0]])


def test_equal_results() -> None:
    agrees(lambda xp, x: (xp.negative(x), [x.T, 2]), X)
    agrees(lambda xp, x: xp.exp(x), X, rtol=1e-14)
    dispatches(lambda xp, x: xp.negative(x), X)


def _write(_xp: Any, x: Any) -> Any:
    x[0] = 7.0
    return x.sum()


def test_arguments_are_compared() -> None:
    agrees(_write, X)
    with pytest.raises(AssertionError):
        agrees(lambda xp, x: _write(xp, x) if xp is np else x.sum() + 7, X)


@pytest.mark.parametrize(
    "other", [lambda x: x + 1, lambda x: x * 1 + 0.0, lambda x: x.astype("f4")]
)
def test_differences_are_found(other: Any) -> None:
    with pytest.raises(AssertionError):
        agrees(lambda xp, x: x + -0.0 if xp is np else other(x), X)


def test_errors() -> None:
    refuses(lambda xp, x: xp.sum(x, axis=5), X)
    refuses(lambda xp, x: x + xp.ones(5), X)
    with pytest.raises(pytest.fail.Exception):
        refuses(lambda xp, x: xp.sum(x), X)

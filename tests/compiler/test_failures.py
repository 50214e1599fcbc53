"""A failure belongs to the run that failed, whatever runs beside it or came before."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import numpy as np
import pytest

import lazydag as ld

THREADS = 4
RUNS = 400
GOOD = np.ones((230, 231))
BAD = GOOD.copy()
BAD[0, 0] = -1.0
WIDE = np.ones((200, 2003))


@ld.kernel
def refuse(x: Any) -> Any:
    """Take positive numbers only."""
    if x < 0:
        raise ValueError
    return x


@ld.kernel
def decline(x: Any) -> Any:
    """Take small numbers only."""
    if x > 9:
        raise ValueError
    return x


def outcome(function: Callable[..., Any], *arrays: Any) -> str:
    """Return what a run says, nothing if it succeeds."""
    try:
        function(*arrays)
    except ld.KernelError as error:
        return str(error)
    return ""


def failed_line(function: Callable[..., Any], *arrays: Any) -> int:
    """Return the line that a run failed at, 0 if it succeeds."""
    try:
        function(*arrays)
    except ld.KernelError as error:
        return error.at.line if error.at is not None else -1
    return 0


def misattributed(function: Callable[..., Any], first: int) -> int:
    """Count the runs on good and bad data, in turn, that end as they should not."""
    cases = [(GOOD, False), (BAD, True)]
    turns = [cases[(first + k) % 2] for k in range(RUNS)]
    return sum(bool(outcome(function, x)) != is_bad for x, is_bad in turns)


@pytest.mark.parametrize(
    "body",
    [
        lambda x: refuse(x) * 2.0,
        lambda x: ld.sum(refuse(x), axis=1),
        lambda x: ld.sum(refuse(x), axis=0),
        lambda x: refuse(x[:, :-1].T) + x[:, :-1],
    ],
    ids=["map", "row", "column", "blocked"],
)
def test_clients_are_told_of_their_own_failures_only(body: Any) -> None:
    function = ld.jit(body)
    with ThreadPoolExecutor(THREADS) as clients:
        found = clients.map(misattributed, repeat(function), range(THREADS))
        assert sum(found) == 0
    assert np.array_equal(function(GOOD), body(GOOD))


@ld.jit
def twins(x: Any, y: Any) -> Any:
    """Return the same of two arrays, in kernels that run side by side."""
    left = refuse(x)
    right = refuse(y)
    return left, right


def test_the_kernel_that_failed_is_named_beside_its_twin() -> None:
    lines, start = inspect.getsourcelines(inspect.unwrap(twins))
    texts = dict(enumerate(lines, start))
    for k in range(RUNS):
        arrays = [(WIDE, WIDE), (-WIDE, WIDE), (WIDE, -WIDE)][k % 3]
        expected = ("", "left =", "right =")[k % 3]
        line = failed_line(twins, *arrays)
        assert expected in texts.get(line, "")
        assert bool(line) == bool(expected)


def test_the_function_that_failed_is_named() -> None:
    function = ld.jit(lambda x: refuse(x) + decline(x))
    for x, expected in ((GOOD, ""), (BAD, "refuse"), (GOOD * 10, "decline")) * 2:
        message = outcome(function, x)
        assert bool(message) == bool(expected)
        assert f"{expected}, decorated" in message or not expected

"""What is changed in place lies where the operation before it has put it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lazydag as ld

Function = Callable[[Any, Any], Any]


def solution(a: Any, b: Any) -> Any:
    x = ld.linalg.solve(a, b)
    x += 2
    return x


def product(a: Any, b: Any) -> Any:
    x = a @ b
    x += 2
    return x


def product_with_a_vector(a: Any, b: Any) -> Any:
    x = a @ b[0]
    x *= 2
    return x


def rows_of_a_product(a: Any, b: Any) -> Any:
    x = a @ b
    x[1:] += 2
    return x


def element_of_an_inverse(a: Any, b: Any) -> Any:
    del b
    x = ld.linalg.inv(a)
    x *= 2
    x[0, 0] = 1
    return x


def both_factors(a: Any, b: Any) -> Any:
    del b
    q, r = ld.linalg.qr(a)
    q += 2
    r -= 1
    return q, r


def sorted_rows(a: Any, b: Any) -> Any:
    del a
    x = ld.sort(b)
    x += 1
    return x


@pytest.mark.parametrize(
    "function",
    [
        solution,
        product,
        product_with_a_vector,
        rows_of_a_product,
        element_of_an_inverse,
        both_factors,
        sorted_rows,
    ],
)
@pytest.mark.parametrize("n", [90, 400])
def test_the_results_are_all_that_is_allocated(function: Function, n: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(n, n)) + n * np.eye(n), rng.normal(size=(n, n))
    results = ld.jit(function)(a, b)
    listed = results if isinstance(results, tuple) else (results,)
    nbytes = sum(np.asarray(each).nbytes for each in listed)
    (shown,) = ld.explain(ld.jit(function), a, b, stage="placed").stages
    assert shown.summary.peaks == {"ram": nbytes}

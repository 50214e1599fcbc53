"""Operands and options for least squares, interpolation and convolution."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

Draw = Callable[..., Any]
Case = tuple[list[np.ndarray[Any, Any]], dict[str, Any]]

SIZES = st.integers(1, 4)
INEXACT = st.sampled_from(["f4", "f8", "c8", "c16"])
REAL = st.sampled_from(["i4", "f4", "f8"])


def _numbers(draw: Draw, shape: Any, dtype: Any) -> Any:
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return rng.integers(0, 9, shape).astype(draw(dtype))


def equations(draw: Draw, _name: str) -> Case:
    m, n, k = draw(SIZES), draw(SIZES), draw(SIZES)
    a = _numbers(draw, (m, n), INEXACT)
    b = _numbers(draw, (m, k), st.just(a.dtype))
    return [a, b], {"rcond": draw(st.sampled_from([None, 1e-6]))}


def reflecting(draw: Draw, _name: str) -> Case:
    stack = draw(st.sampled_from([(), (2,)]))
    return [_numbers(draw, (*stack, draw(SIZES), draw(SIZES)), INEXACT)], {}


def between(draw: Draw, _name: str) -> Case:
    n = draw(SIZES)
    x = _numbers(draw, draw(st.sampled_from([(), (3,), (2, 2)])), REAL)
    values = _numbers(draw, (n,), st.sampled_from(["i4", "f8", "c16"]))
    return [x, np.arange(n), values], {}


def correlating(draw: Draw, _name: str) -> Case:
    dtype = st.just(draw(st.sampled_from(["?", "i1", "u4", "f4", "f8", "c8"])))
    a, v = _numbers(draw, (draw(SIZES),), dtype), _numbers(draw, (draw(SIZES),), dtype)
    return [a, v], {"mode": draw(st.sampled_from(["full", "same", "valid"]))}


def zeros(draw: Draw, _name: str) -> Case:
    return [_numbers(draw, (draw(SIZES),), st.sampled_from(["f4", "f8"]))], {}


CASES: dict[str, Callable[[Draw, str], Case]] = {
    "least_squares": equations,
    "householder": reflecting,
    "interp": between,
    "correlate": correlating,
    "poly": zeros,
}

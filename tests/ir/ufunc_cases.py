"""Operands and options of the functions that stand for NumPy's ufuncs."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from lazydag.ir.types import DTYPES

Draw = Callable[..., Any]
Case = tuple[list[np.ndarray[Any, Any]], dict[str, Any]]

SIZES = st.integers(1, 4)
FLOATS = [DTYPES[name] for name in ("f32", "f64")]


def _array(draw: Draw) -> np.ndarray[Any, Any]:
    shape = tuple(draw(st.lists(SIZES, min_size=1, max_size=3)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return rng.integers(1, 9, shape).astype(draw(st.sampled_from(FLOATS)))


def elementwise(draw: Draw, _name: str) -> Case:
    x = _array(draw)
    name = draw(st.sampled_from(["frexp", "ldexp", "gcd"]))
    if name == "frexp":
        return [x], {"ufunc": name}
    n = x.astype(np.int32)
    return [n if name == "gcd" else x, n], {"ufunc": name}


def reduction(draw: Draw, _name: str) -> Case:
    x = _array(draw)
    axes = tuple(i for i in range(x.ndim) if draw(st.booleans()))
    return [x], {"ufunc": "fmin", "axes": axes, "identity": True}


def running(draw: Draw, name: str) -> Case:
    x = _array(draw)
    axis = draw(st.integers(0, x.ndim - 1))
    options = {"ufunc": draw(st.sampled_from(["maximum", "subtract"])), "axis": axis}
    if name == "ufunc_accumulate":
        return [x], options
    places = draw(st.lists(st.integers(0, x.shape[axis] - 1), min_size=1, max_size=4))
    return [x, np.array(places)], options


def bessel(draw: Draw, _name: str) -> Case:
    return [_array(draw)], {}


def reinterpreting(draw: Draw, _name: str) -> Case:
    return [_array(draw)], {"dtype": draw(st.sampled_from(["uint8", "int32"]))}


CASES = {
    "ufunc": elementwise,
    "ufunc_reduce": reduction,
    "ufunc_accumulate": running,
    "ufunc_reduceat": running,
    "i0": bessel,
    "reinterpret": reinterpreting,
}

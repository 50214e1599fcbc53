"""Special values: infinity, NaN, signed zeros, denormals, as C and NumPy have them."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lazydag.backends.cpu.accuracy import NUMPY_NAMES, compute
from lazydag.backends.cpu.probe import NUMPY
from lazydag.backends.scalar import arg
from lazydag.backends.scalar.math import FUNCTIONS, apply
from lazydag.backends.scalar.types import DType

FLOATS: list[DType] = ["f64", "f32"]
PLAIN = [0.0, 1.0, 2.0, 0.5, 3.0, 2.5, 1e30, 16777215.0, 16777217.0, 1e17]
LARGE = [9007199254740991.0, 9007199254740993.0, 1e300, 1.7e308, 5e-324, 1e-310]
VALUES = [*PLAIN, *LARGE, np.inf, 3.4e38, 1e-42]


def values_of(dtype: DType) -> NDArray[Any]:
    """Both signs of everything special, in the format."""
    with np.errstate(all="ignore"):
        half = np.array([*VALUES, np.finfo(NUMPY[dtype]).tiny], NUMPY[dtype])
    return np.concatenate([half, -half, half[:1] + np.nan])


def in_numpy(name: str, *arrays: NDArray[Any]) -> NDArray[Any]:
    """NumPy's value, from extended precision so that f32 rounds once."""
    if name == "erf":
        x = arrays[0]
        return np.where(np.abs(x) >= 1, np.copysign(1.0, x), np.nan).astype(x.dtype)
    function = getattr(np, NUMPY_NAMES.get(name, name))
    with np.errstate(all="ignore"):
        wide = function(*(a.astype(np.longdouble) for a in arrays))
        return np.asarray(wide).astype(arrays[0].dtype)


def is_special(x: NDArray[Any]) -> NDArray[Any]:
    return (x == 0) | ~np.isfinite(x)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", [f for f in FUNCTIONS if f != "erf"])
def test_special_values_are_numpy_s(name: str, dtype: DType) -> None:
    values = values_of(dtype)
    pairs = np.array(list(itertools.product(values, values)), values.dtype)
    arrays = [values] if FUNCTIONS[name].arity == 1 else [pairs[:, 0], pairs[:, 1]]
    found, expected = compute(name, *arrays), in_numpy(name, *arrays)
    odd = is_special(expected)
    np.testing.assert_array_equal(found[odd], expected[odd])
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(expected[zero]))
    np.testing.assert_allclose(found[~odd], expected[~odd], rtol=4e-7, atol=1e-323)


@pytest.mark.parametrize("dtype", FLOATS)
def test_erf_at_its_ends(dtype: DType) -> None:
    x = np.array([0.0, -0.0, np.inf, -np.inf, 30.0, -30.0, np.nan], NUMPY[dtype])
    found = compute("erf", x)
    np.testing.assert_array_equal(found, [0, 0, 1, -1, 1, -1, np.nan])
    assert np.signbit(found[1])
    tiny = np.array([5e-324, -1e-310, 1e-300], "f8")
    np.testing.assert_allclose(compute("erf", tiny), tiny * 1.1283791670955126)


INVALID: dict[str, list[float]] = {
    "log": [-1.0, -np.inf, -1e-310],
    "log2": [-1.0],
    "log10": [-1.0],
    "log1p": [-1.5, -np.inf],
    "asin": [1.0000000000000002, -2.0, np.inf],
    "acos": [1.0000000000000002, -2.0, np.inf],
    "acosh": [0.9999999999999999, -3.0, -np.inf],
    "atanh": [1.0000000000000002, -2.0, np.inf],
    "sin": [np.inf, -np.inf],
    "cos": [np.inf, -np.inf],
    "tan": [np.inf, -np.inf],
}


@pytest.mark.parametrize("name", INVALID)
def test_outside_the_domain_is_nan(name: str) -> None:
    assert np.isnan(compute(name, np.array(INVALID[name]))).all()


def test_powers_of_two_and_ten_are_exact() -> None:
    k = np.arange(-1074.0, 1024.0)
    powers = np.ldexp(1.0, k.astype(int))
    np.testing.assert_array_equal(compute("exp2", k), powers)
    np.testing.assert_array_equal(compute("log2", powers), k)
    tens = np.array([float(f"1e{n}") for n in range(23)])
    np.testing.assert_array_equal(compute("log10", tens), np.arange(23.0))
    cubes = np.arange(-200.0, 200.0) ** 3
    np.testing.assert_array_equal(compute("cbrt", cubes), np.arange(-200.0, 200.0))
    np.testing.assert_array_equal(
        compute("pow", np.full(8, 3.0), np.arange(8.0)), 3.0 ** np.arange(8)
    )


@given(st.floats(allow_nan=False), st.sampled_from(["sin", "tan", "asin", "atan"]))
def test_odd_functions_are_odd(x: float, name: str) -> None:
    both = compute(name, np.array([x, -x]))
    assert both[0] == -both[1] or np.isnan(both).all()


@given(st.floats(), st.floats())
def test_pow_agrees_with_python(x: float, y: float) -> None:
    found = float(compute("pow", np.array([x]), np.array([y]))[0])
    with np.errstate(all="ignore"):
        expected = float(np.power(np.longdouble(x), np.longdouble(y)))
    assert found == pytest.approx(expected, rel=3e-16, abs=5e-324, nan_ok=True)


def test_only_floats_and_known_functions() -> None:
    with pytest.raises(TypeError, match="exp takes f32 or f64, not i32"):
        apply("exp", arg(0, "i32"))
    with pytest.raises(TypeError, match="pow takes"):
        apply("pow", arg(0, "f32"))
    with pytest.raises(KeyError):
        apply("gamma", arg(0, "f64"))

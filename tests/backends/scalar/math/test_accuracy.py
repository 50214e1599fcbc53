"""Errors of the elementary functions against extended precision."""

from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from lazydag.backends.cpu.accuracy import compute, exact, samples, ulps, worst
from lazydag.backends.cpu.objects import Compiler
from lazydag.backends.cpu.probe import NUMPY
from lazydag.backends.scalar.math import FUNCTIONS
from lazydag.backends.scalar.types import DType

FLOATS: list[DType] = ["f64", "f32"]
LIMITS = {"erf": 1.6, "pow": 1.1, "expm1": 1.3, "tan": 1.3, "exp": 1.1, "sinh": 1.1}
"""Greatest error allowed, in ULP; 1 for functions that are not named."""
HAS_DIGITS = np.finfo(np.longdouble).nmant >= 63


@pytest.mark.skipif(not HAS_DIGITS, reason="longdouble has no more digits than f64")
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_stay_within_the_limit(name: str, dtype: DType) -> None:
    count = 2_000 if name == "erf" else 40_000
    assert worst(name, dtype, count) <= LIMITS.get(name, 1.0)


def in_mpmath(name: str, *args: float) -> mpmath.mpf:
    """The function to the precision at hand."""
    values = [mpmath.mpf(a) for a in args]
    if name == "exp2":
        return mpmath.power(2, values[0])
    if name == "log2":
        return mpmath.log(values[0], 2)
    if name == "cbrt":
        return mpmath.sign(values[0]) * mpmath.cbrt(abs(values[0]))
    function = getattr(mpmath, {"pow": "power"}.get(name, name))
    return function(*values)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_few_points_agree_with_mpmath(name: str) -> None:
    arrays = [a[::97][:60] for a in samples(name, "f64", 1_000, seed=5)]
    found = compute(name, *arrays)
    with mpmath.workprec(1200 if name in ("sin", "cos", "tan") else 200):
        for *args, value in zip(*arrays, found, strict=True):
            if not np.isfinite(value) or abs(value) < 1e-300:
                continue
            expected = in_mpmath(name, *args)
            assert abs(expected - mpmath.mpf(value)) <= 1.5 * np.spacing(abs(value))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_huge_angles_are_reduced_exactly(name: str, dtype: DType) -> None:
    kind = NUMPY[dtype]
    rng = np.random.default_rng(2)
    top = 308 if dtype == "f64" else 38
    x = (10 ** rng.uniform(4, top, 400) * rng.choice([-1, 1], 400)).astype(kind)
    # The doubles nearest to multiples of pi/2 (Muller, Elementary Functions, 11.3).
    near = [6381956970095103.0 * 2.0**797, 5319372648326541.0 * 2.0**-50]
    if dtype == "f64":
        x = np.append(x, near)
    found = compute(name, x)
    with mpmath.workprec(1300):
        function = getattr(mpmath, name)
        for angle, value in zip(x, found, strict=True):
            error = abs(function(mpmath.mpf(float(angle))) - mpmath.mpf(float(value)))
            assert error <= 1.3 * float(np.spacing(abs(value)))


def bits(x: NDArray[Any]) -> NDArray[Any]:
    """Bits of the numbers, all NaNs alike."""
    whole = np.where(np.isnan(x), x.dtype.type(np.nan), x)
    return whole.view(f"u{x.dtype.itemsize}")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_same_bits_on_every_level_and_width(
    name: str, compilers: list[Compiler]
) -> None:
    for dtype in FLOATS:
        arrays = samples(name, dtype, 150, seed=7)
        first = bits(compute(name, *arrays))
        for compiler in compilers:
            for width in (4, 8, 16, 32):
                found = compute(name, *arrays, width=width, compiler=compiler)
                np.testing.assert_array_equal(bits(found), first)


def test_ulps_counts_as_documented() -> None:
    one = np.longdouble(1)
    found = np.array([1.0, 1.0 + 2**-52, 0.5, np.inf, np.nan, 1.0])
    wanted = np.array([one, one, one, one * 1.8e308, np.nan, np.nan], np.longdouble)
    expected = [0, 1, 2**51, 0, 0, np.inf]
    np.testing.assert_array_equal(ulps(found, wanted), expected)
    assert exact("exp", np.zeros(1))[0] == 1

"""Running sums, products and extremes over tiles, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.algorithms import cutting, program_of, scan
from lazydag.ir import running
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.types import ArrayType

QUICK = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
UFUNCS = {"sum": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}
KINDS = st.sampled_from(sorted(UFUNCS))
INTEGERS = ("i8", "u8", "i4", "u4", "i2", "u2", "i1", "u1")
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut what tests can afford as large arrays are cut."""
    monkeypatch.setattr(running, "TILE", 600)
    monkeypatch.setattr(running, "MANY", 3)
    monkeypatch.setattr(scan, "STREAMED_NBYTES", 4096)
    monkeypatch.setattr(cutting, "COPIED", 50)


def scanned(kind: str, x: Any, axis: int) -> Any:
    out = np.empty(x.shape, x.dtype)
    with ld.datadeps():
        scan.scan(kind, [x], [out], axis)
    return out


@pytest.mark.parametrize("columns", [1, 511, 513, 1025])
def test_a_column_may_be_left_over(columns: int) -> None:
    x = RNG.integers(0, 9, (40, columns))
    np.testing.assert_array_equal(scanned("sum", x, 0), np.cumsum(x, 0))


@st.composite
def shapes(draw: Any) -> tuple[int, ...]:
    long = draw(st.integers(1, 3000))
    beside = draw(st.lists(st.integers(1, 5), max_size=2))
    wide = draw(st.sampled_from([1, 1, 3, 70, 513]))
    shape = [*beside, max(1, long // wide), wide]
    return tuple(draw(st.permutations(shape)))


@QUICK
@given(KINDS, shapes(), st.sampled_from(INTEGERS), st.data())
def test_integers_are_exact(
    kind: str, shape: tuple[int, ...], dtype: str, data: Any
) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    x = np.random.default_rng(0).integers(0, 250, shape).astype(dtype) | 1
    x = x[:: data.draw(st.sampled_from([1, -1, 2]))]
    wanted = UFUNCS[kind].accumulate(x, axis, x.dtype)
    np.testing.assert_array_equal(scanned(kind, x, axis), wanted)


@QUICK
@given(shapes(), st.sampled_from(["cumsum", "cumprod"]), st.data())
def test_behind_an_initial_one(shape: tuple[int, ...], name: str, data: Any) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    x = np.random.default_rng(0).integers(0, 250, shape)[
        :: data.draw(st.sampled_from([1, -1, 2]))
    ]
    longer = list(x.shape)
    longer[axis] += 1
    out = np.empty(longer, x.dtype)
    with ld.datadeps():
        scan.PROGRAMS[name].run([x], [out], axis=axis, initial=True)
    wanted = FUNCTIONS[name].call(x, axis=axis, initial=True)
    np.testing.assert_array_equal(out, wanted)
    first = int(name == "cumprod")
    by_numpy = np.cumprod(x, axis) if first else np.cumsum(x, axis)
    np.testing.assert_array_equal(np.delete(wanted, 0, axis), by_numpy)
    assert np.all(np.take(wanted, 0, axis) == first)


@QUICK
@given(shapes(), st.sampled_from(["f4", "f8"]), st.data())
def test_sums_are_no_worse_than_one_after_the_other(
    shape: tuple[int, ...], dtype: str, data: Any
) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    x = np.random.default_rng(data.draw(st.integers(0, 9))).normal(size=shape)
    x = x.astype(dtype)
    found = scanned("sum", x, axis)
    exact = np.add.accumulate(x.astype(np.longdouble), axis)
    sizes = np.add.accumulate(np.abs(x).astype(np.longdouble), axis)
    bound = x.shape[axis] * np.finfo(dtype).eps / 2
    assert np.all(np.abs(found - exact) <= bound * sizes)


@QUICK
@given(shapes(), st.data())
def test_sums_of_positive_numbers_never_fall(shape: tuple[int, ...], data: Any) -> None:
    axis = data.draw(st.integers(0, len(shape) - 1))
    found = scanned("sum", np.random.default_rng(0).random(shape), axis)
    assert np.all(np.diff(found, axis=axis) >= 0)


@pytest.mark.parametrize("shape", [(5000,), (40, 90), (2, 1000, 7)])
@pytest.mark.parametrize("kind", ["amax", "amin"])
def test_extremes_hand_on_nan(kind: str, shape: tuple[int, ...]) -> None:
    x = RNG.normal(size=shape).cumsum(0)
    x.flat[x.size // 2] = np.nan
    for axis in range(len(shape)):
        wanted = UFUNCS[kind].accumulate(x, axis)
        np.testing.assert_array_equal(scanned(kind, x, axis), wanted)


def test_what_lies_otherwise_in_memory_has_the_same_bits() -> None:
    x = RNG.normal(size=(700, 50))
    for axis in (0, 1):
        wanted = scanned("sum", x, axis)
        for other in (np.asfortranarray(x), x[:, ::-1].copy()[:, ::-1]):
            np.testing.assert_array_equal(scanned("sum", other, axis), wanted)


def test_a_negative_zero_stays() -> None:
    assert np.all(np.signbit(scanned("sum", np.full(2000, -0.0), 0)))


def test_what_fits() -> None:
    def fits(name: str, size: int, dtype: str, **options: Any) -> bool:
        types = [ArrayType((size,), np.dtype(dtype))]
        return program_of(name, types, {"axis": 0, **options}) is not None

    assert fits("cumsum", 200_000, "f4")
    assert fits("ufunc_accumulate", 200_000, "u1", ufunc="maximum")
    assert not fits("ufunc_accumulate", 200_000, "f8", ufunc="subtract")
    assert not fits("cumsum", 100_000, "f8")  # the interpreter takes it
    assert not fits("cumprod", 200_000, "c16")


def test_one_thread_and_two_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    x = np.random.default_rng(0).normal(size=300_001)

    @ld.jit
    def program(x: Any) -> Any:
        return ld.cumulative_sum(x * 2.0) / 2.0, ld.cumulative_prod(x / x, axis=0)

    before, results = ld.get_num_threads(), []
    try:
        for threads in (1, 2):
            ld.set_num_threads(threads)
            results.append([np.asarray(each).tobytes() for each in program(x)])
    finally:
        ld.set_num_threads(before)
    assert results[0] == results[1]
    sums = np.frombuffer(results[0][0])
    np.testing.assert_allclose(sums, np.cumsum(x), atol=1e-10)


@pytest.mark.parametrize("size", [1000, 200_000])
def test_public_extremes(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    x = np.random.default_rng(0).normal(size=(2, size))
    for function, ufunc in (
        (ld.cumulative_max, np.maximum),
        (ld.cumulative_min, np.minimum),
    ):
        wanted = ufunc.accumulate(x, 1)
        np.testing.assert_array_equal(function(x, axis=1), wanted)
        np.testing.assert_array_equal(function(x[0]), wanted[0])
        np.testing.assert_array_equal(ufunc.accumulate(ld.asarray(x), 1), wanted)
        with pytest.raises(ld.UsageError, match="along which axis of f64"):
            function(x)

"""Sorting by buckets over tiles, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.algorithms import cutting, program_of, sort
from lazydag.ir.types import ArrayType

QUICK = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
DTYPES = ("f8", "f4", "i8", "u8", "i4", "u4", "i2", "u2", "i1", "u1", "?")
SPECIAL = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, -np.nan, 5e-324)
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut what tests can afford as large arrays are cut."""
    monkeypatch.setattr(sort, "TILE", 48)
    monkeypatch.setattr(sort, "BUCKET", 24)
    monkeypatch.setattr(sort, "MOST_BUCKETS", 16)
    monkeypatch.setattr(cutting, "COPIED", 50)


def numbers(dtype: str, size: int, kind: str, seed: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    if kind == "few":
        return rng.integers(0, 3, size).astype(dtype)
    if kind == "sorted":
        return np.arange(size).astype(dtype)
    if dtype in ("f4", "f8") and kind == "special":
        with np.errstate(under="ignore"):
            return rng.choice(SPECIAL, size).astype(dtype)
    nbytes = np.dtype(dtype).itemsize
    if dtype == "?":
        return rng.integers(0, 2, size).astype(dtype)
    x = np.frombuffer(rng.bytes(size * nbytes), dtype)
    if kind == "heavy" and dtype[0] in "iu":  # one of them the least
        return np.where(rng.random(size) < 0.4, np.iinfo(dtype).min, x.repeat(3)[:size])
    return x.repeat(size // 3 + 1)[:size] if kind == "heavy" else x


@st.composite
def vectors(draw: Any) -> np.ndarray[Any, Any]:
    size = draw(st.one_of(st.integers(1, 60), st.integers(1, 900)))
    kind = draw(st.sampled_from(["bits", "few", "sorted", "special", "heavy"]))
    x = numbers(draw(st.sampled_from(DTYPES)), size, kind, draw(st.integers(0, 9)))
    return x[:: draw(st.sampled_from([1, -1, 3]))]


def sorted_by_program(x: Any, axis: int = 0, *, descending: bool = False) -> Any:
    out = np.empty(x.shape, x.dtype)
    with ld.datadeps():
        sort.sort([x], [out], axis=axis, descending=descending)
    return out


def positions_by_program(x: Any, axis: int = 0, *, descending: bool = False) -> Any:
    out = np.empty(x.shape, np.int64)
    with ld.datadeps():
        sort.argsort([x], [out], axis=axis, descending=descending)
    return out


def bits(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.sort(np.ascontiguousarray(x).view(f"u{x.itemsize}"))


@QUICK
@given(vectors(), st.booleans())
def test_sorted(x: np.ndarray[Any, Any], descending: bool) -> None:
    found = sorted_by_program(x, descending=descending)
    ordered = np.sort(x)
    np.testing.assert_array_equal(found, ordered[::-1] if descending else ordered)
    np.testing.assert_array_equal(bits(found), bits(x))  # no NaN is another


@QUICK
@given(vectors(), st.booleans())
def test_positions_of_equal_elements_stay_in_order(
    x: np.ndarray[Any, Any], descending: bool
) -> None:
    found = positions_by_program(x, descending=descending)
    wanted = np.argsort(x, kind="stable")
    if descending:
        wanted = x.size - 1 - np.argsort(x[::-1], kind="stable")[::-1]
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_lanes_along_any_axis(axis: int) -> None:
    x = RNG.normal(size=(5, 70, 3)).transpose(1, 0, 2)
    np.testing.assert_array_equal(sorted_by_program(x, axis), np.sort(x, axis))
    wanted = np.argsort(x, axis)
    np.testing.assert_array_equal(positions_by_program(x, axis), wanted)


def test_zeros_with_a_sign_come_first() -> None:
    found = sorted_by_program(RNG.choice([0.0, -0.0], 300))
    assert not np.any(np.diff(np.signbit(found).astype(int)) > 0)


def test_what_fits() -> None:
    def fits(shape: tuple[int, ...], dtype: str, axis: int, **options: Any) -> bool:
        types = [ArrayType(shape, np.dtype(dtype))]
        given = {"axis": axis, "descending": False, **options}
        return program_of("sort", types, given) is not None

    assert fits((200_000,), "f8", 0)
    assert fits((3, 200_000), "i1", 1)
    assert not fits((100_000,), "f8", 0)  # the interpreter takes it
    assert not fits((200_000, 3), "f8", 1)
    assert not fits((100, 200_000), "f8", 1)  # threads share lanes
    assert not fits((200_000,), "c16", 0)


@pytest.mark.parametrize("threads", [1, 2])
def test_in_a_plan(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    x = np.random.default_rng(0).normal(size=150_000)

    @ld.jit
    def both(x: Any) -> Any:
        return ld.sort(x + 1.0), ld.argsort(x, descending=True) + 1

    before = ld.get_num_threads()
    ld.set_num_threads(threads)
    try:
        ordered, positions = both(x)
    finally:
        ld.set_num_threads(before)
    np.testing.assert_array_equal(ordered, np.sort(x + 1.0))
    np.testing.assert_array_equal(positions, np.argsort(-x, kind="stable") + 1)

"""The first few elements in order, against a stable sort."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.algorithms import cutting, program_of, topk
from lazydag.ir.statistics import topk as by_numpy
from lazydag.ir.types import ArrayType
from tests.algorithms.test_sort import vectors

QUICK = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topk, "TILE", 48)
    monkeypatch.setattr(topk, "SMALL", 0)
    monkeypatch.setattr(cutting, "COPIED", 50)


def by_program(x: Any, k: int, axis: int, *, largest: bool) -> tuple[Any, Any]:
    shape = (*x.shape[:axis], k, *x.shape[axis + 1 :])
    outputs = np.empty(shape, x.dtype), np.empty(shape, np.int64)
    with ld.datadeps():
        topk.topk([x], outputs, k=k, axis=axis, largest=largest)
    return outputs


def expected(x: Any, k: int, axis: int, *, largest: bool) -> tuple[Any, Any]:
    """Sort all, from the other end if the greatest are first: equal ones in order."""
    if largest:
        backwards = np.argsort(np.flip(x, axis), axis, kind="stable")
        places = x.shape[axis] - 1 - np.flip(backwards, axis)
    else:
        places = np.argsort(x, axis, kind="stable")
    first = np.take(places, range(k), axis)
    return np.take_along_axis(x, first, axis), first


@QUICK
@given(vectors(), st.integers(1, 300), st.booleans())
def test_of_a_vector(x: np.ndarray[Any, Any], k: int, largest: bool) -> None:
    k = min(k, x.size)
    wanted = expected(x, k, 0, largest=largest)
    for function in (by_program, by_numpy):
        for found, want in zip(function(x, k, 0, largest=largest), wanted, strict=True):
            np.testing.assert_array_equal(found, want)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("function", [by_program, by_numpy])
def test_along_any_axis(axis: int, function: Any) -> None:
    x = RNG.integers(0, 20, (5, 70, 8)).transpose(1, 0, 2)
    wanted = expected(x, 3, axis, largest=True)
    for found, want in zip(function(x, 3, axis, largest=True), wanted, strict=True):
        np.testing.assert_array_equal(found, want)


@QUICK
@given(st.integers(1, 40), vectors(), st.integers(1, 9), st.booleans())
def test_of_many_lanes(
    lanes: int, x: np.ndarray[Any, Any], k: int, largest: bool
) -> None:
    rows = np.resize(x, (lanes, max(k, x.size // lanes)))[::-1]
    for array, axis in ((rows, 1), (rows.T, 0)):
        wanted = expected(array, k, axis, largest=largest)
        found = by_program(array, k, axis, largest=largest)
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    types = [ArrayType((200_000,), np.dtype("f8"))]

    def fits(k: int) -> bool:
        options = {"k": k, "axis": 0, "largest": True}
        return program_of("topk", types, options) is not None

    assert fits(100)
    assert not fits(0)
    assert not fits(100_000)


@pytest.mark.parametrize("size", [1000, 150_000])
def test_public(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    x = RNG.integers(0, size // 4, size)
    values, positions = ld.topk(ld.asarray(x) + 1, 10, largest=False)
    want_values, want_positions = expected(x + 1, 10, 0, largest=False)
    np.testing.assert_array_equal(positions, want_positions)
    np.testing.assert_array_equal(values, want_values)
    only_positions = ld.jit(lambda x: ld.topk(x, 5)[1])(x)
    np.testing.assert_array_equal(only_positions, expected(x, 5, 0, largest=True)[1])


def test_empty() -> None:
    assert [each.shape for each in ld.topk(np.ones((3, 4)), 0)] == [(3, 0), (3, 0)]
    values, _ = ld.topk(np.ones((0, 4)), 2)
    assert values.shape == (0, 2)


@pytest.mark.parametrize("k", [-1, 5])
def test_mistakes(k: int) -> None:
    with pytest.raises(ld.UsageError, match=f"k={k} of 4 elements"):
        ld.topk(np.ones(4), k)
    with pytest.raises(ld.UsageError, match="topk of c128"):
        ld.topk(np.ones(4, "c16"), 1)

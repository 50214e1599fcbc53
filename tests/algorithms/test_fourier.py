"""Fourier transforms as programs over pencils, against NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.algorithms import fourier, long_fourier, pencils
from lazydag.algorithms.fourier import PROGRAMS
from lazydag.ir.types import ArrayType

QUICK = settings(max_examples=60, deadline=None)
NORMS = st.sampled_from(["backward", "ortho", "forward"])
DTYPES = st.sampled_from(["f4", "f8", "c8", "c16"])


def numbers(shape: Any, dtype: str, seed: int = 0) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    return (values if dtype.startswith("c") else values.real).astype(dtype)


def close(found: Any, expected: np.ndarray[Any, Any]) -> None:
    assert found.dtype == expected.dtype
    eps = np.finfo(expected.dtype).eps
    scale = np.abs(expected).max(initial=1e-30)
    error = np.abs(found - expected).max(initial=0.0)
    assert error <= 8 * eps * scale * (2 + np.log2(expected.size + 1))


def run(name: str, x: Any, expected: np.ndarray[Any, Any], **options: Any) -> None:
    out = np.full_like(expected, np.nan)
    with ld.datadeps():
        PROGRAMS[name].run([x], [out], **options)
    close(out, expected)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut what tests can afford as large arrays are cut."""
    monkeypatch.setattr(pencils, "PENCILS", 3)
    monkeypatch.setattr(pencils, "FEWEST", 3)
    monkeypatch.setattr(pencils, "TILE", 256)
    monkeypatch.setattr(pencils, "STRIP", 32)
    monkeypatch.setattr(fourier, "PLANE", 512)
    monkeypatch.setattr(long_fourier, "SHORTEST", 1)


@st.composite
def operands(draw: Any, real: bool) -> np.ndarray[Any, Any]:
    shape = tuple(draw(st.lists(st.integers(1, 9), min_size=1, max_size=4)))
    dtype = draw(st.sampled_from(["f4", "f8"]) if real else DTYPES)
    x = numbers(shape, dtype)[:: draw(st.sampled_from([1, -1, 2]))]
    return x.transpose(draw(st.permutations(range(x.ndim))))


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("name", ["fftn", "ifftn", "rfftn", "irfftn"])
@given(data=st.data(), norm=NORMS)
@QUICK
def test_over_axes(name: str, data: Any, norm: Any) -> None:
    x = data.draw(operands(real=name == "rfftn"))
    axes = tuple(data.draw(st.permutations(range(x.ndim))))
    axes = axes[: data.draw(st.integers(1, x.ndim))]
    s = tuple(data.draw(st.integers(1, 10)) for _ in axes)
    function: Callable[..., Any] = getattr(np.fft, name)
    run(name, x, function(x, s, axes, norm), s=s, axes=axes, norm=norm)


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
@given(data=st.data(), n=st.none() | st.integers(2, 12), norm=NORMS)
@QUICK
def test_along_an_axis(name: str, data: Any, n: int | None, norm: Any) -> None:
    x = data.draw(operands(real=name in ("rfft", "ihfft")))
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    if prod(x.shape) == x.shape[axis]:  # one lane, if it is worth a program
        n = None
        types = [ArrayType(x.shape, x.dtype)]
        if not long_fourier.factors(x.size) or not fits(name, types, axis):
            return
    if name in ("irfft", "hfft") and n is None and x.shape[axis] == 1:
        n = 2
    function: Callable[..., Any] = getattr(np.fft, name)
    run(name, x, function(x, n, axis, norm), n=n, axis=axis, norm=norm)


def fits(name: str, types: list[ArrayType], axis: int) -> bool:
    """Ask as if the operand were large."""
    least, fourier.SMALL = fourier.SMALL, 1  # type: ignore[misc]
    try:
        return PROGRAMS[name].fits(types, axis=axis)
    finally:
        fourier.SMALL = least  # type: ignore[misc]


@pytest.mark.parametrize("dtype", ["c8", "c16", "f8"])
@pytest.mark.parametrize("name", ["fft", "ifft"])
@pytest.mark.parametrize("n", [1 << 19, 750 * 720])
def test_one_long_lane(name: str, n: int, dtype: str) -> None:
    x = numbers(n, dtype)
    function: Callable[..., Any] = getattr(np.fft, name)
    for norm in ("backward", "ortho"):
        run(name, x, function(x, norm=norm), norm=norm)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
def test_one_long_lane_of_real_numbers(dtype: str, norm: Any) -> None:
    x = numbers(1500 * 720, dtype)
    run("rfft", x, np.fft.rfft(x, norm=norm), norm=norm)
    z = np.fft.rfft(x)[::-1][::-1]
    run("irfft", z, np.fft.irfft(z, norm=norm), norm=norm)
    run(
        "irfft",
        z[::-1],
        np.fft.irfft(z[::-1], 1 << 20, norm=norm),
        n=1 << 20,
        norm=norm,
    )
    turned = x[::-1]
    run("rfft", turned, np.fft.rfft(turned, 1 << 20, norm=norm), n=1 << 20, norm=norm)


def test_large_ones_are_computed_by_programs() -> None:
    x = numbers((400, 17, 31), "f8")
    close(np.asarray(ld.fft.fftn(x)), np.fft.fftn(x))
    close(np.asarray(ld.fft.rfftn(x, axes=(0, 2))), np.fft.rfftn(x, axes=(0, 2)))
    close(np.asarray(ld.fft.irfftn(x)), np.fft.irfftn(x))
    close(np.asarray(ld.fft.ihfft(x, axis=1)), np.fft.ihfft(x, axis=1))
    lane = numbers((1, 1 << 20), "f8")
    close(np.asarray(ld.fft.rfft(lane + 1)), np.fft.rfft(lane + 1))
    lanes = np.fft.rfft(lane)
    close(np.asarray(ld.fft.irfft(lanes)), np.fft.irfft(lanes))
    close(np.asarray(ld.fft.rfft(lane[:, ::-1])), np.fft.rfft(lane[:, ::-1]))


def test_any_number_of_threads_gives_the_same_bits() -> None:
    x, found = numbers((400, 500), "f4"), []
    threads = ld.get_num_threads()
    for number in (1, 2, 3):
        ld.set_num_threads(number)
        found.append(np.asarray(ld.fft.ifftn(ld.fft.fftn(x))).tobytes())
    ld.set_num_threads(threads)
    assert len(set(found)) == 1


def test_nan_stays_in_its_lane() -> None:
    x = numbers((400, 400), "c16")
    x[3, 4] = np.nan
    found = np.asarray(ld.fft.fft(x))
    assert np.isnan(found[3]).all()
    assert not np.isnan(np.delete(found, 3, axis=0)).any()


@pytest.mark.parametrize(
    ("name", "shape", "options", "expected"),
    [
        ("fft", (300, 300), {}, False),
        ("fft", (400, 300), {}, True),
        ("fft", (1 << 20,), {}, True),
        ("fft", (1 << 20,), {"n": 1 << 21}, False),
        ("fft", (1_000_003,), {}, False),
        ("rfft", (1 << 20,), {}, True),
        ("rfft", (3 << 19,), {"n": (3 << 19) - 1}, False),
        ("irfft", (1_000_004,), {}, False),
        ("irfft", ((1 << 19) + 1,), {}, True),
        ("irfft", (1 << 19,), {"n": 1 << 20}, False),
        ("hfft", ((1 << 19) + 1,), {}, False),
        ("fftn", (400, 300), {"s": (400, 300), "axes": (0, 1)}, True),
        ("fftn", (400, 300), {"s": (4, 300), "axes": (0, 1)}, False),
        ("fftn", (400, 300), {"s": (400, 400), "axes": (0, 0)}, False),
    ],
)
def test_what_fits(name: str, shape: Any, options: Any, expected: bool) -> None:
    dtype = np.dtype("f8" if name == "rfft" else "c16")
    assert PROGRAMS[name].fits([ArrayType(shape, dtype)], **options) is expected

"""The namespace `lazydag.numpy.fft`, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=30, deadline=None)
X = np.random.default_rng(2).normal(size=(3, 4, 5))
NORMS = st.sampled_from([None, "backward", "ortho", "forward"])
TINY = {"rtol": 1e-10, "atol": 1e-12}


@QUICK
@given(
    st.sampled_from(["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]),
    st.one_of(st.none(), st.integers(1, 7)),
    st.integers(-3, 2),
    NORMS,
)
def test_along_an_axis(name: str, n: int | None, axis: int, norm: Any) -> None:
    def transformed(xp: Any, x: Any) -> Any:
        return getattr(xp.fft, name)(x, n, axis, norm)

    agrees(transformed, X, **TINY)
    dispatches(lambda xp, x: getattr(xp.fft, name)(x), X, rtol=1e-9)


@QUICK
@given(
    st.sampled_from(["fft", "ifft", "rfft", "irfft"]),
    st.sampled_from([None, (2, 3), (-1, 4)]),
    st.permutations([0, 1, 2]),
    NORMS,
)
def test_over_axes(name: str, s: Any, axes: list[int], norm: Any) -> None:
    def transformed(xp: Any, x: Any) -> Any:
        over_two = getattr(xp.fft, f"{name}2")(x, s, norm=norm)
        return over_two, getattr(xp.fft, f"{name}n")(x, s, axes[:2], norm=norm)

    agrees(transformed, X, **TINY)
    dispatches(lambda xp, x: getattr(xp.fft, f"{name}n")(x), X, rtol=1e-9)


def test_out() -> None:
    def written(xp: Any, x: Any) -> Any:
        out = xp.zeros(x.shape, "c16")
        xp.fft.fft(x, out=out)
        return out

    agrees(written, X, **TINY)


def test_helpers() -> None:
    agrees(lambda xp: (xp.fft.fftfreq(5, d=0.5), xp.fft.rfftfreq(4)))
    agrees(lambda xp, x: (xp.fft.fftshift(x, axes=0), xp.fft.ifftshift(x)), X)


@pytest.mark.parametrize(
    "call",
    [
        lambda fft, x: fft.fft(x, 0),
        lambda fft, x: fft.fft(x, axis=3),
        lambda fft, x: fft.fft(x, norm="both"),
        lambda fft, x: fft.rfft(x * 1j),
        lambda fft, x: fft.fft2(x, (2, 3), (0, 1, 2)),
    ],
)
def test_mistakes(call: Any) -> None:
    refuses(lambda xp, x: call(xp.fft, x), X)


def test_every_name_is_there() -> None:
    assert all(hasattr(lnp.fft, name) for name in np.fft.__all__)

"""Exponentials of matrices, against SciPy and against what is known of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lazydag as ld

linalg = pytest.importorskip("scipy.linalg")
RNG = np.random.default_rng(0)


def close(found: Any, want: Any, factor: float = 100) -> None:
    found, want = np.asarray(found), np.asarray(want)
    assert found.dtype == want.dtype
    eps, n = float(np.finfo(want.dtype).eps), max(want.shape[-1], 10)
    size = float(np.abs(want).max(initial=0.0))
    np.testing.assert_allclose(found, want, rtol=0, atol=factor * n * eps * size)


@pytest.mark.parametrize("dtype", ["f4", "f8", "c16"])
@pytest.mark.parametrize("scale", [1e-9, 0.1, 2.0, 30.0])
@pytest.mark.parametrize("n", [1, 5, 40])
def test_random_matrices(n: int, scale: float, dtype: str) -> None:
    a = (scale * RNG.normal(size=(n, n)) / np.sqrt(n)).astype(dtype)
    if dtype == "c16":
        a = a * (1 + 0.5j)
    close(ld.linalg.expm(a), linalg.expm(a), factor=100 * max(scale, 1))


def test_a_stack_has_a_power_for_each_matrix() -> None:
    a = RNG.normal(size=(2, 3, 6, 6)) * np.array([1e-3, 1.0, 50.0])[:, None, None]
    found = np.asarray(ld.linalg.expm(a))
    for index in np.ndindex(2, 3):
        close(found[index], linalg.expm(a[index]), factor=1e4)


def test_rotations() -> None:
    angle = np.linspace(0, 20, 9)
    a = np.zeros((9, 2, 2))
    a[:, 0, 1], a[:, 1, 0] = angle, -angle
    cos, sin = np.cos(angle), np.sin(angle)
    want = np.stack([np.stack([cos, sin], -1), np.stack([-sin, cos], -1)], -2)
    close(ld.linalg.expm(a), want)


def test_far_from_normal_matrices_are_not_halved_too_often() -> None:
    a = np.array([[1.0, 1e6], [0.0, -1.0]])
    want = np.array([[np.e, 1e6 * np.sinh(1.0)], [0.0, 1 / np.e]])
    np.testing.assert_allclose(ld.linalg.expm(a), want, rtol=1e-14)


def test_zeros_are_exact() -> None:
    np.testing.assert_array_equal(ld.linalg.expm(np.zeros((3, 3))), np.eye(3))


@pytest.mark.parametrize("shape", [(0, 0), (3, 0, 0), (0, 2, 2)])
def test_nothing(shape: Any) -> None:
    assert ld.linalg.expm(np.ones(shape)).shape == shape


def test_not_a_number_spreads() -> None:
    found = np.asarray(ld.linalg.expm(np.array([[np.nan, 1.0], [0.0, 1.0]])))
    assert np.isnan(found).any()


def test_inside_of_a_function() -> None:
    @ld.jit
    def f(a: Any) -> Any:
        return ld.linalg.expm(a) @ ld.linalg.expm(-a)

    a = RNG.normal(size=(30, 30)) / 6
    np.testing.assert_allclose(f(a), np.eye(30), atol=1e-12)


def test_shapes() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        ld.linalg.expm(np.ones((2, 3)))

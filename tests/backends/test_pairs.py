"""Complex numbers in kernels: one kernel for many operations, and exact comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.compiler import plan
from lazydag.ir.ops import OPS

SPECIAL = (0.0, -0.0, 1.0, 1e30, 1e-30, np.inf, -np.inf, np.nan)


def kernels(function: Any, *arguments: Any) -> int:
    graph = plan(ld.jit(function).trace(*arguments)).graphs[-1]
    return sum(node.op is OPS["kernel"] for node in graph.nodes())


def near(limit: float, dtype: Any) -> Any:
    """Return numbers of about one magnitude, and odd ones."""
    rng = np.random.default_rng(0)
    size = limit * (1 + rng.integers(-8, 9, 20_000) * np.finfo(dtype).eps)
    circle = size * np.exp(1j * rng.uniform(0, 2 * np.pi, size.size))
    odd = [complex(x, y) for x in SPECIAL for y in SPECIAL]
    return np.concatenate([circle, odd]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("limit", [2.0, 1.0, 0.1, 3.14159, 1e-200, 0.0, -1.0])
def test_magnitudes_are_compared_without_roots(limit: float, dtype: Any) -> None:
    z = near(limit, dtype)
    size = np.asarray(ld.jit(abs)(z))
    bound = size.dtype.type(limit)
    found = ld.jit(
        lambda z: (abs(z) < limit, abs(z) <= limit, abs(z) > limit, abs(z) >= limit)
    )(z)
    wanted = size < bound, size <= bound, size > bound, size >= bound
    for ours, theirs in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), theirs)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_magnitude_of_all_sizes(dtype: Any) -> None:
    rng = np.random.default_rng(0)
    info = np.finfo(dtype)
    exponents = rng.uniform(info.minexp + 2, info.maxexp - 2, 20_000)
    z = (2.0**exponents * np.exp(2j * np.pi * rng.uniform(size=20_000))).astype(dtype)
    found = np.asarray(ld.jit(abs)(z))
    wide = z.astype(np.clongdouble)
    wanted = np.sqrt(wide.real**2 + wide.imag**2)
    assert (np.abs(found - wanted) <= 1.3 * np.spacing(found)).all()


def test_steps_of_a_fractal_are_one_kernel() -> None:
    def steps(c: Any) -> Any:
        z = c
        for _ in range(3):
            z = ld.where(abs(z) < 2.0, z * z + c, z) / (1.0 + ld.conj(c))
        return z.real, z

    assert kernels(steps, np.ones((300, 300), complex)) == 1


def test_parts_are_views_of_operands_and_results() -> None:
    rng = np.random.default_rng(0)
    z = (rng.normal(size=(40, 30)) + 1j * rng.normal(size=(40, 30))).T[::-1, 1::2]
    found = ld.jit(lambda z: (z + z.T.T, ld.real(z), ld.sum(ld.imag(z), axis=0)))(z)
    np.testing.assert_array_equal(np.asarray(found[0]), z + z)
    np.testing.assert_array_equal(np.asarray(found[1]), z.real)
    np.testing.assert_allclose(np.asarray(found[2]), z.imag.sum(axis=0))


def test_writes_of_complex_numbers() -> None:
    @ld.jit
    def turn(z: Any) -> None:
        z[1:-1] = 1j * (z[2:] + z[:-2])

    z = np.arange(40.0).reshape(10, 4) * (1 + 2j)
    expected = z.copy()
    expected[1:-1] = 1j * (z[2:] + z[:-2])
    turn(z)
    np.testing.assert_array_equal(z, expected)

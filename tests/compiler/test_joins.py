"""Joins, rolls, margins and slopes, compiled: their values, kernels and bytes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp

X = np.random.default_rng(5).normal(size=(300, 400))
V = np.arange(400.0)


def laplacian(xp: Any, x: Any) -> Any:
    rows = xp.roll(x, 1, axis=0) + xp.roll(x, -1, axis=0)
    return rows + xp.roll(x, 1, axis=1) + xp.roll(x, -1, axis=1) - 4 * x


PROGRAMS: dict[str, Callable[..., Any]] = {
    "laplacian": laplacian,
    "roll, far": lambda xp, x: xp.roll(2 * x, 200, axis=1),
    "join": lambda xp, x: xp.concatenate([x[:3], x * 2, x[:1] - 1]),
    "join of many": lambda xp, x: xp.concatenate([x[i : i + 2] * i for i in range(40)]),
    "stack": lambda xp, x: xp.stack([x, x + 1, x.T.reshape(x.shape)], axis=-1),
    "block": lambda xp, x: xp.block([[x, x * 2], [x[:7] - 1, x[:7]]]),
    "constant": lambda xp, x: xp.pad(x * 2, ((1, 2), (3, 0)), constant_values=7),
    "constants": lambda xp, x: xp.pad(x, 2, constant_values=((1, 2), (3, 4))),
    "edge": lambda xp, x: xp.pad(x, 3, mode="edge"),
    "reflect": lambda xp, x: xp.pad(x, 3, mode="reflect"),
    "odd": lambda xp, x: xp.pad(x, 2, mode="symmetric", reflect_type="odd"),
    "wrap": lambda xp, x: xp.pad(x, 310, mode="wrap"),
    "mean": lambda xp, x: xp.pad(x, 4, mode="mean", stat_length=9),
    "ramp": lambda xp, x: xp.pad(x, 5, mode="linear_ramp", end_values=(0, 1)),
    "gradient": lambda xp, x: sum(xp.gradient(x, 0.5)),
    "gradient at places": lambda xp, x: xp.gradient(x, V**2 + 1, axis=1, edge_order=2),
    "diff": lambda xp, x: xp.diff(x, n=2, prepend=0, append=x[:, :2]),
    "convolve": lambda xp, x: xp.convolve(x.ravel(), V[:9], mode="same") + 1,
    "matrix product": lambda xp, x: xp.einsum("ij,kj->ki", x, x * 2),
    "matrix and vector": lambda xp, x: xp.einsum("j,ij,i", V, x, V[:300]),
    "contraction": lambda xp, x: xp.einsum("ija,bij->ab", x.reshape(3, 100, 400), CUBE),
    "insert": lambda xp, x: xp.insert(x, [2, 5, 5], 1.0, axis=0),
    "delete": lambda xp, x: xp.delete(x, slice(1, None, 2), axis=1),
}
CUBE = X[:10].reshape(40, 100)[:, :3, None] * V[:100]  # (40, 3, 100)


@pytest.mark.parametrize("name", PROGRAMS)
def test_values(name: str) -> None:
    program = PROGRAMS[name]
    found = ld.jit(lambda x: program(lnp, x))(X)
    np.testing.assert_allclose(found, program(np, X), rtol=1e-9, atol=1e-9)


# a stencil of rolls copies once for each axis, and puts on two margins
KERNELS = {"laplacian": 7, "constant": 1, "join": 3, "delete": 1, "matrix product": 2}


@pytest.mark.parametrize("name", KERNELS)
def test_kernels(name: str) -> None:
    jitted = ld.jit(lambda x: PROGRAMS[name](lnp, x))
    text = str(ld.explain(jitted, X, stage="fused"))
    assert text.count("= kernel @") == KERNELS[name]


def test_little_is_filled_beside_what_is_joined() -> None:
    jitted = ld.jit(lambda x: lnp.gradient(x, axis=0))
    tasks = [
        line for line in str(ld.explain(jitted, X)).splitlines() if " fill " in line
    ]
    assert all("1 tile " in line for line in tasks)

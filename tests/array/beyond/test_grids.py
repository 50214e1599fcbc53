"""Grids, ranges, triangles and margins, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag as ld
import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=25, deadline=None)
DTYPES = st.sampled_from(["?", "i1", "u4", "i8", "f4", "f8", "c16"])
lanes = hnp.arrays(DTYPES, st.integers(0, 5))
matrices = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=2, max_dims=3, min_side=0))
sizes = st.integers(0, 4)
X = np.arange(12.0).reshape(3, 4)


@QUICK
@given(st.lists(lanes, max_size=3), st.booleans(), st.sampled_from(["xy", "ij"]))
def test_meshgrid(given: list[Any], sparse: bool, indexing: str) -> None:
    agrees(lambda xp, *a: xp.meshgrid(*a, sparse=sparse, indexing=indexing), *given)
    if given:
        dispatches(lambda xp, *a: xp.meshgrid(*a, copy=False), *given)


def test_meshgrid_on_one_axis() -> None:
    agrees(lambda xp, x: xp.meshgrid(x[0], indexing="ij"), X)
    agrees(lambda xp, x: xp.meshgrid(x, 3), X)


@QUICK
@given(st.lists(sizes, max_size=3), st.sampled_from([int, float, "i4"]))
def test_indices(shape: list[int], dtype: Any) -> None:
    agrees(lambda xp: xp.indices(shape, dtype))
    agrees(lambda xp: xp.indices(shape, dtype, sparse=True))
    agrees(lambda xp: xp.fromfunction(lambda *a: sum(a, start=xp.ones(shape)), shape))


def test_fromfunction() -> None:
    agrees(
        lambda xp: xp.fromfunction(lambda i, j, k: i * j + k, (3, 2), dtype=int, k=4)
    )
    assert isinstance(lnp.fromfunction(lambda i: i, (3,)), ld.Array)


def test_ix() -> None:
    agrees(lambda xp: xp.ix_([1, 3], [], [True, False]), jit=False)
    agrees(lambda xp, x: xp.ix_(x[0], x[:, 1] > 1), X.astype(int), jit=False)


SLICED = {
    "dense": lambda xp: xp.mgrid[0:3, 1:9:2],
    "complex steps": lambda xp: xp.mgrid[0:1:5j, 2:3:2j],
    "one": lambda xp: xp.mgrid[-1:1:0.25],
    "one open": lambda xp: xp.ogrid[-1:1:7j],
    "open": lambda xp: xp.ogrid[0:3, 0.5:2],
    "rows": lambda xp: xp.r_[1:4, 0, [7, 8.5]],
    "rows of arrays": lambda xp: xp.r_[xp.ones((1, 2)), xp.zeros((2, 2))],
    "along": lambda xp: xp.r_["-1", xp.ones((1, 2)), xp.zeros((1, 2))],
    "two axes": lambda xp: xp.r_["0,2", [1, 2, 3], [4, 5, 6]],
    "columns": lambda xp: xp.r_["1,2,0", [1, 2, 3], [4, 5, 6]],
    "weak": lambda xp: xp.r_[xp.ones(2, "f4"), 1.5],
    "only numbers": lambda xp: xp.r_[1, 2.5],
    "c_": lambda xp: xp.c_[xp.arange(3), [7, 8, 9], 0:3],
    "c_ of matrices": lambda xp: xp.c_[xp.ones((2, 2)), xp.zeros((2, 1))],
    "samples": lambda xp: xp.r_[-1:1:6j],
    "s_": lambda xp: xp.arange(9)[xp.s_[2:5]],
}


@pytest.mark.parametrize("name", SLICED)
def test_grids_by_slices(name: str) -> None:
    agrees(SLICED[name])


@QUICK
@given(matrices, st.integers(-6, 6))
def test_triangles(x: Any, k: int) -> None:
    agrees(lambda xp, x: (xp.tril(x, k), xp.triu(x, k=k)), x)
    agrees(lambda xp: (xp.tri(3, 4, k), xp.tri(2, k=k, dtype=bool)))
    agrees(lambda xp: (xp.eye(3, 4, k, int), xp.identity(2, dtype="c16")))
    dispatches(lambda xp, x: (xp.tril(x), xp.triu(x, k)), x)


@QUICK
@given(lanes, st.integers(-4, 4))
def test_diagonals(x: Any, k: int) -> None:
    agrees(lambda xp, x: (xp.diag(x, k), xp.diagflat(x[None], k)), x)
    agrees(lambda xp, x: xp.diag(xp.diag(x), k), x)
    agrees(lambda xp, x: (xp.tril(x, k), xp.triu(x, k)), x)
    dispatches(lambda xp, x: xp.diag(x, k), x)


@QUICK
@given(lanes, st.one_of(st.none(), st.integers(0, 6)), st.booleans())
def test_vander(x: Any, count: int | None, increasing: bool) -> None:
    rtol = 1e-14 if x.dtype.kind == "c" else None
    agrees(lambda xp, x: xp.vander(x, count, increasing=increasing), x, rtol=rtol)


def _filled(xp: Any, x: Any, value: Any, wrap: bool) -> Any:
    xp.fill_diagonal(x, value, wrap=wrap)
    return x


@pytest.mark.parametrize("shape", [(3, 3), (7, 3), (2, 5), (3, 3, 3), (0, 3)])
@pytest.mark.parametrize("value", [7, [1, 2], [[1.5, 2], [3, 4]]])
@pytest.mark.parametrize("wrap", [False, True])
def test_fill_diagonal(shape: tuple[int, ...], value: Any, wrap: bool) -> None:
    agrees(lambda xp, x: _filled(xp, x, value, wrap), np.ones(shape, "i4"))
    agrees(lambda xp, x: _filled(xp, x.T, value, wrap), np.ones(shape))


MODES = st.sampled_from(
    [
        "constant",
        "edge",
        "linear_ramp",
        "maximum",
        "mean",
        "median",
        "minimum",
        "reflect",
        "symmetric",
        "wrap",
    ]
)
numbers = st.integers(-20, 20)


@QUICK
@given(
    hnp.arrays(
        st.sampled_from(["i4", "u8", "f8"]),
        hnp.array_shapes(max_dims=2, max_side=5),
        elements=st.integers(0, 50),
    ),
    MODES,
    st.data(),
)
def test_pad(x: Any, mode: str, data: st.DataObject) -> None:
    widths = [[data.draw(st.integers(0, 9)) for _ in "ab"] for _ in x.shape]
    agrees(lambda xp, x: xp.pad(x, widths, mode), x, rtol=1e-14)
    dispatches(lambda xp, x: xp.pad(x, 2, mode=mode), x, rtol=1e-14)


@QUICK
@given(
    hnp.arrays("f8", hnp.array_shapes(max_dims=2, max_side=5), elements=numbers),
    st.integers(0, 12),
    st.integers(1, 6),
)
def test_options_of_pad(x: Any, width: int, length: int) -> None:
    for mode in ("maximum", "mean", "median", "minimum"):
        agrees(lambda xp, x, m=mode: xp.pad(x, width, m, stat_length=length), x)
    for mode in ("reflect", "symmetric"):
        agrees(lambda xp, x, m=mode: xp.pad(x, width, m, reflect_type="odd"), x)
    agrees(lambda xp, x: xp.pad(x, width, constant_values=(1, 2)), x)
    agrees(lambda xp, x: xp.pad(x, width, "linear_ramp", end_values=(-3, 9)), x)


def test_pad_by_other_means() -> None:
    agrees(lambda xp, x: xp.pad(x, {-1: (1, 2), 0: 3}), X)
    agrees(lambda xp, x: xp.pad(x, 1, constant_values=x[1, 1]), X)
    agrees(lambda xp, x: xp.pad(x[:, :0], 1), X)
    agrees(lambda xp, x: xp.pad(xp.asarray([1.0, np.nan, 3.0]), 1, "median"), X)

    def fill(lane: Any, widths: Any, axis: int, options: Any) -> None:
        lane[: widths[0]] = options.get("by", 7) * axis

    agrees(lambda xp, x: xp.pad(x, 2, fill, by=5), X, jit=False)


@QUICK
@given(
    hnp.arrays("f8", sizes, elements=numbers),
    st.integers(0, 6),
    st.booleans(),
    st.sampled_from([None, "f4", "i8"]),
)
def test_linspace(x: Any, count: int, endpoint: bool, dtype: Any) -> None:
    axis = -1 if count % 2 else 0

    def spaced(xp: Any, x: Any) -> Any:
        return xp.linspace(x, x[::-1] + 1, count, endpoint, count > 1, dtype, axis)

    agrees(spaced, x)
    agrees(lambda xp, x: xp.linspace(x, 5, count, axis=axis), x)
    agrees(lambda xp: xp.linspace(2, 9, count, endpoint, dtype=dtype))
    dispatches(lambda xp, x: xp.linspace(0, x, count, endpoint), x)


@QUICK
@given(
    hnp.arrays("f8", st.integers(1, 3), elements=st.integers(1, 9)),
    st.integers(0, 6),
    st.booleans(),
)
def test_logspace_and_geomspace(x: Any, count: int, endpoint: bool) -> None:
    def by_powers(xp: Any, x: Any) -> Any:
        return xp.logspace(x, 3, count, endpoint, axis=-1), xp.logspace(0, x, base=2.0)

    agrees(by_powers, x, rtol=1e-12)
    agrees(lambda xp, x: xp.logspace(0, 1, count, base=x), x, rtol=1e-12)
    agrees(lambda xp, x: xp.geomspace(x, 100, count, endpoint), x, rtol=1e-12)
    agrees(lambda xp, x: xp.geomspace(-x, -100, count, axis=1), x, rtol=1e-12)
    agrees(lambda xp: (xp.geomspace(1, 8, count, dtype=int), xp.logspace(0, 2, count)))


@pytest.mark.parametrize(
    "numbers",
    [(3,), (1, 7, 2), (5, 0, -2), (0.5, 2.0, 0.25), (3, 3), (0, 1, 0.3), (2.5,)],
)
def test_arange(numbers: Any) -> None:
    agrees(lambda xp: xp.arange(*numbers))
    agrees(lambda xp: xp.arange(*numbers, dtype="f4"))
    assert isinstance(np.arange(3, like=lnp.ones(1)), ld.Array)


def test_arange_by_name() -> None:
    agrees(lambda xp: xp.arange(start=1, stop=9, step=3))
    agrees(lambda xp: xp.arange(stop=9))
    refuses(lambda xp: xp.arange())

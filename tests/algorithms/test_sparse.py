"""Products with sparse matrices by kernels over tiles of rows, against SciPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

import lazydag as ld
from lazydag.algorithms import sparse as programs
from lazydag.ir.types import ArrayType

QUICK = settings(max_examples=25, deadline=None)
Matrix = Any


@st.composite
def matrices(draw: Any) -> Matrix:
    """Matrices with empty rows, unsorted columns and any number of elements."""
    rows, columns = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    dtype, index = draw(st.sampled_from(["f4", "f8"])), draw(st.sampled_from("il"))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    density = draw(st.sampled_from([0.0, 0.1, 0.5, 1.0]))
    found = sparse.random_array(
        (rows, columns), density=density, format="coo", rng=rng, dtype=dtype
    ).tocsr()
    wide = {"i": np.int32, "l": np.int64}[index]
    found.indices, found.indptr = found.indices.astype(wide), found.indptr.astype(wide)
    return found


def dense(shape: Any, dtype: Any, draw: Any) -> Any:
    x = np.random.default_rng(1).normal(size=shape).astype(dtype)
    if x.ndim == 2 and draw(st.booleans()):
        return np.asfortranarray(x)
    return x[::-1] if draw(st.booleans()) else x


def run(name: str, a: Matrix, x: Any, shape: Any, **options: Any) -> Any:
    out = np.full(shape, np.nan, x.dtype)
    with ld.datadeps():
        given_ = [a.data, a.indices, a.indptr, x]
        programs.PROGRAMS[name].run(given_, [out], **options)
    return out


def close(found: Any, expected: Any) -> None:
    eps = np.finfo(found.dtype).eps
    np.testing.assert_allclose(found, expected, rtol=100 * eps, atol=100 * eps)


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "TILE", 16)
    monkeypatch.setattr(programs, "DENSE", 0)


WIDTHS = st.sampled_from([(), (1,), (3,), (4,), (19,), (37,)])


@pytest.mark.usefixtures("small_tiles")
@given(data=st.data(), a=matrices(), width=WIDTHS)
@QUICK
def test_product(data: Any, a: Matrix, width: Any) -> None:
    x = dense((a.shape[1], *width), a.dtype, data.draw)
    close(run("csr_product", a, x, (a.shape[0], *width)), a @ x)


@pytest.mark.usefixtures("small_tiles")
@given(data=st.data(), a=matrices(), width=WIDTHS)
@QUICK
def test_transposed_product(data: Any, a: Matrix, width: Any) -> None:
    x = dense((a.shape[0], *width), a.dtype, data.draw)
    columns = a.shape[1]
    found = run("csr_transposed_product", a, x, (columns, *width), columns=columns)
    close(found, a.T @ x)


@pytest.mark.parametrize("width", [(), (2,)])
@pytest.mark.parametrize("name", ["csr_product", "csr_transposed_product"])
@pytest.mark.parametrize("wrong", ["indices", "low", "indptr", "end"])
def test_positions_are_checked(name: str, width: Any, wrong: str) -> None:
    a = sparse.csr_array(np.ones((9, 9)))
    if wrong in ("indices", "low"):
        a.indices[17] = 9 if wrong == "indices" else -1
    else:
        a.indptr[3 if wrong == "indptr" else 9] = 100
    options = {"columns": 9} if "transposed" in name else {}
    with pytest.raises(ExceptionGroup) as caught:
        run(name, a, np.ones((9, *width)), (9, *width), **options)
    assert "BoundsError: indices of a sparse matrix" in str(caught.value.exceptions[0])


def test_nan_and_infinity_count_only_where_elements_are() -> None:
    a = sparse.csr_array(np.array([[1.0, 0.0], [0.0, 2.0]]))
    found = run("csr_product", a, np.array([np.nan, 3.0]), (2,))
    np.testing.assert_array_equal(found, [np.nan, 6.0])


@pytest.mark.parametrize(
    ("dtype", "index", "size", "expected"),
    [
        ("f8", "i4", 200_000, True),
        ("f4", "i8", 200_000, True),
        ("c16", "i4", 200_000, False),
        ("i8", "i4", 200_000, False),
        ("f8", "i4", 1, True),
        ("f8", "i4", 0, False),
        ("f8", "u4", 200_000, False),
    ],
)
def test_what_fits(dtype: str, index: str, size: int, expected: bool) -> None:
    types = [
        ArrayType((size,), np.dtype(dtype)),
        ArrayType((size,), np.dtype(index)),
        ArrayType((11,), np.dtype(index)),
        ArrayType((10,), np.dtype(dtype)),
    ]
    assert programs.fits(types) is expected

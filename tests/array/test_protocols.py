"""NumPy's functions given lazy arrays."""

import importlib
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.array.nodes.rows import ROWS
from lazydag.array.protocols import FOR_NUMPY
from tests.array.conftest import Log

X = np.array([[0.25, 0.5, 0.75], [1.0, 2.0, 3.0]])


def test_every_row_answers_to_its_ufunc() -> None:
    assert all(row.ufunc in FOR_NUMPY for row in ROWS.values())


@pytest.mark.parametrize("ufunc", [np.sin, np.exp, np.square, np.radians, np.isnan])
def test_ufuncs_stay_lazy(ufunc: Any, log: Log) -> None:
    found = ufunc(ld.asarray(X))
    assert isinstance(found, ld.Array)
    assert not log.evaluated
    np.testing.assert_array_equal(found, ufunc(X))


def test_numpy_on_the_left_stays_lazy() -> None:
    lazy = ld.asarray(X)
    for found in (X + lazy, X @ lazy.T, np.float64(2) * lazy, lazy > X, X[0] ** lazy):
        assert isinstance(found, ld.Array)


@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_reduce_methods(axis: Any) -> None:
    lazy = ld.asarray(X)
    ufunc: Any
    for ufunc in (np.add, np.multiply, np.minimum, np.maximum, np.logical_and):
        np.testing.assert_array_equal(
            ufunc.reduce(lazy, axis=axis), ufunc.reduce(X, axis=axis)
        )
    np.testing.assert_array_equal(np.add.reduce(lazy), np.add.reduce(X))


def test_out_into_numpy_arrays() -> None:
    out = np.zeros_like(X)
    assert np.add(ld.asarray(X), 1, out=out) is out
    np.testing.assert_array_equal(out, X + 1)
    out += ld.asarray(X)
    np.testing.assert_array_equal(out, X + 1 + X)
    lazy = ld.array(out)
    assert np.add(X, 1, out=lazy) is lazy  # type: ignore[call-overload]
    np.testing.assert_array_equal(lazy, X + 1)


def test_functions_with_numpys_arguments() -> None:
    lazy = ld.asarray(X)
    pairs = [
        (np.sum(lazy, 0), np.sum(X, 0)),
        (np.mean(lazy, axis=(0, 1), keepdims=True), np.mean(X, (0, 1), keepdims=True)),
        (np.var(lazy, 0, ddof=1), np.var(X, 0, ddof=1)),
        (np.max(lazy, axis=1), np.max(X, axis=1)),
        (np.amin(lazy), np.amin(X)),
        (np.reshape(lazy, (3, 2)), np.reshape(X, (3, 2))),
        (np.transpose(lazy, axes=(1, 0)), X.T),
        (np.where(lazy > 1, lazy, 0), np.where(X > 1, X, 0)),
        (np.concatenate((lazy, X), axis=1), np.concatenate((X, X), axis=1)),
        (np.vstack([lazy, X]), np.vstack([X, X])),
        (np.hstack([lazy, X]), np.hstack([X, X])),
        (np.clip(lazy, 0.3, 1.5), np.clip(X, 0.3, 1.5)),
        (np.nanmean(lazy), np.nanmean(X)),
        (np.broadcast_to(lazy[0], (2, 3)), np.broadcast_to(X[0], (2, 3))),
        (np.full_like(lazy, 2), np.full_like(X, 2)),
        (np.argmax(lazy, axis=1), np.argmax(X, axis=1)),
        (np.count_nonzero(lazy > 1), np.count_nonzero(X > 1)),
        (np.around(lazy, 1), np.around(X, 1)),
    ]
    for found, want in pairs:
        assert isinstance(found, ld.Array)
        np.testing.assert_allclose(np.asarray(found), want)
    assert np.result_type(lazy, np.float32) == np.float64


def test_errors_of_functions_are_not_hidden() -> None:
    with pytest.raises(ld.DTypeError, match="is not a dtype"):
        np.sum(ld.asarray(X), dtype="wrong")


@pytest.mark.parametrize("equal_nan", [False, True])
@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1.0, np.nan, np.inf], [1.0 + 1e-9, np.nan, np.inf]),
        ([1.0, np.inf], [2.0, -np.inf]),
        ([1, 2], [1, 3]),
        ([1.0], [np.inf]),
    ],
)
def test_closeness(x: Any, y: Any, equal_nan: bool) -> None:
    lazy, options = ld.asarray(x), {"equal_nan": equal_nan}
    found = np.isclose(lazy, y, **options)
    assert found.tolist() == np.isclose(x, y, **options).tolist()
    assert bool(np.allclose(lazy, y, **options)) == np.allclose(x, y, **options)
    assert bool(np.array_equal(lazy, y, **options)) == np.array_equal(x, y, **options)
    assert not np.array_equal(lazy, [1.0, 2.0, 3.0, 4.0])


def test_packages_do_not_replace_functions() -> None:
    importlib.import_module("lazydag.array")
    setattr(ld, "array", importlib.import_module("lazydag.array"))  # noqa: B010
    assert ld.array([1]).tolist() == [1]
    assert callable(ld.explain)


def test_the_namespace_of_arrays_has_what_clients_look_for_besides():
    xp = ld.ones(3).__array_namespace__()
    assert xp.einsum is not np.einsum
    assert float(xp.einsum("i,i->", ld.ones(3), ld.ones(3))) == 3.0
    assert xp.pad(ld.ones(3), 1).shape == (5,)
    for name in ("float16", "no_such_name", "ndarray", "_core"):
        assert not hasattr(xp, name)


def test_memory_is_shared_with_the_arrays_that_lazy_ones_were_made_of():
    data = np.zeros(3)
    x = ld.asarray(data)
    for asks in (np.may_share_memory, np.shares_memory):
        assert asks(np.asarray(x), x)
        assert asks(x, data)
        assert not asks(x, np.zeros(3))
        y = x + 1.0
        assert not asks(y, data)
        assert not y.is_computed


def test_results_without_axes_are_scalars_that_numpy_can_write_into():
    total = np.asarray(ld.asarray(np.arange(3.0)).sum())
    total *= 0.5
    assert total == 1.5


def test_shapes_that_do_not_match_are_told_in_numpys_words():
    with pytest.raises(ValueError, match="cannot be broadcast together"):
        ld.broadcast_arrays(ld.ones(2), ld.ones(3))

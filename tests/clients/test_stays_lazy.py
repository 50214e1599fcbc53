"""What clients make of lazy arrays is lazy, where the client computes with arrays."""

import array_api_compat
import einops.array_api
import numpy as np
import pytest
import xarray as xr
from scipy.special import expit, logsumexp
from sklearn import config_context
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

import lazydag as ld

VALUES = np.arange(12.0).reshape(3, 4)


def data():
    """Return an array of xarray over lazy values that are still to be computed."""
    coords = {"x": [10, 20, 30], "y": list("abcd")}
    return xr.DataArray(ld.asarray(VALUES) + 0.0, dims=("x", "y"), coords=coords)


@pytest.mark.parametrize(
    "do",
    [
        lambda a: a * 2.0 - a.mean("x"),
        lambda a: np.exp(-a) + abs(a),
        lambda a: a.sum(),
        lambda a: a.max("y"),
        lambda a: a.std("x"),
        lambda a: a.isel(x=1),
        lambda a: a.isel(y=slice(None, None, -2)),
        lambda a: a.sel(x=[30, 10]),
        lambda a: a.where(a > 3.0),
        lambda a: a.where(a > 3.0, 0.0),
        lambda a: a.clip(2.0, 7.0),
        lambda a: a.transpose("y", "x"),
        lambda a: a.shift(x=1),
        lambda a: a.roll(y=1, roll_coords=False),
        lambda a: a.stack(z=("x", "y")),
        lambda a: a.expand_dims("t"),
        lambda a: a.astype("float32"),
        lambda a: a.fillna(0.0),
        lambda a: a.cumsum("x"),
        lambda a: a.diff("y"),
        lambda a: xr.concat([a, a], "x"),
        lambda a: xr.where(a > 3.0, a, -a),
        lambda a: xr.dot(a, a, dim="y"),
        lambda a: a.isel(x=[0, 2], y=[1, 1]),
        lambda a: a.isnull(),
    ],
)
def test_xarray(do):
    lazy = do(data())
    assert isinstance(lazy.data, ld.Array)
    assert not lazy.data.is_computed
    plain = do(data().copy(data=VALUES))
    xr.testing.assert_allclose(lazy.copy(data=np.asarray(lazy.data)), plain)


def test_einops():
    x = ld.asarray(VALUES) * 2.0
    folded = einops.array_api.rearrange(x, "h (w c) -> c h w", c=2)
    mean = einops.array_api.reduce(folded, "c h w -> h", "mean")
    assert not mean.is_computed
    np.testing.assert_allclose(mean, 2.0 * VALUES.mean(1))


def test_scipy():
    x = ld.asarray(VALUES) * 2.0
    y = expit(x)
    assert isinstance(y, ld.Array)
    np.testing.assert_allclose(y, expit(2.0 * VALUES))
    np.testing.assert_allclose(logsumexp(x, axis=1), logsumexp(2.0 * VALUES, axis=1))


def test_scikit_learn():
    rng = np.random.default_rng(0)
    X, y = rng.random((50, 4)), rng.random(50)
    with config_context(array_api_dispatch=True):
        scaled = StandardScaler().fit_transform(ld.asarray(X))
        parts = PCA(2).fit_transform(ld.asarray(X))
        slopes = Ridge(solver="svd").fit(ld.asarray(X), ld.asarray(y)).coef_
    for found in (scaled, parts, slopes):
        assert isinstance(found, ld.Array)
    np.testing.assert_allclose(scaled, StandardScaler().fit_transform(X))
    np.testing.assert_allclose(slopes, Ridge(solver="svd").fit(X, y).coef_)


def test_asking_whether_an_array_is_lazy_computes_nothing():
    x = ld.asarray(VALUES) * 2.0
    array_api_compat.is_lazy_array(x)
    assert not x.is_computed
    assert array_api_compat.device(x) == ld.zeros(1).device == "cpu"
    assert array_api_compat.array_namespace(x) is ld

"""lacpy, laset and scal against NumPy."""

import numpy as np
import pytest

from lazydag.errors import RangeError, UsageError
from lazydag.tiles import lacpy, laset, scal
from tests.tiles.tiles import ORDERS, Placed, orders, random

PARTS = {"all": lambda x: x, "lower": np.tril, "upper": np.triu}
SIZES = ((40, 70), (33, 33), (5, 5), (7, 3), (3, 7), (1, 4), (4, 1), (0, 3), (3, 0))


@pytest.mark.parametrize(("order", "other"), orders(2))
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("m", "n"), SIZES)
def test_lacpy(order, other, part, m, n, dtype, rng):
    A = Placed(random(rng, (m, n), dtype), order, np.zeros_like)
    B = Placed(random(rng, (m, n), dtype), other, PARTS[part])
    lacpy(A.tile, B.tile, part=part)
    assert (PARTS[part](A.tile) == PARTS[part](B.tile)).all()
    A.check()
    B.check()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("m", "n"), SIZES)
def test_laset(order, part, m, n, dtype, rng):
    A = Placed(random(rng, (m, n), dtype), order, PARTS[part])
    laset(A.tile, value=2.0, diagonal=-3.0, part=part)
    expected = np.where(np.eye(m, n, dtype=bool), -3.0, 2.0)
    assert (PARTS[part](A.tile) == PARTS[part](expected)).all()
    A.check()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(("m", "n"), SIZES)
@pytest.mark.parametrize("alpha", [0.0, 1.0, -2.5, 1e30, np.inf])
def test_scal(order, part, m, n, alpha, dtype, rng):
    a = random(rng, (m, n), dtype)
    A = Placed(a, order, PARTS[part])
    scal(A.tile, alpha=alpha, part=part)
    kept = PARTS[part](np.ones((m, n), bool))
    assert (A.tile[kept] == (a * dtype(alpha))[kept]).all()
    A.check()


def test_what_scal_refuses():
    a = np.ones((2, 2), np.float32)
    with pytest.raises(UsageError, match="NaN"):
        scal(a, alpha=np.nan)
    with pytest.raises(RangeError, match="alpha = 1e\\+300 is too large for f32"):
        scal(a, alpha=1e300)
    with pytest.raises(UsageError, match="part is 'left'"):
        scal(a, alpha=1.0, part="left")

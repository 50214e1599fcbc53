"""What the tests of tiles share."""

import numpy as np
import pytest

from tests.tiles.tiles import DTYPES


@pytest.fixture
def rng() -> np.random.Generator:
    """Return the same numbers to every test."""
    return np.random.default_rng(0)


@pytest.fixture(params=DTYPES, ids=["f32", "f64"])
def dtype(request: pytest.FixtureRequest) -> type:
    """Return each element type."""
    return request.param

"""Sparse matrices are tested as they run: planned and compiled."""

import pytest


@pytest.fixture(autouse=True)
def log() -> None:
    """Leave the engine as it is."""

"""One thread for the libraries that results are compared with."""

from collections.abc import Iterator

import pytest

from lazydag.backends.cpu.blas import single_threaded_blas


@pytest.fixture(autouse=True, scope="session")
def _oracles_on_one_thread() -> Iterator[None]:
    """Keep them from spinning on the processors that tasks run on."""
    with single_threaded_blas():
        yield

"""One thread for the libraries that results are compared with."""

from collections.abc import Iterator

import pytest

from lazydag.backends.cpu.blas import single_threaded_blas


@pytest.fixture(autouse=True, scope="module")
def _oracles_on_one_thread(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep them from spinning on the processors that tasks run on."""
    if request.module.__name__.endswith("test_bits"):  # which is about threads
        yield
        return
    with single_threaded_blas():
        yield

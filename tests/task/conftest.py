"""Numbers of threads for the tests of tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from lazydag.runtime.dynamic import scheduler


@pytest.fixture
def threads() -> Iterator[Callable[[int], None]]:
    """Set how many tasks run at a time, until the end of the test."""

    def resize(count: int) -> None:
        scheduler.employ(count, scheduler._helpers)

    before = scheduler.slots.count
    yield resize
    resize(before)


@pytest.fixture(params=[1, 2, 4])
def any_threads(request, threads) -> int:
    """Run the test with several numbers of threads."""
    threads(request.param)
    return request.param

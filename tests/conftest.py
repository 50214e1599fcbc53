"""What all tests share: hypothesis settings and golden files."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# Tests leave the user's cache alone, and find their own kernels at the next run.
os.environ["LAZYDAG_CACHE_DIR"] = str(
    Path(__file__).parents[1] / ".pytest_cache" / "lazydag"
)

# A compile inside an example is slow once and fast afterwards, hence no deadlines.
# Under CI=true hypothesis loads a profile of its own: no deadlines, fixed examples.
if "CI" not in os.environ:
    settings.register_profile("lazydag", deadline=None)
    settings.load_profile("lazydag")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-golden``."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the tests produce into their golden files",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return ``check(name, text)``: compare text with the file beside the test."""
    update = request.config.getoption("--update-golden")

    def check(name: str, text: str) -> None:
        path = Path(request.path).parent / name
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"{path} is missing: run with --update-golden"
        assert text == path.read_text(), f"{path} differs: --update-golden accepts it"

    return check

"""What all tests share: hypothesis settings, golden files, and where they run."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.devices.suites import places

# Tests leave the user's cache alone, and find their own kernels at the next run.
os.environ["LAZYDAG_CACHE_DIR"] = str(
    Path(__file__).parents[1] / ".pytest_cache" / "lazydag"
)

# Plans are for the host, whatever the machine has; tests of GPUs say which they want.
os.environ["LAZYDAG_DEVICES"] = "cpu"

# A compile inside an example is slow once and fast afterwards, hence no deadlines.
# Under CI=true hypothesis loads a profile of its own: no deadlines, fixed examples.
if "CI" not in os.environ:
    settings.register_profile("lazydag", deadline=None)
    settings.load_profile("lazydag")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--update-golden`` and ``--everywhere``."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the tests produce into their golden files",
    )
    parser.addoption(
        "--everywhere",
        action="store_true",
        help="run all tests of plans on simulated devices, not only the quick ones",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let tests of plans run on devices, too; see `tests.devices.suites`."""
    definition, option = metafunc.definition, metafunc.config.getoption
    everywhere = option("everywhere")
    found = places(definition.path, definition.originalname, everywhere=everywhere)
    if option("markexpr") == "not gpu":
        found = [name for name in found if name != "real"]
    if found != ["host"]:
        marks = {"real": pytest.mark.gpu}
        each = [pytest.param(name, marks=marks.get(name, ())) for name in found]
        metafunc.parametrize("place", each, indirect=True, scope="module")


@pytest.fixture(autouse=True, scope="module")
def place(request: pytest.FixtureRequest) -> Iterator[list[Any]]:
    """Run the tests of a module on the host or on devices; yields those."""
    kind = getattr(request, "param", "host")
    if kind == "host":
        yield []
        return
    from tests.devices.machine import devices_of, running_on

    devices = devices_of(kind)
    with running_on(devices):
        yield devices


@pytest.fixture(autouse=True)
def _no_hazards(place: list[Any]) -> Iterator[None]:
    """Let a test fail if devices did something out of order."""
    yield
    if place:
        from tests.devices.machine import take_faults

        assert not take_faults(place)


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

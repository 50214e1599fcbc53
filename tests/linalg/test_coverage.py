"""Nothing in `lazydag.linalg` is left out of these tests."""

import re
from pathlib import Path

import lazydag as ld

SOURCES = "".join(
    path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py")
)


def test_every_function_is_tried() -> None:
    called = set(re.findall(r"\b(?:L|linalg)\.(\w+)", SOURCES))
    assert set(ld.linalg.__all__) - called == set()

"""The Python examples of the README and of the documentation run."""

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(page: Path) -> list[str]:
    """Return the Python blocks of a page, each padded to keep its line numbers."""
    text = page.read_text()
    return [
        "\n" * text.count("\n", 0, block.start(1)) + block[1]
        for block in FENCE.finditer(text)
    ]


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if examples(page)],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_examples_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The blocks of a page run in order, in one namespace, as a reader would."""
    monkeypatch.chdir(tmp_path)  # some write files
    for target in (ROOT / "examples" / "targets").glob("*.toml"):
        shutil.copy(target, tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    for code in examples(page):
        exec(
            compile(code, str(page), "exec"), namespace
        )  # the line shown is the page's


def test_blocks_are_found() -> None:
    """The pattern still matches the pages: silence would look like success."""
    assert sum(len(examples(page)) for page in PAGES) >= 10

"""The examples of tasks: each checks its own results."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("script", "options", "said"),
    [
        ("cholesky.py", "--n 300 --tile 64", "largest difference"),
        ("tree_reduce.py", "--parts 13 --length 1000", "13 parts"),
        ("nested_tasks.py", "--tolerance 1e-8", "difference"),
        ("distributions.py", "--seed 3", "poisson"),
    ],
)
def test_the_example_runs(script: str, options: str, said: str) -> None:
    if script == "distributions.py":
        pytest.importorskip("pandas")
    command = [sys.executable, str(EXAMPLES / script), *options.split()]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_wrong_results_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A factorisation that does nothing fails."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import cholesky

    monkeypatch.setattr(cholesky, "factorise", lambda tiles: None)
    monkeypatch.setattr(sys, "argv", ["cholesky.py", "--n", "64", "--tile", "32"])
    with pytest.raises(SystemExit, match="differ"):
        cholesky.main()

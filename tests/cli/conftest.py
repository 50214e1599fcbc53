"""A small program to explain, and the command line called in-process."""

import pytest

from lazydag.cli import main

PROGRAM = """\
import numpy as np
import lazydag as ld


@ld.jit
def norm(x, y, scale=1.0):
    return np.sqrt(x * x + y * y) * scale


def plain(x):
    return np.sum(x + 1.0)


@ld.jit
def branchy(x):
    if x > 0:
        return x
    return -x


@ld.jit
def broken(x):
    raise ZeroDivisionError("no such thing")


@ld.jit
def unsampled(x):
    return x


constant = 3

EXAMPLES = {"norm": ("f64[100]", "f64[100]"), "plain": lambda: (np.ones(10),)}
"""


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.fixture
def cli(capsys):
    """Return ``run(*words)``, which returns exit code, stdout and stderr."""

    def run(*words):
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run

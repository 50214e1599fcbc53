"""What the doctor finds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp
from lazydag.explain.doctor import Finding

X = np.arange(4000.0)


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    ld.doctor(clear=True)
    yield
    ld.doctor(clear=True)


def found(kind: str) -> Finding:
    (finding,) = [f for f in ld.doctor().findings if f.kind == kind]
    return finding


def test_a_healthy_program() -> None:
    f = ld.jit(lambda x: x + 1)
    for _ in range(30):
        f(X)
    assert str(ld.doctor()) == "nothing found"


def test_values_in_loops() -> None:
    x = ld.asarray(X)
    for _ in range(12):
        x = x * 0.5
        if x.max() < 1e-9:
            break
    finding = found("force")
    assert finding.at is not None
    assert finding.at.text() == "if x.max() < 1e-9:"
    assert "12 times" in finding.what
    assert finding.seconds > 0
    assert "jitted function" in finding.advice


def test_a_value_is_computed_once() -> None:
    y = ld.asarray(X).sum()
    for _ in range(30):
        assert y > 0
    forces = [f for f in ld.doctor().findings if f.kind == "force"]
    assert len(forces) == 1  # of `y > 0`, which is another value each time


def test_cuts() -> None:
    @ld.jit
    def settle(x: Any) -> Any:
        while x.max() > 1.0:
            x = x / 2
        return x

    settle(X)
    finding = found("cut")
    assert finding.at is not None
    assert finding.at.text() == "while x.max() > 1.0:"
    assert finding.what.startswith("settle cut a jitted function: 13 times")


def test_numbers_that_keep_changing() -> None:
    f = ld.jit(lambda x, n: x + sum(range(n)))
    for n in range(9):
        f(X, n)
    assert "9 times" in found("trace").what


def test_shapes_that_keep_changing() -> None:
    f = ld.jit(lambda x: x + 1)
    for n in range(1, 10):
        f(X[:n])
    finding = found("plan")
    assert "9 times" in finding.what
    assert "shape" in finding.advice


def test_copies_for_small_writes() -> None:
    x = ld.array(X)
    seen = []
    for i in range(12):
        x[i] = 0.0
        seen.append(np.asarray(x))  # who might look at it later
    finding = found("copy")
    assert "11 times, 0.352 MB" in finding.what  # nobody had seen it at first
    ld.doctor(clear=True)
    y = ld.array(X)
    for i in range(12):
        y[i] = 0.0
    assert not [f for f in ld.doctor().findings if f.kind == "copy"]


def test_what_is_left_to_numpy() -> None:
    lnp.packbits(ld.asarray(X) > 3)
    assert found("numpy").what == "np.packbits was left to NumPy: once"


def test_functions_that_are_not_traced() -> None:
    @ld.jit
    def bits(x: Any) -> Any:
        return np.lib.scimath.sqrt(x)

    bits(X)
    finding = found("whole")
    assert finding.what.startswith("bits runs by NumPy, since ")
    assert finding.at is not None
    assert finding.at.text() == "def bits(x: Any) -> Any:"


def test_printing() -> None:
    f = ld.jit(lambda x, n: x * sum(range(n)))
    for n in range(9):
        f(X, n)
    diagnosis = ld.doctor()
    lines = str(diagnosis).splitlines()
    assert lines[0].startswith(" 1. test_doctor.py:")
    assert len(lines) == 3 * len(diagnosis.findings)
    assert diagnosis._repr_html_().startswith("<pre> 1. ")
    seconds = [finding.seconds for finding in diagnosis.findings]
    assert seconds == sorted(seconds, reverse=True)

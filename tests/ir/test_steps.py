"""How many steps of functions wait for each other."""

import numpy as np
import pytest

from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.steps import steps_of
from lazydag.ir.types import ArrayType

F64 = np.dtype("f8")


def matrix(*shape):
    return ArrayType(shape, F64)


@pytest.mark.parametrize(
    ("name", "steps"),
    [("cholesky", 128), ("inv", 256), ("eigh", 2048), ("sort", 16), ("fft", 1)],
)
def test_steps_of_a_matrix(name, steps):
    assert steps_of(name, [matrix(1024, 1024)]) == steps


def test_a_stack_takes_as_many_as_one_of_its_matrices():
    assert steps_of("qr", [matrix(50, 40, 8)]) == steps_of("qr", [matrix(40, 8)]) == 4


def test_what_has_no_matrix_is_one_step():
    assert all(1 <= steps_of(name, []) <= 16 for name in FUNCTIONS)
    assert steps_of("cholesky", [matrix(0, 0)]) == 1

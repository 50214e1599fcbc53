"""The table of programs."""

from importlib import import_module
from pathlib import Path

import pytest

import lazydag.algorithms
from lazydag.algorithms import MODULES, Program, program_of, qr
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import DTYPES, ArrayType

FOLDER = Path(lazydag.algorithms.__file__).parent


@pytest.mark.parametrize("name", MODULES)
def test_a_row_names_the_module_of_a_function_s_program(name):
    assert name in FUNCTIONS
    module = import_module(f"lazydag.algorithms.{MODULES[name]}")
    assert isinstance(module.PROGRAMS[name], Program)


def test_no_program_is_left_out():
    for path in FOLDER.glob("[a-z]*.py"):
        module = import_module(f"lazydag.algorithms.{path.stem}")
        for name in getattr(module, "PROGRAMS", {}):
            assert MODULES[name] == path.stem


def test_small_operands_and_others_have_none():
    # What may be interpreted once, with the bits of NumPy, must never be a program.
    for shape in ((20, 20), (250, SMALL // 250)):
        small = ArrayType(shape, DTYPES["f64"])
        assert program_of("qr", [small], {"mode": "reduced"}) is None
        assert not qr.fits([small], mode="reduced")
    assert qr.fits([ArrayType((250, SMALL // 250 + 1), DTYPES["f64"])], mode="reduced")
    assert program_of("add", [small, small], {}) is None

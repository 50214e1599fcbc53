"""The table of programs."""

from importlib import import_module
from pathlib import Path

import pytest

import lazydag.algorithms
from lazydag.algorithms import MODULES, Program, program_of
from lazydag.ir.functions import FUNCTIONS
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
    small = ArrayType((20, 20), DTYPES["f64"])
    assert program_of("inv", [small], {}) is None
    assert program_of("add", [small, small], {}) is None

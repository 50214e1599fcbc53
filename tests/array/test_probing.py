"""Libraries that ask whether arrays are lazy."""

from typing import Any

import numpy as np
from scipy._lib.array_api_compat import is_lazy_array

import lazydag as ld
from tests.array.conftest import Log


def test_the_question_computes_nothing(log: Log) -> None:
    x = ld.asarray(np.array([[1.0, 0.0]])) + 1
    for array in (x, x.sum(), x[:0]):
        assert not is_lazy_array(array)
    assert not log.evaluated


def _probed(x: Any) -> None:
    """As the library does, from its own module."""
    code = compile("def is_lazy_array(x):\n    return bool(x)\n", "helpers.py", "exec")
    space: dict[str, Any] = {"__name__": "array_api_compat.common._helpers"}
    exec(code, space)
    space["is_lazy_array"](x)


def test_nothing_is_cut_while_tracing(log: Log) -> None:
    def f(x: Any) -> Any:
        _probed(x)
        return x + 1

    assert ld.jit(f)(np.ones(2)).tolist() == [2.0, 2.0]
    assert len(log.planned) == 1
    assert not log.evaluated


def test_other_functions_of_that_name_get_the_truth() -> None:
    def is_lazy_array(x: Any) -> bool:
        return bool(x)

    assert is_lazy_array(ld.asarray(np.array([1.0])) + 1)

"""Functions that stand for NumPy's have NumPy's arguments."""

from collections.abc import Iterator
from inspect import Parameter, signature
from typing import Any

import numpy as np
import pytest

from lazydag.array.functions.beyond import NUMPYS

# NumPy takes the first one by name, too, but does not say so
MORE = {np.arange}
# what NumPy has for "not given"
UNSET = {"<no value>", "None", "False"}


def functions() -> Iterator[Any]:
    for numpys in NUMPYS:
        if callable(numpys) and not isinstance(numpys, np.ufunc) and numpys not in MORE:
            try:
                signature(numpys)
            except ValueError:
                continue
            yield numpys


def arguments(function: Any) -> list[tuple[str, Any, str]]:
    return [
        (p.name, p.kind, default(p)) for p in signature(function).parameters.values()
    ]


def default(parameter: Parameter) -> str:
    text = repr(parameter.default)
    return "unset" if text in UNSET else text


@pytest.mark.parametrize("numpys", list(functions()), ids=lambda f: f.__name__)
def test_arguments_are_numpys(numpys: Any) -> None:
    assert arguments(NUMPYS[numpys]) == arguments(numpys)

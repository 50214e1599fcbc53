"""kernel: a scalar function as an elementwise one."""

from typing import Any

import numpy as np
import pytest

import lazydag as ld


@ld.kernel
def larger(x: Any, y: Any) -> Any:
    """Return the larger."""
    return max(y, x)


def test_on_lazy_arrays_numpy_arrays_and_scalars() -> None:
    x, y = np.array([[1.0], [5.0]]), np.array([2.0, 3.0, 9.0])
    want = [[2.0, 3.0, 9.0], [5.0, 5.0, 9.0]]
    assert larger(ld.asarray(x), y).tolist() == want
    assert larger(x, y).tolist() == want
    assert larger(y, 2.5).tolist() == [2.5, 3.0, 9.0]
    assert float(larger(1, 2)) == 2


def test_dtypes_are_the_functions_own() -> None:
    assert larger(np.ones(2, "i4"), np.ones(2, "i4")).dtype == np.int32
    assert larger(np.ones(2, "f4"), np.ones(2, "f4")).dtype == np.float32


def test_in_a_jitted_function() -> None:
    f = ld.jit(lambda x: larger(x, 0.0) + 1)
    assert f(np.array([-1.0, 1.0])).tolist() == [1.0, 2.0]
    names = [node.op.name for node in f.trace(np.ones(2)).nodes()]
    assert names.count("call") == 1


def test_name_and_mistakes() -> None:
    assert vars(larger)["__name__"] == "larger"
    assert larger.__doc__ == "Return the larger."
    with pytest.raises(ld.UsageError, match="larger takes at least one array"):
        larger()
    with pytest.raises(ld.ShapeError, match="cannot apply larger to"):
        larger(np.ones(2), np.ones(3))

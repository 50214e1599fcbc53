"""Functions that are computed in parts give the bits of the whole."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazydag.ir.cuts import CUTS, INTO
from lazydag.ir.functions import FUNCTIONS
from lazydag.ir.types import ArrayType
from tests.ir.test_functions import CASES


def _part(array: Any, axis: int | None, start: int, stop: int) -> Any:
    return array if axis is None else np.take(array, range(start, stop), axis)


@pytest.mark.parametrize("name", CUTS)
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_parts_make_the_whole(name: str, data: st.DataObject) -> None:
    arrays, options = CASES[name](data.draw, name)
    (whole,) = FUNCTIONS[name].results(arrays, options.items())
    cut = CUTS[name]([ArrayType(x.shape, x.dtype) for x in arrays], **options)
    if cut is None:
        return
    length = whole.shape[cut.result]
    middle = data.draw(st.integers(0, length))
    for start, stop in ((0, middle), (middle, length)):
        pairs = zip(arrays, cut.operands, strict=True)
        own = [_part(x, axis, start, stop) for x, axis in pairs]
        (found,) = FUNCTIONS[name].results(own, options.items())
        np.testing.assert_array_equal(found, _part(whole, cut.result, start, stop))


@pytest.mark.parametrize("name", INTO)
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_results_that_are_written_where_they_belong(
    name: str, data: st.DataObject
) -> None:
    arrays, options = CASES[name](data.draw, name)
    (want,) = FUNCTIONS[name].results(arrays, options.items())
    out = np.empty_like(want)
    INTO[name](out, *arrays, **options)
    np.testing.assert_array_equal(out, want)


def test_long_axes_are_cut_first() -> None:
    x = ArrayType((70, 9, 900), np.dtype("f8"))
    for axis, best in ((2, 0), (0, 2)):
        cut = CUTS["sort"]([x], axis=axis, descending=False)
        assert cut is not None
        assert cut.result == best
    assert CUTS["sort"]([ArrayType((9,), np.dtype("f8"))], axis=0) is None

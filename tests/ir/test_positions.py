"""What gathers and scatters mean, against NumPy's own indexing."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from lazydag.errors import BoundsError
from lazydag.ir import attrs as a
from lazydag.ir import positions
from lazydag.ir.graph import make_graph, param
from lazydag.ir.node import make
from lazydag.ir.ops import OPS
from lazydag.ir.text import dump, parse
from lazydag.ir.types import F64, I64, ArrayType

X = np.arange(60.0).reshape(3, 4, 5)
WHOLE = a.SliceAttrs((0, 0, 0), X.shape, (1, 1, 1))


def test_positions_take_the_place_of_axes() -> None:
    rows, columns = np.array([0, -1]), np.array([4, 2])
    found = positions.gather(a.GatherAttrs((0, 2), 1), X, rows, columns)
    np.testing.assert_array_equal(found, X[rows, :, columns].T)
    one = positions.gather(a.GatherAttrs((1,), 1), X, rows)
    np.testing.assert_array_equal(one, X[:, rows])


@given(st.sampled_from(("set", "add", "maximum")), st.data())
def test_values_are_written_one_after_the_other(how: str, data: st.DataObject) -> None:
    where = np.array(data.draw(st.lists(st.integers(-4, 3), min_size=1, max_size=9)))
    value = np.random.default_rng(len(where)).normal(size=(3, len(where), 5))
    attrs = a.ScatterAttrs(WHOLE, (1,), 1, how)
    wanted = X.copy()
    if how == "set":
        wanted[:, where] = value
    else:
        getattr(np, how).at(wanted, (slice(None), where), value)
    found = positions.scatter(attrs, X, value, where)
    np.testing.assert_array_equal(found, wanted)
    assert X[0, 0, 1] == 1.0


def test_positions_count_in_the_region() -> None:
    region = a.SliceAttrs((2, 0, 4), (2, 2, 3), (-2, 3, -1))
    attrs = a.ScatterAttrs(region, (0, 2))
    found = positions.scatter(attrs, X, np.ones((1, 2)), np.array([1]), np.array([2]))
    wanted = X.copy()
    wanted[::-2, ::3, :1:-1][1, :, 2] = 1.0
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("position", "axis", "n"), [(4, 1, 4), (-5, 1, 4), (5, 2, 5)])
def test_positions_outside_are_told_as_numpy_does(
    position: int, axis: int, n: int
) -> None:
    with pytest.raises(BoundsError, match=f"{position} is out .* {axis} with size {n}"):
        positions.gather(a.GatherAttrs((axis,)), X, np.array([0, position]))


def test_text_round_trips() -> None:
    x, i = param(0, ArrayType((4, 5), F64)), param(1, ArrayType((9,), I64))
    taken = make(OPS["gather"], x, i, attrs=a.GatherAttrs((1,), 1))
    region = a.SliceAttrs((1, 4), (2, 5), (1, -1))
    value = make(OPS["gather"], x, i, attrs=a.GatherAttrs((0,)))
    for how in ("set", "add"):
        attrs = a.ScatterAttrs(region, (0,), 0, how)
        changed = make(OPS["scatter"], x, value, i, attrs=attrs)
        graph = make_graph("both", [x, i], [taken, changed])
        assert parse(dump(graph)) is graph

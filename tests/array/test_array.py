"""The class Array: what it shows, what forces it, what it refuses."""

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from tests.array.conftest import Log


def test_attributes() -> None:
    x = ld.asarray(np.zeros((2, 3, 4), np.float32))
    for a in (x, x + x):
        assert (a.shape, a.ndim, a.size, len(a)) == ((2, 3, 4), 3, 24, 2)
        assert (a.dtype, a.itemsize, a.nbytes) == (np.dtype("f4"), 4, 96)
        assert a.device == "cpu"
        assert a.T.shape == (4, 3, 2)
        assert a.mT.shape == (2, 4, 3)


def test_methods() -> None:
    x = np.array([[3.0, 1.0], [2.0, 5.0]])
    a = ld.asarray(x)
    assert a.argmax() == 3
    assert a.argmin(1).tolist() == [1, 0]
    assert a.clip(2, 4).tolist() == [[3.0, 2.0], [2.0, 4.0]]
    assert a.reshape(4, 1).shape == a.reshape((4, 1)).shape == (4, 1)
    assert a.transpose(1, 0).tolist() == a.transpose((1, 0)).tolist() == x.T.tolist()
    assert a.dot(a).tolist() == x.dot(x).tolist()
    assert a.astype("i4").dtype == np.int32
    assert a.flatten().tolist() == a.ravel().tolist() == [3.0, 1.0, 2.0, 5.0]
    assert a.round(1).tolist() == x.tolist()
    assert a[0, 1].item() == 1.0
    assert divmod(a, 2)[1].tolist() == (x % 2).tolist()
    assert (7 // a).tolist() == (7 // x).tolist()
    assert divmod(7, a)[0].tolist() == (7 // x).tolist()
    assert (~(a > 2)).tolist() == (~(x > 2)).tolist()
    assert abs(-a).tolist() == x.tolist()
    assert 5.0 in a
    assert 9.0 not in a


def test_one_plan_for_what_depends_on_each_other(log: Log) -> None:
    x = ld.asarray(np.arange(3.0))
    y = x + 1
    z = y * 2
    assert not log.evaluated
    ld.compute(y, z)
    assert len(log.evaluated) == 1
    assert np.asarray(z).tolist() == [2.0, 4.0, 6.0]
    assert np.asarray(y).tolist() == [1.0, 2.0, 3.0]
    assert len(log.evaluated) == 1


def test_computed_value_is_a_leaf(log: Log) -> None:
    y = ld.compute(ld.asarray(np.ones(3)) + 1)
    assert y.is_computed
    assert (y * 2).tolist() == [4.0] * 3
    assert [n.op.name for n in log.evaluated[-1].nodes()][-1] == "mul"
    assert not any(n.op.name == "add" for n in log.evaluated[-1].nodes())


def test_same_expression_over_other_arrays_is_one_graph(log: Log) -> None:
    for seed in range(3):
        x = ld.asarray(np.full(3, float(seed)))
        ld.compute((x + x) * 2.0)
    assert len(set(log.evaluated)) == 1


def test_numpy_scalars_do_not_make_new_graphs(log: Log) -> None:
    x = ld.asarray(np.ones(3))
    for scale in (1.0, 2.0):
        ld.compute(x * np.float64(scale))
    assert len(set(log.evaluated)) == 1


def test_equal_arrays_have_memory_of_their_own() -> None:
    x = ld.asarray(np.ones(3))
    y, z = ld.compute(x + 1, x + 1)
    assert not np.shares_memory(np.asarray(y), np.asarray(z))
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(y)[0] = 7
    assert z.tolist() == [2.0] * 3
    for copied in (x.astype("f8"), x.copy(), +x, x.flatten(), ld.array(x), x.round()):
        assert not np.shares_memory(np.asarray(copied), np.asarray(x))


def test_data_changed_before_the_force_is_seen() -> None:
    data = np.zeros(3)
    x = ld.asarray(data)
    y, kept = x + 1, x.copy() + 1
    data[:] = 5
    assert y.tolist() == [6.0] * 3
    assert kept.tolist() == [1.0] * 3


def test_asarray_does_not_copy() -> None:
    data = np.zeros(3)
    assert np.asarray(ld.asarray(data)) is data
    with pytest.raises(ValueError, match="copy"):
        np.array(ld.asarray(data), dtype="f4", copy=False)
    assert np.asarray(ld.asarray(data), dtype="f4").dtype == np.float32


def test_forces() -> None:
    x = ld.asarray(np.array(2.5)) + 0
    assert (float(x), int(x), complex(x), bool(x)) == (2.5, 2, 2.5 + 0j, True)
    assert range(10)[ld.asarray(np.array(3)) + 1] == 4
    assert [float(row.sum()) for row in ld.asarray(np.ones((2, 3))) + 1] == [6.0, 6.0]
    a, b = ld.asarray(np.array([1, 2])) + 1
    assert (int(a), int(b)) == (2, 3)
    with pytest.raises(ValueError, match="ambiguous"):
        bool(ld.asarray(np.ones(2)) > 0)
    with pytest.raises(TypeError, match="unsized"):
        len(x)
    with pytest.raises(TypeError, match="hash"):
        hash(x)


def test_text() -> None:
    x = ld.asarray(np.array([1.0, 2.0]))
    assert repr(x + 1) == "Array([2., 3.])"
    assert str(x + 1) == "[2. 3.]"
    assert repr(x.astype("f4")) == "Array([1., 2.], dtype=float32)"
    assert repr(x.sum()) == "Array(3.)"
    assert f"{x.sum():.2f}" == "3.00"
    assert f"{x}" == "[1. 2.]"


def test_pickle_and_copy() -> None:
    x = ld.asarray(np.arange(3.0)) + 1
    assert pickle.loads(pickle.dumps(x)).tolist() == [1.0, 2.0, 3.0]
    assert copy.deepcopy(x).tolist() == [1.0, 2.0, 3.0]


def test_long_chains_do_not_recurse() -> None:
    x = ld.asarray(np.zeros(2))
    for _ in range(100_000):
        x = x + 1.0
    assert x.tolist() == [100_000.0] * 2


def test_results_without_axes_are_scalars() -> None:
    total = ld.asarray(np.zeros(3)).sum()
    total += 1  # NumPy's sum is a scalar: the name is bound anew
    assert float(total) == 1.0


@pytest.mark.parametrize(
    "bad",
    [
        np.ones(2, np.float16),
        np.array(["a"]),
        np.array(["2020-01-01"], "M8[D]"),
        np.ones(2, ">f8"),
        np.array([None]),
        [1, None],
        [[1], [1, 2]],
        object(),
        "text",
    ],
    ids=lambda bad: f"{type(bad).__name__}-{getattr(bad, 'dtype', '')}",
)
def test_unknown_dtypes(bad: Any) -> None:
    with pytest.raises(ld.DTypeError) as caught:
        ld.sqrt(bad)
    assert caught.value.at is not None
    assert caught.value.at.text() == "ld.sqrt(bad)"
    assert caught.value.remedy


def test_unknown_operands_are_left_to_others() -> None:
    x = ld.asarray(np.ones(2))
    with pytest.raises(TypeError, match="unsupported operand"):
        x + "a"
    assert (x == "a") is False

    class Mine:
        def __radd__(self, other: Any) -> str:
            return "mine"

    assert x + Mine() == "mine"


def test_lists_are_operands() -> None:
    x = ld.asarray(np.ones(2))
    pair = [1, 2]
    assert (x + pair).tolist() == (pair + x).tolist() == [2.0, 3.0]


def test_masked_arrays_are_refused() -> None:
    with pytest.raises(ld.UnsupportedError, match="masked"):
        ld.asarray(np.ma.masked_array([1.0, 2.0], [True, False]))


def test_an_array_that_comes_twice_is_one_parameter(log: Log) -> None:
    data = np.ones(3)
    x = ld.asarray(data) + data
    assert (x * data).tolist() == [2.0] * 3
    assert len(log.evaluated[-1].params) == 1
    data.shape = (3, 1)  # it may change its shape meanwhile
    assert (ld.asarray(np.ones(2)) + data).shape == (3, 2)

"""Arrays of positions and masks between brackets, against NumPy."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import lazydag as ld

RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 6, 5))
ROWS, COLUMNS = np.array([0, -1, 3]), np.array([1, 2, -2])

KEYS: list[Any] = [
    ROWS,
    [0, 2],
    [],
    (ROWS, slice(None), COLUMNS),
    (slice(None), ROWS, COLUMNS),
    (ROWS[:, None], COLUMNS),
    (0, slice(None), COLUMNS),
    (slice(None), 0, COLUMNS),
    (..., COLUMNS),
    (ROWS, ..., COLUMNS),
    (None, ROWS),
    (ROWS, None, COLUMNS),
    (slice(None, None, -2), COLUMNS),
    (slice(1, 5), [[0, 1], [1, 2]], None, [[1], [0]]),
    X > 0,
    (X > 0)[:, 0, 0],
    (slice(None), X[0] > 0),
    (slice(None), X[0, :, 0] > 0, 1),
    True,
    False,
    (True, ROWS),
    (ROWS, True),
    (np.array(2), ROWS),
    (ROWS.astype("u1") % 7, ROWS.astype("i4")),
    np.zeros((0, 6), bool),
]


@pytest.fixture(autouse=True)
def log() -> Iterator[None]:
    """Run on the compiler, not on what stands in for it in other tests."""
    with np.errstate(all="ignore"):
        yield


def both() -> Iterator[ld.Array]:
    """An array that is computed, and one that is not."""
    yield ld.array(X)
    yield ld.asarray(X) + 0.0


def lazy_key(key: Any) -> Any:
    items = key if isinstance(key, tuple) else (key,)
    made = [~ld.asarray(~i) if isinstance(i, np.ndarray) else i for i in items]
    return tuple(made)


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_reading(key: Any) -> None:
    for array in both():
        np.testing.assert_array_equal(np.asarray(array[key]), X[key])
    jitted = ld.jit(lambda x: x[key])
    np.testing.assert_array_equal(np.asarray(jitted(X)), X[key])


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_writing(key: Any) -> None:
    def write(a: Any, value: Any) -> None:
        a[key] = value

    for value in (1.5, RNG.normal(size=X[key].shape)):
        wanted = X.copy()
        write(wanted, value)
        for array in both():
            write(array, value)
            np.testing.assert_array_equal(np.asarray(array), wanted)
        changed = X.copy()
        ld.jit(write)(changed, value)
        np.testing.assert_array_equal(changed, wanted)


@pytest.mark.parametrize("name", ["add", "subtract", "maximum", "divide", "logical_or"])
@pytest.mark.parametrize("key", [*KEYS, 2, (slice(1, 3), 0)], ids=str)
def test_ufuncs_at(key: Any, name: str) -> None:
    ufunc = getattr(np, name)
    value = RNG.normal(size=X[key].shape)
    wanted = X.copy()
    ufunc.at(wanted, key, value)
    for array in both():
        ufunc.at(array, key, value)
        np.testing.assert_array_equal(np.asarray(array), wanted)


def test_positions_that_come_again_are_added_up_in_order() -> None:
    where, value = RNG.integers(0, 50, 4000), RNG.normal(size=4000).astype("f4")

    def total(where: Any, value: Any) -> Any:
        bins = ld.zeros(50, dtype="f4")
        np.add.at(bins, where, value)
        bins[where[:3]] += 1
        return bins

    wanted = np.zeros(50, "f4")
    np.add.at(wanted, where, value)
    wanted[where[:3]] += 1
    np.testing.assert_array_equal(np.asarray(total(where, value)), wanted)
    np.testing.assert_array_equal(np.asarray(ld.jit(total)(where, value)), wanted)


def test_lazy_keys() -> None:
    x = ld.asarray(X) * 1.0
    for key in (ROWS, (ROWS, slice(None), COLUMNS), (slice(None), X[0] > 0)):
        found = x[lazy_key(key)]
        assert not found.is_computed
        np.testing.assert_array_equal(np.asarray(found), X[key])


def test_a_row_by_a_traced_number_is_a_view() -> None:
    @ld.jit
    def change(a: Any, where: Any) -> Any:
        i = ld.argmax(where)
        row = a[i]
        row += 1.0
        row[1:3] = 9.0
        a[i, 0] = 7.0
        return a[0, i]

    a, where = X.copy(), np.array([0, 1, 5, 2])
    wanted = X.copy()
    wanted[2] += 1.0
    wanted[2, 1:3] = 9.0
    wanted[2, 0] = 7.0
    np.testing.assert_array_equal(np.asarray(change(a, where)), wanted[0, 2])
    np.testing.assert_array_equal(a, wanted)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda x: x[[7]], "index 7 is out of bounds for axis 0 with size 7"),
        (lambda x: x[0, :, [-6]], "index -6 is out of bounds for axis 2 with size 5"),
        (lambda x: x[[0], 9], "index 9 is out of bounds for axis 1 with size 6"),
        (lambda x: x[[0], 0, 0, 0], "too many indices for array: array is 3-dim"),
        (lambda x: x[[0], ..., ...], "an index can only have a single ellipsis"),
        (lambda x: x[[0.5]], "arrays used as indices must be of integer"),
        (lambda x: x[[0], "a"], "only integers, slices"),
        (lambda x: x[[0, 1], [0, 1, 2]], r"shapes \(2,\) \(3,\)"),
        (lambda x: x[np.ones(6, bool)], "boolean index did not match indexed array"),
        (lambda x: x.__setitem__(np.ones(6, bool), 0), "boolean index did not match"),
    ],
)
def test_keys_that_numpy_refuses(act: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(IndexError):
        act(X.copy())
    for array in both():
        with pytest.raises(IndexError, match=message):
            act(array)
    with pytest.raises(IndexError, match=message):
        ld.jit(act)(X)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ([0, 1], np.ones((3, 1, 1))),
        (X > 0, np.ones(3)),
        (X > 0, np.ones((1, 1))),
        ((slice(None), [0]), np.ones(4)),
    ],
)
def test_values_that_numpy_refuses(key: Any, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)) as caught:
        X.copy()[key] = value
    for array in both():
        with pytest.raises((ValueError, TypeError)) as found:
            array[key] = value
        assert issubclass(found.type, caught.type)


def test_positions_that_are_computed_are_checked_when_they_are() -> None:
    x = ld.asarray(X) + 1.0
    found = x[ld.asarray([1, 2]) * 4]
    with pytest.raises(IndexError, match="index 8 is out of bounds for axis 0") as info:
        np.asarray(found)
    assert "found = x[ld.asarray" in str(info.value)
    large = ld.take(ld.arange(1_000_000), ld.arange(1_000_000) + 1)
    with pytest.raises(ld.BoundsError, match="index 1000000 is out") as info:
        large.tolist()
    assert "large = ld.take" in str(info.value)


def test_small_writes_happen_in_place() -> None:
    a = ld.array(np.zeros(1000))
    a[0] = 1.0
    held = id(a._value)
    for i in range(1, 10):
        a[i] = float(i)
        a[[i, -i]] = ld.array(np.array([2.0, 3.0]))
    assert id(a._value) == held
    shown = np.asarray(a)
    before = shown.copy()
    a[5] = 50.0
    assert id(a._value) != held
    np.testing.assert_array_equal(shown, before)
    assert not shown.flags.writeable
    assert float(a[5]) == 50.0


def test_what_was_made_of_an_array_keeps_its_values() -> None:
    a = ld.array(np.arange(8.0))
    a[0] = 1.0
    twice, view, part = a * 2, a[2:5], np.asarray(a)[6:]
    a[3] = -1.0
    a[6] = -2.0
    assert twice.tolist() == [2.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0]
    assert view.tolist() == [2.0, -1.0, 4.0]
    assert part.tolist() == [6.0, 7.0]
    assert a.tolist() == [1.0, 1.0, 2.0, -1.0, 4.0, 5.0, -2.0, 7.0]


def test_arrays_of_numpy_are_not_written_into() -> None:
    data = np.zeros(4)
    a, b = ld.asarray(data), ld.asarray(data)
    a[0] = 1.0
    a[1] = 2.0
    assert data.tolist() == [0.0] * 4
    assert b.tolist() == [0.0] * 4
    assert a.tolist() == [1.0, 2.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "key", [*KEYS[:14], (slice(1, 3), slice(None), COLUMNS)], ids=str
)
@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::-1],
        lambda a: a[3],
        lambda a: a[:, 2],
        lambda a: a[..., 1],
        lambda a: a[::2, 1:, ::-2],
        lambda a: a[2, :, 1:],
        lambda a: a.T,
        lambda a: a[:, None, 2:],
        lambda a: a.reshape(-1),
    ],
)
def test_writing_through_views(view: Callable[[Any], Any], key: Any) -> None:
    def write(a: Any) -> None:
        part = view(a)
        part[key] = 2.0
        np.add.at(part, key, 1.0)

    wanted = X.copy()
    try:
        write(wanted)
    except IndexError:
        with pytest.raises(IndexError):
            write(ld.asarray(X) + 0.0)
        return
    for array in both():
        write(array)
        np.testing.assert_array_equal(np.asarray(array), wanted)
    changed = X.copy()
    ld.jit(write)(changed)
    np.testing.assert_array_equal(changed, wanted)


def test_loops_over_elements_do_not_pile_up() -> None:
    a, n = ld.array(np.zeros(50)), np.zeros(50)
    for i in range(1, 50):
        a[i] = a[i - 1] * 0.5 + 1
        n[i] = n[i - 1] * 0.5 + 1
    assert a._node is None
    np.testing.assert_array_equal(np.asarray(a), n)
    large = ld.asarray(np.ones(100_000)) * 2
    a[0] = large.sum()
    assert not large.is_computed
    assert not a.is_computed


def test_loops_over_rows_write_in_place() -> None:
    def sweep(a: Any) -> None:
        for i, row in enumerate(a):
            row += i  # noqa: PLW2901 -- in place
            row[0] = row[1] * 2
            row[1:] /= 4.0
            a[i][2] = row[0]
        for i in range(1, len(a)):
            a[i, 1:] = a[i - 1, :-1]

    a, n = ld.array(np.ones((20, 5))), np.ones((20, 5))
    sweep(n)
    sweep(a)
    assert a._node is None
    held = id(a._value)
    sweep(n)
    sweep(a)
    assert id(a._value) == held
    np.testing.assert_array_equal(np.asarray(a), n)


def test_positions_of_numpy_may_change() -> None:
    x, where = ld.asarray(X) * 1.0, np.array([0, 7])
    for position, is_wrong in ((7, True), (6, False), (7, True), (-7, False)):
        where[1] = position
        if is_wrong:
            with pytest.raises(IndexError, match="index 7 is out of bounds"):
                x[where].tolist()
        else:
            np.testing.assert_array_equal(np.asarray(x[where]), X[where])

"""What is written where, what is refused, and what a jitted function leaves behind."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from tests.array.conftest import Log


def square() -> Any:
    return ld.array(np.arange(12.0).reshape(3, 4))


REFUSED: list[tuple[Callable[[Any], Any], type[Exception], str]] = [
    (lambda a: a.__setitem__(5, 1), IndexError, "index 5 is out of bounds"),
    (lambda a: a.__setitem__(0, [1, 2]), ValueError, "could not broadcast input array"),
    (lambda a: a.__setitem__((0, 0), [1.0]), ValueError, "with a sequence"),
    (lambda a: a.__setitem__(a[0] > 1, 1), IndexError, "boolean index did not match"),
    (lambda a: a.__setitem__((1, 1, 1), 0), IndexError, "too many indices"),
    (lambda a: a.astype("i4").__iadd__(1.5), TypeError, "Cannot cast ufunc 'add'"),
    (lambda a: a[0].__iadd__(a), ValueError, "non-broadcastable output operand"),
    (lambda a: np.add(a, a, out=a[0]), ValueError, "non-broadcastable output"),
    (lambda a: ld.broadcast_to(a, (2, 3, 4)).__imul__(2), ValueError, "read-only"),
    (lambda a: a.astype("i1").__setitem__(0, 300), OverflowError, "out of bounds"),
    (lambda a: a.astype("i4").__setitem__(0, np.nan), ValueError, "cannot convert"),
]


@pytest.mark.parametrize(("act", "kind", "message"), REFUSED)
def test_refused_as_in_numpy(
    act: Callable[[Any], Any], kind: type[Exception], message: str
) -> None:
    a = square()
    with pytest.raises(kind, match=message):
        act(a)
    np.testing.assert_array_equal(a, np.arange(12.0).reshape(3, 4))


def test_errors_name_the_line() -> None:
    a = square()
    with pytest.raises(ld.ShapeError) as caught:
        a[0] = [1, 2]
    assert "a[0] = [1, 2]" in str(caught.value)


def test_numpy_arrays_are_copied_when_assigned() -> None:
    a, row = square(), np.zeros(4)
    for i in range(3):
        row[:] = i
        a[i] = row
    assert a[:, 0].tolist() == [0.0, 1.0, 2.0]


def test_expressions_keep_the_values_that_they_were_made_of() -> None:
    a = square()
    doubled, scalar = a * 2, a[0, 1]
    a[...] = 5.0
    assert doubled[0].tolist() == [0.0, 2.0, 4.0, 6.0]
    assert float(scalar) == 1.0


def test_masks_stay_lazy(log: Log) -> None:
    a = square()
    a[a > 3] = 0.0
    a[np.array([True, False, False])] = np.ones(4)
    assert not log.evaluated
    assert a.tolist() == [[1.0] * 4, [0.0] * 4, [0.0] * 4]


@ld.jit
def shift(a: Any, by: Any = 0.0) -> None:
    a[1:] = a[:-1] + by


def test_arguments_change_once_the_function_has_succeeded() -> None:
    data = np.arange(4.0)
    for wanted in ([0, 0, 1, 2], [0, 0, 0, 1]):
        assert shift(data) is None
        assert data.tolist() == wanted
    lazy = ld.asarray(data)
    view = lazy[1:]
    shift(lazy, 1.0)
    assert view.tolist() == [1.0, 1.0, 1.0]
    assert data.tolist() == [0.0, 0.0, 0.0, 1.0]  # lazy arrays have their own values


@ld.jit
def accumulate(a: Any, b: Any) -> Any:
    a += b
    return a.sum()


def test_arguments_that_share_memory() -> None:
    data = np.arange(12.0).reshape(3, 4)
    accumulate(data[0], data[1])
    accumulate(data[:, ::2], data[:, 1::2])
    with pytest.raises(ld.UsageError, match="shares memory with argument 1"):
        accumulate(data, data)
    with pytest.raises(ld.UsageError, match="shares memory"):
        accumulate(data[:2], data[1:])
    lazy = ld.array(data)
    with pytest.raises(ld.UsageError, match="shares memory"):
        accumulate(lazy[0], lazy[:, 0:1].T[0, :1])
    accumulate(lazy[0], lazy[1])


def test_arguments_that_cannot_change() -> None:
    data = np.arange(4.0)
    data.flags.writeable = False
    with pytest.raises(ld.UsageError, match="read-only"):
        shift(data)
    outside = square()

    def leak(x: Any) -> None:
        outside[0] = x

    with pytest.raises(ld.TraceError, match="not its own"):
        ld.jit(leak)(np.arange(4.0))
    np.testing.assert_array_equal(outside, np.arange(12.0).reshape(3, 4))


def test_into_and_arguments_that_change() -> None:
    data, out = np.arange(3.0), np.empty(())
    accumulate.into(out, data, np.ones(3))
    assert data.tolist() == [1.0, 2.0, 3.0]
    assert float(out) == 6.0


def test_positions_are_assigned_to_while_tracing() -> None:
    def assign(a: Any) -> None:
        a[[0, 1]] = 3.0

    a = np.zeros(3)
    ld.jit(assign)(a)
    assert a.tolist() == [3.0, 3.0, 0.0]

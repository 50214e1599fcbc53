"""Making arrays, and asking what they are, against NumPy."""

from typing import Any

import numpy as np
import pytest

import lazydag as ld
import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, refuses
from tests.array.conftest import Log

X = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.array(x),
        lambda np, x: np.array(object=x, dtype="f4", order="F", ndmin=3),
        lambda np, x: np.array([x[0], x[1]]),
        lambda np, x: np.array([[x[0, 0], 2], [3.5, x.sum()]]),
        lambda np, x: np.array(((x, x), (x, x)), dtype=int),
        lambda np, x: np.asarray(a=[1, 2], dtype=float),
        lambda np, x: np.asarray(x, dtype="f4", copy=True),
        lambda np, x: np.asanyarray(x),
        lambda np, x: np.asanyarray([[1], [2]], order="F"),
        lambda np, x: np.ascontiguousarray(x.T),
        lambda np, x: np.ascontiguousarray(3.0),
        lambda np, x: np.asfortranarray(x),
        lambda np, x: np.asarray_chkfinite(x),
        lambda np, x: np.require(x, "f4", ["C", "W"]),
        lambda np, x: np.require(x, requirements=["CONTIGUOUS"]),
        lambda np, x: np.copy(x, order="F"),
        lambda np, x: np.zeros(shape=(2, 2), dtype=int, order="F"),
        lambda np, x: np.ones(3, "f4", "C"),
        lambda np, x: np.zeros_like(np.empty((2, 0))),
        lambda np, x: np.full((2, 3), [1, 2, 3]),
        lambda np, x: np.full(shape=2, fill_value=x[0, 1], dtype=int),
        lambda np, x: np.zeros_like(x, int, shape=(4,)),
        lambda np, x: np.ones_like(a=x, dtype="?"),
        lambda np, x: np.full_like(x, 7, order="C", subok=False),
        lambda np, x: np.zeros_like([[1, 2], [3, 4]]),
        lambda np, x: np.empty_like(x, shape=0),
        lambda np, x: np.atleast_1d(3, x),
        lambda np, x: np.atleast_2d(x[0]),
        lambda np, x: np.atleast_3d(3.0, x[0], x, x[None]),
        lambda np, x: np.frombuffer(b"\x01\x02\x03", np.uint8),
        lambda np, x: np.fromiter((i * i for i in range(4)), int),
        lambda np, x: np.sum([x, x]),
        lambda np, x: np.exp([x[0, 0], 2.0]),
        lambda np, x: np.stack([[x[0, 0], 1], [2, x[0, 1]]]),
    ],
)
def test_arrays(call: Any) -> None:
    agrees(call, X, rtol=1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: [np.shape(x), np.shape([[1, 2]]), np.ndim(x), np.ndim(3)],
        lambda np, x: [np.size(x), np.size(x, 0), np.size(x, axis=(0, 1))],
        lambda np, x: [np.size([1, 2]), np.iterable(x), np.iterable(3)],
        lambda np, x: [np.isscalar(x), np.isscalar(x.sum()), np.isscalar(3)],
        lambda np, x: [
            np.isscalar(x[0, 1]),
            np.isscalar(x[0, 1, ...]),
            np.isscalar(""),
        ],
        lambda np, x: [np.isfortran(x), np.iscomplexobj(x), np.iscomplexobj(1j)],
        lambda np, x: [np.shares_memory(x, x[0]), np.shares_memory(x[0], x[1])],
        lambda np, x: [np.may_share_memory(x, x[0]), np.may_share_memory(x, x + 1)],
        lambda np, x: [np.shares_memory(x[:, ::2], x.T[1]), np.shares_memory(x, x + 1)],
        lambda np, x: np.issubdtype(x.dtype, np.floating),
        lambda np, x: [np.finfo(x.dtype).max, np.iinfo("i4").min, np.pi],
        lambda np, x: isinstance(x, np.ndarray),
    ],
)
def test_questions(call: Any) -> None:
    agrees(call, X)


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: [np.common_type(x), np.common_type(x.astype("f4"), x * 1j)],
        lambda np, x: [np.min_scalar_type(x), np.min_scalar_type(3)],
        lambda np, x: [np.result_type(x, np.float32), np.can_cast("i4", "f8")],
        lambda np, x: np.promote_types("i4", "f4"),
    ],
)
def test_questions_about_types(call: Any) -> None:
    agrees(call, X, jit=False)


def _assign(np: Any, x: Any) -> Any:
    np.copyto(x[0], 7)
    np.copyto(x, [[1.5], [2.5]], where=[True, False, True])
    np.copyto(dst=x[:, 2], src=np.array([8, 9]))


def test_copyto() -> None:
    agrees(_assign, X)
    target = np.zeros(3, "f4")
    np.copyto(target, lnp.asarray(X[0]))
    assert target.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.array([x, x[0]]),
        lambda np, x: np.zeros(-1),
        lambda np, x: np.full(2, [1, 2, 3]),
        lambda np, x: np.copyto(x, 1j),
        lambda np, x: np.copyto(x, [1, 2]),
        lambda np, x: np.copyto([1], 2),
        lambda np, x: np.asarray_chkfinite(x / 0),
        lambda np, x: np.size(x, 2),
    ],
)
def test_mistakes(call: Any) -> None:
    refuses(call, X, jit=False)


def test_lists_of_lazy_arrays_stay_lazy(log: Log) -> None:
    x = lnp.asarray(X) + 1
    found = lnp.array([[x[0, 0], 2.0], [x[1, 1], x.sum()]])
    assert isinstance(found, ld.Array)
    assert not log.evaluated


def test_dtypes_that_only_numpy_has() -> None:
    assert lnp.array(["a", "b"]).dtype == np.dtype("U1")
    assert lnp.zeros(2, dtype=object).dtype == object
    assert lnp.sum(np.array([1, 2], dtype=object)) == 3
    assert (
        lnp.add(np.array([1, 2], "m8[s]"), np.timedelta64(1, "s"))[0].astype(int) == 2
    )
    with pytest.raises(ld.DTypeError):
        lnp.sum(lnp.asarray(X), dtype=object)
    with pytest.raises(ld.DTypeError):
        lnp.zeros(2, dtype="nonsense")


def test_like() -> None:
    assert isinstance(np.zeros(3, like=lnp.asarray(X)), ld.Array)
